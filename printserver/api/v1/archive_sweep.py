"""Stored bytes that no record names: what lies aside and when it goes, and keeping some of it after all."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.archive import giving_back
from printserver.archive.two_persons import LONGEST_REASON
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission

router = api_router("/archive-sweep", "archive")

Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="Of the object's content.")]


class Unnamed(View):
    """`erased_from`: the first round at or after this moment erases it, unless a record names it by then."""

    sha256: str
    since: datetime
    erased_from: datetime


class GivenBack(View):
    """Kept by a person's word alone, until somebody lets it go."""

    sha256: str
    reason: str
    given_back_by: UUID
    given_back_at: datetime


class Sweep(View):
    """`every_days`: between rounds; 0: none comes by itself, and `next_round` is null.

    unnamed: how many objects lie aside; `objects`: at most 200, the longest aside first.   listed: false for who has
    the right at some branches only; then both lists are empty.
    """

    every_days: int
    last_round: datetime | None
    next_round: datetime | None
    unnamed: int
    listed: bool
    objects: list[Unnamed]
    given_back: list[GivenBack]


class Why(View):
    reason: Annotated[str, Field(max_length=LONGEST_REASON)]


@router.get("", summary="Stored bytes that no record names, as a crash leaves them")
@requires(Permission.READ_ARCHIVE)
def read_sweep(actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Sweep:
    """As the last round found it. They can be read until they are erased."""
    return Sweep.model_validate(giving_back.sweep_facts(work, actor, adapters.settings.sweep_days))


@router.post("/{sha256}/keepings", status_code=204, summary="Give back what lies aside, so that it is not erased")
@requires(Permission.MANAGE_RETENTION)
def create_keeping(sha256: Sha256, said: Why, actor: CurrentActor, adapters: CurrentAdapters) -> None:
    """For those who have the right at the whole organisation."""
    giving_back.give_back(adapters.sweep_tools, actor, sha256, reason=said.reason)


@router.post("/{sha256}/releases", status_code=204, summary="Let go what was given back")
@requires(Permission.MANAGE_RETENTION)
def create_release(sha256: Sha256, actor: CurrentActor, work: CurrentWork) -> None:
    """A later round sets it aside again, and one after its grace erases it."""
    giving_back.let_go(work, actor, sha256)
