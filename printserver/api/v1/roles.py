"""Roles: the built-in ones, and those that an organisation makes for itself."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentWork
from printserver.organisations import roles
from printserver.organisations.permissions import GRANTS, Permission, Role, is_binding

router = api_router("/roles", "people")

RoleName = Annotated[str, Field(min_length=1, max_length=60)]


class RoleView(View):
    """`id`: of a custom role.   officers: whether it takes two officers to give it."""

    id: UUID | None
    code: str
    name_zh: str
    name_en: str
    permissions: list[Permission]
    officers: bool
    retired: bool


class RoleWish(View):
    """Never with a permission that can help to seal, or that administers people, seals or keys."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$", examples=["front-desk"])]
    name_zh: RoleName
    name_en: RoleName
    permissions: Annotated[list[Permission], Field(min_length=1)]


class RoleChange(View):
    name_zh: RoleName
    name_en: RoleName
    permissions: Annotated[list[Permission], Field(min_length=1)]


class MadeRole(View):
    id: UUID


@router.get("", summary="Every role")
@requires(Permission.READ_PEOPLE)
def read_roles(actor: CurrentActor, work: CurrentWork) -> list[RoleView]:
    own = [
        RoleView(
            id=role.id,
            code=role.code,
            name_zh=role.name_zh,
            name_en=role.name_en,
            permissions=list(role.permissions),
            officers=False,
            retired=role.retired,
        )
        for role in roles.custom_roles(work, actor.organisation_id)
    ]
    return [*(_built_in(role) for role in Role), *own]


@router.post("", status_code=201, summary="A role of our own")
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def create_role(wish: RoleWish, actor: CurrentActor, work: CurrentWork) -> MadeRole:
    return MadeRole(id=roles.create_custom_role(work, actor, **wish.model_dump()))


@router.put("/{role_id}", status_code=204, summary="Change a role of our own, for everybody who holds it")
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def change_role(role_id: UUID, body: RoleChange, actor: CurrentActor, work: CurrentWork) -> None:
    roles.change_custom_role(work, actor, role_id, **body.model_dump())


@router.post("/{role_id}/retirements", status_code=204, summary="A role of our own grants nothing any more")
@requires(Permission.MANAGE_PEOPLE)
def retire_role(role_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    roles.retire_custom_role(work, actor, role_id)


def _built_in(role: Role) -> RoleView:
    granted = [permission for permission in Permission if permission in GRANTS[role]]
    return RoleView(
        id=None,
        code=role,
        name_zh="",
        name_en="",
        permissions=granted,
        officers=is_binding(role),
        retired=False,
    )
