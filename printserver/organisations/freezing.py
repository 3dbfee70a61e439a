"""Whole branches and organisations, frozen and unfrozen: rows for people and pages; the signer has its own register.

Nothing of what people hold is touched, so that unfreezing gives back exactly what was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import aliased

from printserver.audit.log import By, Event, append
from printserver.foundation.errors import Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, binding_in_force, within
from printserver.organisations.freeze_models import PlaceFreeze
from printserver.organisations.frozen_places import FrozenPlaces, frozen_places
from printserver.organisations.models import Branch, RoleBinding, User
from printserver.organisations.people_events import (
    BranchFrozen,
    BranchUnfrozen,
    OrganisationFrozen,
    OrganisationUnfrozen,
)
from printserver.organisations.permissions import Permission, roles_granting
from printserver.signing.signatories import OFFICERS_NEEDED, office_covers


class NobodyToUnfreeze(Refused):
    """Fewer than two officers would be left who could undo it."""

    code = "nobody-to-unfreeze"


@dataclass(frozen=True)
class FrozenPlace:
    """`branch_id`: None for the whole organisation; `branch` is its name then as well."""

    branch_id: UUID | None
    branch: str
    reason: str
    frozen_by: UUID | None
    frozen_at: datetime


def freeze_place(work: Work, by: By, organisation_id: UUID, branch_id: UUID | None, *, reason: str) -> None:
    """Nothing more when it is frozen already. Whether `by` may, has been decided before."""
    if work.session.scalar(select(PlaceFreeze.id).where(_in_force(organisation_id, branch_id)).limit(1)) is not None:
        return
    work.session.add(
        PlaceFreeze(
            id=new_id(),
            organisation_id=organisation_id,
            branch_id=branch_id,
            reason=reason,
            frozen_by=by.person_id,
            frozen_at=work.now(),
        )
    )
    work.session.flush()
    event: Event = OrganisationFrozen(id=organisation_id, reason=reason)
    append(work, by, event if branch_id is None else BranchFrozen(id=branch_id, reason=reason))


def unfreeze_place(work: Work, by: By, organisation_id: UUID, branch_id: UUID | None) -> None:
    """Two officers have said so in the signer's register. Nothing when it is not frozen."""
    ended = work.session.scalars(
        update(PlaceFreeze)
        .where(_in_force(organisation_id, branch_id))
        .values(ended_at=work.now())
        .returning(PlaceFreeze.id)
    ).all()
    if ended:
        event: Event = OrganisationUnfrozen(id=organisation_id)
        append(work, by, event if branch_id is None else BranchUnfrozen(id=branch_id))


def is_frozen_itself(work: Work, organisation_id: UUID, branch_id: UUID | None) -> bool:
    """Whether this very place is, whatever lies above it."""
    return work.session.scalar(select(PlaceFreeze.id).where(_in_force(organisation_id, branch_id)).limit(1)) is not None


def frozen_list(work: Work, actor: Actor) -> tuple[FrozenPlace, ...]:
    """Of the own organisation, as far as `actor` may read of its people; the newest first."""
    readable = or_(PlaceFreeze.branch_id.is_(None), within(Branch.id, actor, Permission.READ_PEOPLE))
    rows = work.session.execute(
        select(PlaceFreeze, Branch.name)
        .outerjoin(Branch, Branch.id == PlaceFreeze.branch_id)
        .where(PlaceFreeze.organisation_id == actor.organisation_id, PlaceFreeze.ended_at.is_(None), readable)
        .order_by(PlaceFreeze.frozen_at.desc(), PlaceFreeze.id.desc())
    )
    return tuple(FrozenPlace(row.branch_id, name or "", row.reason, row.frozen_by, row.frozen_at) for row, name in rows)


def require_somebody_to_unfreeze(work: Work, organisation_id: UUID, path: str | None) -> None:
    """path: of the branch that is to be frozen; None for the whole organisation.   Raises: NobodyToUnfreeze."""
    home = aliased(Branch)
    rows = work.session.execute(
        select(User.id, Branch.path, home.path)
        .join(RoleBinding, RoleBinding.user_id == User.id)
        .join(Branch, Branch.id == RoleBinding.branch_id)
        .join(home, home.id == User.branch_id)
        .where(
            Branch.organisation_id == organisation_id,
            RoleBinding.role.in_(roles_granting(Permission.CONFIRM_STATEMENTS)),
            binding_in_force(work),
            User.frozen.is_(False),
            User.left_at.is_(None),
            or_(User.person_id.is_(None), User.person_id == User.id),
        )
    )
    places = frozen_places(work, organisation_id)
    left = {person for person, office, own in rows if _could_unfreeze(office, own, path, places)}
    if len(left) < OFFICERS_NEEDED:
        raise NobodyToUnfreeze("two officers of a branch above have to be there, who could unfreeze it again")


def _could_unfreeze(office: str, home: str, path: str | None, places: FrozenPlaces) -> bool:
    """office, home: of an officer. Those of the whole organisation come in whatever is frozen."""
    if office_covers(office, ""):
        return True
    if path is None or places.covers(office) or places.covers(home) or home.startswith(path):
        return False
    return path.startswith(office) and path != office


def _in_force(organisation_id: UUID, branch_id: UUID | None) -> ColumnElement[bool]:
    place = PlaceFreeze.branch_id.is_(None) if branch_id is None else PlaceFreeze.branch_id == branch_id
    return (PlaceFreeze.organisation_id == organisation_id) & PlaceFreeze.ended_at.is_(None) & place
