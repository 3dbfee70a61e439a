"""Who acts, and which rows that person may reach: the one place where rights meet the branch tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from printserver.audit.log import By
from printserver.foundation.errors import Forbidden, NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.models import Branch, CustomRole, Delegation, RoleBinding, User
from printserver.organisations.permissions import RESERVED, Permission, is_binding, permissions_of


@dataclass(frozen=True)
class Grant:
    """`role` at the branch of `path` and all below it.

    custom: what it grants when it is a role of the organisation's own; a built-in role is known by its name.
    acts_for: whom a deputy stands in for; None for a right of one's own.
    """

    role: str
    path: str
    custom: frozenset[Permission] = frozenset()
    acts_for: UUID | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        return permissions_of(self.role) or self.custom


@dataclass(frozen=True)
class Actor:
    """An account that signed in, with the rights read in this very transaction.

    counts_as: the person's first account, when this one is a further account; use `person_id` to tell persons apart.
    scopes: what the token that was used lets its account do at most; None for a person who signed in herself.
    """

    id: UUID
    organisation_id: UUID
    branch_id: UUID
    name: str
    grants: tuple[Grant, ...]
    address: str = ""
    device: str = ""
    counts_as: UUID | None = None
    scopes: frozenset[Permission] | None = None

    @property
    def person_id(self) -> UUID:
        """One and the same for all accounts of a person."""
        return self.counts_as or self.id

    @property
    def by(self) -> By:
        return By(self.organisation_id, self.id, address=self.address, device=self.device)

    def limited_to(self, scopes: Iterable[object]) -> Actor:
        """The same account, by a token that grants no more than this; names that are not known grant nothing."""
        return replace(self, scopes=frozenset(one for one in Permission if one in set(scopes)))

    def paths(self, permission: Permission) -> tuple[str, ...]:
        if self.scopes is not None and permission not in self.scopes:
            return ()
        return tuple(sorted({grant.path for grant in self.grants if permission in grant.permissions}))

    def may(self, permission: Permission, path: str | None = None) -> bool:
        """At the branch of `path`; without one, anywhere."""
        return any(path is None or path.startswith(own) for own in self.paths(permission))


def actor_of(work: Work, user: User, *, address: str = "", device: str = "") -> Actor:
    """The rights come from the rows of this transaction; a role that is no longer known grants nothing."""
    held = [*_own_bindings(work, user), *_delegated_bindings(work, user)]
    custom = _custom_roles(work, user, {role for role, _path, _for in held if not permissions_of(role)})
    grants = (Grant(role, path, custom.get(role, frozenset()), principal) for role, path, principal in held)
    known = tuple(grant for grant in grants if grant.permissions and _may_hold(user, grant))
    return Actor(user.id, user.organisation_id, user.branch_id, user.name, known, address, device, user.person_id)


def _may_hold(user: User, grant: Grant) -> bool:
    """Only a person's first account helps to seal: a row that calls an account another person's lets nobody sign as
    that person."""
    return user.person_id in (None, user.id) or not is_binding(grant.role)


def binding_in_force(work: Work) -> ColumnElement[bool]:
    """Of a role binding: begun, not run out, not ended."""
    now = work.now()
    return and_(
        RoleBinding.ended_at.is_(None),
        or_(RoleBinding.valid_from.is_(None), RoleBinding.valid_from <= now),
        or_(RoleBinding.valid_until.is_(None), RoleBinding.valid_until > now),
    )


def delegation_in_force(work: Work) -> ColumnElement[bool]:
    now = work.now()
    return and_(Delegation.ended_at.is_(None), Delegation.valid_from <= now, Delegation.valid_until > now)


def _own_bindings(work: Work, user: User) -> list[tuple[str, str, UUID | None]]:
    rows = work.session.execute(
        select(RoleBinding.role, Branch.path)
        .join(Branch, Branch.id == RoleBinding.branch_id)
        .where(RoleBinding.user_id == user.id, Branch.organisation_id == user.organisation_id, binding_in_force(work))
    )
    return [(role, path, None) for role, path in rows]


def _delegated_bindings(work: Work, user: User) -> list[tuple[str, str, UUID | None]]:
    """A frozen principal's deputy holds nothing."""
    rows = work.session.execute(
        select(RoleBinding.role, Branch.path, func.coalesce(User.person_id, User.id))
        .join(Delegation, and_(Delegation.principal_id == RoleBinding.user_id, Delegation.role == RoleBinding.role))
        .join(Branch, Branch.id == RoleBinding.branch_id)
        .join(User, User.id == Delegation.principal_id)
        .where(
            Delegation.deputy_id == user.id,
            Branch.organisation_id == user.organisation_id,
            User.frozen.is_(False),
            binding_in_force(work),
            delegation_in_force(work),
        )
    )
    return [(role, path, principal) for role, path, principal in rows]


def _custom_roles(work: Work, user: User, codes: set[str]) -> dict[str, frozenset[Permission]]:
    if not codes:
        return {}
    rows = work.session.execute(
        select(CustomRole.code, CustomRole.permissions).where(
            CustomRole.organisation_id == user.organisation_id,
            CustomRole.code.in_(codes),
            CustomRole.retired_at.is_(None),
        )
    )
    return {code: custom_permissions(stored) for code, stored in rows}


def custom_permissions(stored: Iterable[object]) -> frozenset[Permission]:
    """What a stored custom role grants: what is not known, or takes two officers, it never does."""
    return frozenset(one for one in Permission if one in set(stored) and one not in RESERVED)


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
