"""Frozen branches and organisations: their people are out, and nothing is decided, released or signed there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from printserver.api.v1.common import View, api_router
from printserver.api.v1.people import Outcome, Reason
from printserver.approvals import place_changes
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations import freezing
from printserver.organisations.permissions import Permission

router = api_router("/frozen-places", "people")


class FrozenPlace(View):
    """`branch_id`: null for the whole organisation."""

    branch_id: UUID | None
    branch: str
    reason: str
    frozen_by: UUID | None
    frozen_at: datetime


class PlaceWish(View):
    """`branch_id`: with all below it; null for the whole organisation."""

    branch_id: UUID | None
    reason: Reason


@router.get("", summary="What is frozen, the newest first")
@requires(Permission.READ_PEOPLE)
def read_frozen_places(actor: CurrentActor, work: CurrentWork) -> list[FrozenPlace]:
    return [FrozenPlace.model_validate(each) for each in freezing.frozen_list(work, actor)]


@router.post("", status_code=201, summary="Freeze a branch or the organisation, at once")
@requires(*place_changes.WHO_MAY)
def freeze_place(wish: PlaceWish, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Outcome:
    """Nobody of it comes in, nothing is asked for, decided or released there, and the signer signs nothing for it.

    One word is enough; it is stated to the signer's register besides.
    """
    done = place_changes.freeze_place(work, actor, adapters.attestor, wish.branch_id, reason=wish.reason)
    return Outcome.model_validate(done)


@router.post("/endings", status_code=201, summary="Unfreeze a place, once two officers have signed")
@requires(*place_changes.WHO_MAY, step_up=True)
def unfreeze_place(wish: PlaceWish, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Outcome:
    """Everybody and everything is then as it was before."""
    asked = place_changes.unfreeze_place(work, actor, adapters.attestor, wish.branch_id, reason=wish.reason)
    return Outcome.model_validate(asked)
