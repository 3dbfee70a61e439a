"""Who acts, and which rows that person may reach: the one place where rights meet the branch tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from printserver.audit.log import By
from printserver.foundation.errors import Forbidden, NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.frozen_places import FrozenPlaces, frozen_places
from printserver.organisations.models import Branch, CustomRole, Delegation, RoleBinding, User
from printserver.organisations.permissions import RESERVED, Permission, is_binding, permissions_of
from printserver.signing.signatories import office_covers

TO_UNFREEZE: Final = frozenset({Permission.CONFIRM_STATEMENTS, Permission.READ_PEOPLE})
"""What is left to an officer of a whole organisation while it, or the own branch, is frozen."""


@dataclass(frozen=True)
class Grant:
    """`role` at the branch of `path` and all below it.

    custom: what it grants when it is a role of the organisation's own; a built-in role is known by its name.
    acts_for: whom a deputy stands in for; None for a right of one's own.
    only: what is left of it while the organisation is frozen.
    """

    role: str
    path: str
    custom: frozenset[Permission] = frozenset()
    acts_for: UUID | None = None
    only: frozenset[Permission] | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        granted = permissions_of(self.role) or self.custom
        return granted if self.only is None else granted & self.only


@dataclass(frozen=True)
class Actor:
    """An account that signed in, with the rights read in this very transaction.

    counts_as: the person's first account, when this one is a further account; use `person_id` to tell persons apart.
    scopes: what the token that was used lets its account do at most; None for a person who signed in herself.
    shut_out: the own branch, or the whole organisation, is frozen, and nothing is left to do: nobody comes in.
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
    shut_out: bool = False

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
    actor = Actor(user.id, user.organisation_id, user.branch_id, user.name, known, address, device, user.person_id)
    places = frozen_places(work, user.organisation_id)
    return actor if places.none else _while_frozen(work, actor, places)


def _while_frozen(work: Work, actor: Actor, places: FrozenPlaces) -> Actor:
    """Rights at frozen branches are none. Whoever belongs to one is shut out, but for the officers of the whole
    organisation, who are left what it takes to unfreeze it."""
    if not places.covers(branch_path(work, actor.branch_id)):
        return replace(actor, grants=tuple(grant for grant in actor.grants if not places.covers(grant.path)))
    offices = (grant for grant in actor.grants if grant.acts_for is None and office_covers(grant.path, ""))
    left = tuple(
        replace(grant, only=TO_UNFREEZE) for grant in offices if Permission.CONFIRM_STATEMENTS in grant.permissions
    )
    return replace(actor, grants=left, shut_out=not left)


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
    """The deputy of a frozen principal, or of one of a frozen branch, holds nothing."""
    home = aliased(Branch)
    rows = work.session.execute(
        select(RoleBinding.role, Branch.path, func.coalesce(User.person_id, User.id), home.path)
        .join(Delegation, and_(Delegation.principal_id == RoleBinding.user_id, Delegation.role == RoleBinding.role))
        .join(Branch, Branch.id == RoleBinding.branch_id)
        .join(User, User.id == Delegation.principal_id)
        .join(home, home.id == User.branch_id)
        .where(
            Delegation.deputy_id == user.id,
            Branch.organisation_id == user.organisation_id,
            User.frozen.is_(False),
            binding_in_force(work),
            delegation_in_force(work),
        )
    ).all()
    places = frozen_places(work, user.organisation_id) if rows else FrozenPlaces()
    return [(role, path, principal) for role, path, principal, own in rows if not places.covers(own)]


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


def require_unscoped(actor: Actor) -> None:
    """For what somebody does of the own account.   Raises: Forbidden by a token that does less than its account may."""
    if actor.scopes is not None:
        raise Forbidden("this token has scopes; what concerns the own account takes one without")


def _below(paths: tuple[str, ...]) -> ColumnElement[bool]:
    return or_(false(), *(Branch.path.startswith(path, autoescape=True) for path in paths))


def _own_organisation(actor: Actor) -> ColumnElement[bool]:
    return Branch.organisation_id == actor.organisation_id
