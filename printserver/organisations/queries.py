"""What other rooms and pages may know of organisations and people."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import not_, select

from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.models import Branch, Organisation, User
from printserver.organisations.permissions import Permission


@dataclass(frozen=True)
class OrganisationFacts:
    id: UUID
    number: int
    name: str


@dataclass(frozen=True)
class BranchFacts:
    id: UUID
    organisation_id: UUID
    name: str
    path: str


def organisation(work: Work, organisation_id: UUID) -> OrganisationFacts:
    """Raises: NotFound."""
    row = work.session.get(Organisation, organisation_id)
    if row is None:
        raise NotFound("there is no such organisation")
    return OrganisationFacts(row.id, row.number, row.name)


def branch(work: Work, branch_id: UUID) -> BranchFacts:
    """Raises: NotFound."""
    row = work.session.get(Branch, branch_id)
    if row is None:
        raise NotFound("there is no such branch")
    return BranchFacts(row.id, row.organisation_id, row.name, row.path)


def branches_with(work: Work, actor: Actor, permission: Permission) -> tuple[BranchFacts, ...]:
    """Where `actor` holds `permission`, by name."""
    rows = work.session.scalars(
        select(Branch).where(within(Branch.id, actor, permission)).order_by(Branch.name, Branch.id)
    )
    return tuple(BranchFacts(row.id, row.organisation_id, row.name, row.path) for row in rows)


def names(work: Work, person_ids: set[UUID]) -> dict[UUID, str]:
    """Display names of those of `person_ids` that exist."""
    rows = work.session.execute(select(User.id, User.name).where(User.id.in_(person_ids))).all()
    return dict(rows)


def covers_organisation(work: Work, actor: Actor, permission: Permission) -> bool:
    """Whether `actor` holds `permission` at every branch of the own organisation."""
    elsewhere = select(Branch.id).where(
        Branch.organisation_id == actor.organisation_id, not_(within(Branch.id, actor, permission))
    )
    return actor.may(permission) and work.session.scalar(elsewhere.limit(1)) is None
