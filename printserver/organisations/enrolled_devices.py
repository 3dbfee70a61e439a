"""Who has an enrolled device: a passkey of one's own, for which two officers have vouched."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from printserver.foundation.unit_of_work import Work
from printserver.organisations.colleagues import held_roles
from printserver.organisations.models import Passkey
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
