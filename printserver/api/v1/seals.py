"""Seals that one may ask for or read."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from printserver.api.v1.common import View, api_router
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.seals import queries
from printserver.seals.states import SealState

router = api_router("/seals", "seals")


class Seal(View):
    """Sizes in micrometres."""

    id: UUID
    branch_id: UUID
    custodian_id: UUID
    name: str
    type: str
    state: SealState
    width_um: int
    height_um: int
    valid_from: datetime
    valid_until: datetime


@router.get("", summary="The seals within my rights")
@requires(Permission.READ_SEALS)
def list_seals(actor: CurrentActor, work: CurrentWork) -> list[Seal]:
    return [Seal.model_validate(seal) for seal in queries.seals(work, actor)]
