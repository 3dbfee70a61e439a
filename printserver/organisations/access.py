"""Who acts, and which rows that person may reach: the one place where rights meet the branch tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from printserver.audit.log import By
from printserver.foundation.errors import Forbidden, NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.models import Branch, RoleBinding, User
from printserver.organisations.permissions import GRANTS, Permission, Role


@dataclass(frozen=True)
class Grant:
    """`role` at the branch of `path` and all below it."""

    role: Role
    path: str


@dataclass(frozen=True)
class Actor:
    """A person who signed in, with the rights read in this very transaction."""

    id: UUID
    organisation_id: UUID
    branch_id: UUID
    name: str
    grants: tuple[Grant, ...]
    address: str = ""
    device: str = ""

    @property
    def by(self) -> By:
        return By(self.organisation_id, self.id, address=self.address, device=self.device)

    def paths(self, permission: Permission) -> tuple[str, ...]:
        return tuple(sorted({grant.path for grant in self.grants if permission in GRANTS[grant.role]}))

    def may(self, permission: Permission, path: str | None = None) -> bool:
        """At the branch of `path`; without one, anywhere."""
        return any(path is None or path.startswith(own) for own in self.paths(permission))


def actor_of(work: Work, user: User, *, address: str = "", device: str = "") -> Actor:
    """The rights come from the rows of this transaction; a role that is no longer known grants nothing."""
    rows = work.session.execute(
        select(RoleBinding.role, Branch.path)
        .join(Branch, Branch.id == RoleBinding.branch_id)
        .where(RoleBinding.user_id == user.id, Branch.organisation_id == user.organisation_id)
    )
    known = set(Role)
    grants = tuple(Grant(Role(role), path) for role, path in rows if role in known)
    return Actor(user.id, user.organisation_id, user.branch_id, user.name, grants, address, device)


def within(branch_id: InstrumentedAttribute[UUID], actor: Actor, permission: Permission) -> ColumnElement[bool]:
    """The condition that a row's branch is one where `actor` holds `permission`; nothing granted matches nothing."""
    return branch_id.in_(select(Branch.id).where(_below(actor.paths(permission)), _own_organisation(actor)))


def within_any(
    branch_id: InstrumentedAttribute[UUID], actor: Actor, permissions: Iterable[Permission]
) -> ColumnElement[bool]:
    return or_(false(), *(within(branch_id, actor, permission) for permission in permissions))


def within_or_above(
    branch_id: InstrumentedAttribute[UUID], actor: Actor, permission: Permission
) -> ColumnElement[bool]:
    """As `within`, and also what belongs to a branch above: a company's seal serves its branches."""
    above = {UUID(part) for path in actor.paths(permission) for part in path.strip("/").split("/")}
    return or_(within(branch_id, actor, permission), branch_id.in_(above))


def branch_path(work: Work, branch_id: UUID) -> str:
    path = work.session.scalar(select(Branch.path).where(Branch.id == branch_id))
    if path is None:
        raise NotFound("there is no such branch")
    return path


def require(actor: Actor, permission: Permission) -> None:
    """Raises: Forbidden unless `actor` holds `permission` at some branch."""
    if not actor.may(permission):
        raise Forbidden(f"your roles do not include: {permission}")


def _below(paths: tuple[str, ...]) -> ColumnElement[bool]:
    return or_(false(), *(Branch.path.startswith(path, autoescape=True) for path in paths))


def _own_organisation(actor: Actor) -> ColumnElement[bool]:
    return Branch.organisation_id == actor.organisation_id
