"""All that one person holds, over every account and deputyship, now and in days to come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import custom_permissions
from printserver.organisations.models import Branch, CustomRole, Delegation, RoleBinding, User
from printserver.organisations.permissions import Permission, permissions_of
from printserver.organisations.rules import Holding, require_compatible

_BINDING: Final = (RoleBinding.role, Branch.path, RoleBinding.valid_from, RoleBinding.valid_until)


def counted_person() -> ColumnElement[UUID]:
    """Of an account: its person."""
    return func.coalesce(User.person_id, User.id)


def person_of(work: Work, user_id: UUID) -> UUID:
    """The person of an account; an unknown account is its own."""
    return work.session.scalar(select(counted_person()).where(User.id == user_id)) or user_id


def accounts_of(work: Work, person_id: UUID) -> tuple[UUID, ...]:
    """First the first one. They stay as they are until the transaction ends."""
    ids = work.session.scalars(
        select(User.id).where(counted_person() == person_id).order_by(User.id).with_for_update()
    ).all()
    return tuple(sorted(ids, key=lambda each: each != person_id))


def holdings_of(work: Work, person_id: UUID) -> tuple[Holding, ...]:
    """What is over is left out, what begins later is in."""
    accounts = select(User.id).where(counted_person() == person_id)
    own = work.session.execute(
        select(*_BINDING)
        .join(Branch, Branch.id == RoleBinding.branch_id)
        .where(RoleBinding.user_id.in_(accounts), not_over(work))
    ).all()
    lent = work.session.execute(
        select(*_BINDING, Delegation.valid_from, Delegation.valid_until)
        .join(Branch, Branch.id == RoleBinding.branch_id)
        .join(Delegation, and_(Delegation.principal_id == RoleBinding.user_id, Delegation.role == RoleBinding.role))
        .where(
            Delegation.deputy_id.in_(accounts),
            Delegation.ended_at.is_(None),
            Delegation.valid_until > work.now(),
            not_over(work),
        )
    ).all()
    granted = _permissions(work, person_id, {row[0] for row in own} | {row[0] for row in lent})
    return (*(_own(row, granted) for row in own), *(_lent(row, granted) for row in lent))


def require_compatible_people(work: Work, person_ids: Iterable[UUID]) -> None:
    """Of these, and of whoever stands in for one of them.   Raises: RolesIncompatible."""
    for person_id in sorted({*person_ids, *_deputies_of(work, set(person_ids))}):
        accounts_of(work, person_id)
        require_compatible(holdings_of(work, person_id))


def people_holding_below(work: Work, path: str) -> frozenset[UUID]:
    """Persons with a right of their own at the branch of `path` or below it."""
    rows = work.session.scalars(
        select(counted_person())
        .join(RoleBinding, RoleBinding.user_id == User.id)
        .join(Branch, Branch.id == RoleBinding.branch_id)
        .where(Branch.path.startswith(path, autoescape=True), not_over(work))
    )
    return frozenset(rows)


def people_holding_role(work: Work, organisation_id: UUID, role: str) -> frozenset[UUID]:
    rows = work.session.scalars(
        select(counted_person())
        .join(RoleBinding, RoleBinding.user_id == User.id)
        .where(User.organisation_id == organisation_id, RoleBinding.role == role, not_over(work))
    )
    return frozenset(rows)


def not_over(work: Work) -> ColumnElement[bool]:
    """Of a role binding: in force, or to be."""
    return and_(
        RoleBinding.ended_at.is_(None), or_(RoleBinding.valid_until.is_(None), RoleBinding.valid_until > work.now())
    )


def _deputies_of(work: Work, person_ids: set[UUID]) -> frozenset[UUID]:
    principals = select(User.id).where(counted_person().in_(person_ids))
    rows = work.session.scalars(
        select(counted_person())
        .join(Delegation, Delegation.deputy_id == User.id)
        .where(
            Delegation.principal_id.in_(principals), Delegation.ended_at.is_(None), Delegation.valid_until > work.now()
        )
    )
    return frozenset(rows)


def _permissions(work: Work, person_id: UUID, roles: set[str]) -> Mapping[str, frozenset[Permission]]:
    known = {role: permissions_of(role) for role in roles}
    own = {role for role, granted in known.items() if not granted}
    if not own:
        return known
    rows = work.session.execute(
        select(CustomRole.code, CustomRole.permissions)
        .join(User, User.organisation_id == CustomRole.organisation_id)
        .where(User.id == person_id, CustomRole.code.in_(own), CustomRole.retired_at.is_(None))
    )
    return known | {code: custom_permissions(stored) for code, stored in rows}


def _own(row: Row[str, str, datetime | None, datetime | None], granted: Mapping[str, frozenset[Permission]]) -> Holding:
    role, path, since, until = row
    return Holding(role, granted[role], path, since, until)


def _lent(
    row: Row[str, str, datetime | None, datetime | None, datetime, datetime],
    granted: Mapping[str, frozenset[Permission]],
) -> Holding:
    role, path, since, until, lent_from, lent_until = row
    return Holding(
        role,
        granted[role],
        path,
        lent_from if since is None else max(since, lent_from),
        lent_until if until is None else min(until, lent_until),
    )
