"""What people look for among print requests, as conditions of a query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select

from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branches_with
from printserver.print_requests.models import PrintRequest, RequestParty, RequestReader
from printserver.print_requests.states import RequestState

LONGEST: Final = 200
FEW_BRANCHES: Final = 20
MOST_COPIED: Final = 500
"""Older ones are found by asking for what was copied."""


@dataclass(frozen=True)
class Search:
    """All of it must hold; what is empty or None asks for nothing.

    title, party: parts of them, of any case; party also its whole number.   own_reference: whole.
    least_minor, most_minor: of the amount in `currency`.   since, until: when handed in, [since, until).
    """

    states: Sequence[RequestState] = ()
    title: str = ""
    own_reference: str = ""
    party: str = ""
    class_code: str = ""
    branch_id: UUID | None = None
    least_minor: int | None = None
    most_minor: int | None = None
    currency: str = ""
    since: datetime | None = None
    until: datetime | None = None
    mine: bool = False
    copied: bool = False


EVERYTHING: Final = Search()


def visible(work: Work, actor: Actor) -> ColumnElement[bool]:
    """The condition that the actor may read a request: in the own branches, or because it was copied to that person.

    Written so that both databases read the newest first and stop early: of few branches by their index, of many along
    the ids, for which the index of branches is put out of reach.
    """
    branches = [branch.id for branch in branches_with(work, actor, Permission.READ_REQUESTS)]
    few = len(branches) <= FEW_BRANCHES
    own = PrintRequest.branch_id.in_(branches) if few else func.coalesce(PrintRequest.branch_id, None).in_(branches)
    copied = work.session.scalars(
        select(RequestReader.request_id)
        .where(RequestReader.person_id == actor.person_id)
        .order_by(RequestReader.request_id.desc())
        .limit(MOST_COPIED)
    ).all()
    return or_(own, PrintRequest.id.in_(copied)) if copied else own


def conditions(search: Search, actor: Actor) -> Iterator[ColumnElement[bool]]:
    if search.states:
        yield PrintRequest.state.in_([state.value for state in search.states])
    if search.title:
        yield PrintRequest.title.icontains(search.title[:LONGEST], autoescape=True)
    if search.own_reference:
        yield PrintRequest.own_reference == search.own_reference
    if search.party:
        yield PrintRequest.id.in_(_with_party(search.party[:LONGEST]))
    if search.class_code:
        yield PrintRequest.class_code == search.class_code
    if search.branch_id is not None:
        yield PrintRequest.branch_id == search.branch_id
    if search.mine:
        yield PrintRequest.applicant_id == actor.id
    if search.copied:
        yield copied_to(actor)
    yield from _amounts(search)
    if search.since is not None:
        yield PrintRequest.created_at >= search.since
    if search.until is not None:
        yield PrintRequest.created_at < search.until


def copied_to(actor: Actor) -> ColumnElement[bool]:
    """The condition that the request was copied to the actor."""
    return PrintRequest.id.in_(select(RequestReader.request_id).where(RequestReader.person_id == actor.person_id))


def _amounts(search: Search) -> Iterator[ColumnElement[bool]]:
    if search.currency:
        yield PrintRequest.amount_currency == search.currency
    if search.least_minor is not None:
        yield PrintRequest.amount_minor >= search.least_minor
    if search.most_minor is not None:
        yield PrintRequest.amount_minor <= search.most_minor


def _with_party(words: str) -> Select[UUID]:
    return select(RequestParty.request_id).where(
        or_(RequestParty.name.icontains(words, autoescape=True), RequestParty.number == words.strip().upper())
    )
