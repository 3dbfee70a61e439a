"""Enrolled devices: who has a passkey for which two officers have vouched, and which ones nobody uses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.colleagues import held_roles
from printserver.organisations.models import Branch, Passkey, User
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import names


@dataclass(frozen=True)
class DeviceHolder:
    """Somebody who holds `role` at the branch of `path` now, and has a device or has none."""

    id: UUID
    name: str
    role: str
    path: str


def device_holders(
    work: Work, organisation_id: UUID, roles: Collection[str], *, having: bool
) -> tuple[DeviceHolder, ...]:
    """Of those who hold one of `roles` in person; by name.   having: whether those with a device, or those without one.

    Passkeys are kept with a person's first account.
    """
    held = held_roles(work, organisation_id, roles)
    enrolled = set(
        work.session.scalars(
            select(Passkey.user_id).where(
                Passkey.user_id.in_({each.person_id for each in held}),
                Passkey.evidence_since.is_not(None),
                Passkey.removed_at.is_(None),
            )
        )
    )
    called = names(work, {each.person_id for each in held})
    found = (each for each in held if (each.person_id in enrolled) is having)
    people = (DeviceHolder(each.person_id, called.get(each.person_id, ""), each.role, each.path) for each in found)
    return tuple(sorted(people, key=lambda each: (each.name, each.id, each.role, each.path)))


@dataclass(frozen=True)
class DormantPasskey:
    """`last_used`: None for never.   vouched: the signer takes its word."""

    id: UUID
    name: str
    person_id: UUID
    person: str
    branch: str
    created_at: datetime
    last_used: datetime | None
    vouched: bool


def reaches_passkey(work: Work, actor: Actor, passkey_id: UUID) -> bool:
    """Whether it is one, not removed, of the people in the actor's office."""
    found = (
        select(Passkey.id)
        .join(User, User.id == Passkey.user_id)
        .where(
            Passkey.id == passkey_id,
            Passkey.removed_at.is_(None),
            within(User.branch_id, actor, Permission.CONFIRM_STATEMENTS),
        )
    )
    return work.session.scalar(found) is not None


def dormant_passkeys(work: Work, actor: Actor, *, days: int) -> tuple[DormantPasskey, ...]:
    """Of the people in the actor's office, unused for so many days, the longest first.   days: 0 lists none."""
    if days == 0:
        return ()
    seen = func.coalesce(Passkey.last_used_at, Passkey.created_at)
    rows = work.session.execute(
        select(Passkey, User.name, Branch.name)
        .join(User, User.id == Passkey.user_id)
        .join(Branch, Branch.id == User.branch_id)
        .where(
            within(User.branch_id, actor, Permission.CONFIRM_STATEMENTS),
            Passkey.removed_at.is_(None),
            seen <= work.now() - timedelta(days=days),
        )
        .order_by(seen, Passkey.id)
    )
    return tuple(
        DormantPasskey(
            row.id,
            row.name,
            row.user_id,
            person,
            branch,
            row.created_at,
            row.last_used_at,
            row.evidence_since is not None,
        )
        for row, person, branch in rows
    )
