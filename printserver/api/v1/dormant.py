"""Seals and passkeys that nobody uses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from printserver.api.v1.common import View, api_router
from printserver.approvals.device_policy import end_dormant_passkey
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.enrolled_devices import dormant_passkeys
from printserver.organisations.permissions import Permission
from printserver.print_requests.dormant_seals import dormant_seals

router = api_router("", "seals")

Days = Annotated[int, Query(ge=30, le=3650)]


class DormantSeal(View):
    """`last_used`: when a copy was last sealed; null for never.   may_stop: whether I may suspend it."""

    id: UUID
    name: str
    type: str
    branch: str
    custodians: tuple[str, ...]
    in_use_since: datetime
    last_used: datetime | None
    may_stop: bool


class DormantPasskey(View):
    """`vouched`: the signer takes its word."""

    id: UUID
    name: str
    person_id: UUID
    person: str
    branch: str
    created_at: datetime
    last_used: datetime | None
    vouched: bool


@router.get("/dormant-seals", summary="Seals in use that nobody has used for long, the longest unused first")
@requires(Permission.READ_SEALS)
def read_dormant_seals(actor: CurrentActor, work: CurrentWork, days: Days = 180) -> list[DormantSeal]:
    return [DormantSeal.model_validate(each) for each in dormant_seals(work, actor, days=days)]


@router.get("/dormant-passkeys", summary="Passkeys that nobody has used for long, the longest unused first")
@requires(Permission.CONFIRM_STATEMENTS)
def read_dormant_passkeys(actor: CurrentActor, work: CurrentWork, days: Days = 90) -> list[DormantPasskey]:
    return [DormantPasskey.model_validate(each) for each in dormant_passkeys(work, actor, days=days)]


@router.post("/dormant-passkeys/{passkey_id}/endings", status_code=204, summary="End a passkey that nobody uses")
@requires(Permission.CONFIRM_STATEMENTS, step_up=True)
def end_passkey(
    passkey_id: UUID, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters, days: Days = 90
) -> None:
    """It opens nothing any more, and the signer is told to take its word no longer."""
    end_dormant_passkey(work, actor, adapters.attestor, passkey_id, days=days)
