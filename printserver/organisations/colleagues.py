"""Other people of an organisation: for choosing one, and for asking who could act."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import load_only

from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, actor_of, binding_in_force
from printserver.organisations.models import Branch, RoleBinding, User
from printserver.organisations.permissions import Permission, roles_granting

_PERSON: Final = func.coalesce(User.person_id, User.id)


@dataclass(frozen=True)
class Colleague:
    """`id`: of the person, whatever accounts there are."""

    id: UUID
    name: str
    branch_id: UUID


@dataclass(frozen=True)
class HeldRole:
    """`person_id` holds `role` at the branch of `path` and below, now."""

    person_id: UUID
    role: str
    path: str


def colleagues(work: Work, organisation_id: UUID, permission: Permission | None = None) -> tuple[Colleague, ...]:
    """Everybody who is at work there, by name.   permission: only those who hold it somewhere."""
    query = select(User.id, User.name, User.branch_id).where(
        User.organisation_id == organisation_id, _at_work(), User.person_id.is_(None), User.kind == "person"
    )
    if permission is not None:
        held = {role.person_id for role in held_roles(work, organisation_id, roles_granting(permission))}
        query = query.where(User.id.in_(held))
    rows = work.session.execute(query.order_by(User.name, User.id))
    return tuple(Colleague(*row) for row in rows)


def people_of_organisation(work: Work, organisation_id: UUID, person_ids: Collection[UUID]) -> set[UUID]:
    """Those of `person_ids` that are at work there."""
    return set(
        work.session.scalars(
            select(User.id).where(User.organisation_id == organisation_id, User.id.in_(person_ids), _at_work())
        )
    )


def held_roles(work: Work, organisation_id: UUID, roles: Collection[str]) -> tuple[HeldRole, ...]:
    """Who holds one of `roles` in person now, and where."""
    rows = work.session.execute(
        select(_PERSON, RoleBinding.role, Branch.path)
        .join(User, User.id == RoleBinding.user_id)
        .join(Branch, Branch.id == RoleBinding.branch_id)
        .where(
            Branch.organisation_id == organisation_id,
            RoleBinding.role.in_(tuple(roles)),
            binding_in_force(work),
            _at_work(),
        )
        .order_by(Branch.path, User.id)
    )
    return tuple(HeldRole(*row) for row in rows)


def actor_of_person(work: Work, organisation_id: UUID, person_id: UUID) -> Actor:
    """The person with the rights of now, for what a registered system says in her name.   Raises: NotFound."""
    user = work.session.scalar(
        select(User)
        .where(User.id == person_id, User.organisation_id == organisation_id, _at_work())
        .options(load_only(User.organisation_id, User.branch_id, User.name, User.person_id))
    )
    if user is None:
        raise NotFound("there is no such person")
    actor = actor_of(work, user)
    if actor.shut_out:
        raise NotFound("there is no such person")
    return actor


def actor_of_login(work: Work, login: str, *, device: str = "") -> Actor:
    """The account of this sign-in name with the rights of now, for what a channel takes in for it.   Raises: NotFound.

    device: what the log is to say of where it came from.
    """
    user = work.session.scalar(
        select(User)
        .where(User.login == login, _at_work())
        .options(load_only(User.organisation_id, User.branch_id, User.name, User.person_id))
    )
    if user is None:
        raise NotFound(f"there is no account {login} that is in use")
    return actor_of(work, user, device=device)


def _at_work() -> ColumnElement[bool]:
    return and_(User.frozen.is_(False), User.left_at.is_(None))
