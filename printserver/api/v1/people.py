"""Who I am here."""

from __future__ import annotations

from uuid import UUID

from printserver.api.v1.common import View, api_router
from printserver.http_edge.declarations import signed_in
from printserver.http_edge.work import CurrentActor, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch, organisation

router = api_router("/me", "access")


class Me(View):
    """`permissions`: held at some branch at least."""

    id: UUID
    name: str
    organisation_id: UUID
    organisation: str
    branch_id: UUID
    branch: str
    roles: list[str]
    permissions: list[Permission]


@router.get("", summary="Who am I, and what may I do?")
@signed_in()
def read_me(actor: CurrentActor, work: CurrentWork) -> Me:
    return Me(
        id=actor.id,
        name=actor.name,
        organisation_id=actor.organisation_id,
        organisation=organisation(work, actor.organisation_id).name,
        branch_id=actor.branch_id,
        branch=branch(work, actor.branch_id).name,
        roles=sorted({grant.role for grant in actor.grants}),
        permissions=[permission for permission in Permission if actor.may(permission)],
    )
