"""What other rooms and pages may know of organisations and people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, not_, select

from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.models import Branch, Organisation, RoleBinding, User
from printserver.organisations.permissions import BINDING, GRANTS, Permission, Role


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


@dataclass(frozen=True)
class BindingSeat:
    """A role that can help to bring the HSM to sign, as the rows have it."""

    person_id: UUID
    role: str
    path: str
    valid_from: datetime
    valid_until: datetime | None


def organisations(work: Work) -> tuple[OrganisationFacts, ...]:
    rows = work.session.scalars(select(Organisation).order_by(Organisation.number))
    return tuple(OrganisationFacts(row.id, row.number, row.name) for row in rows)


def first_day(work: Work) -> datetime | None:
    """When the first organisation was made."""
    return work.session.scalar(select(func.min(Organisation.created_at)))


def binding_seats(work: Work, organisation_id: UUID) -> tuple[BindingSeat, ...]:
    """Of the built-in roles, in force or yet to come."""
    roles = [role for role in Role if GRANTS[role] & BINDING]
    rows = work.session.execute(
        select(RoleBinding, Branch.path, func.coalesce(User.person_id, User.id))
        .join(Branch, Branch.id == RoleBinding.branch_id)
        .join(User, User.id == RoleBinding.user_id)
        .where(Branch.organisation_id == organisation_id, RoleBinding.role.in_(roles), RoleBinding.ended_at.is_(None))
        .order_by(RoleBinding.id)
    )
    return tuple(
        BindingSeat(person_id, row.role, path, row.valid_from or row.created_at, row.valid_until)
        for row, path, person_id in rows
    )


def organisation(work: Work, organisation_id: UUID) -> OrganisationFacts:
    """Raises: NotFound."""
    row = work.session.get(Organisation, organisation_id)
    if row is None:
        raise NotFound("there is no such organisation")
    return OrganisationFacts(row.id, row.number, row.name)


def organisation_numbered(work: Work, number: int) -> OrganisationFacts:
    """number: u32.   Raises: NotFound."""
    row = work.session.scalar(select(Organisation).where(Organisation.number == number))
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


def branch_names_of_path(work: Work, path: str) -> str:
    """`Head office / Shanghai`, for people; ids of branches that are not there any more stay as they are."""
    ids = [part for part in path.strip("/").split("/") if part]
    found = dict(work.session.execute(select(Branch.id, Branch.name).where(Branch.id.in_(map(UUID, ids)))).all())
    return " / ".join(found.get(UUID(part), part) for part in ids)


def person_of_account(work: Work, account_id: UUID) -> UUID:
    """The person who counts, whatever accounts she has.   Raises: NotFound."""
    row = work.session.execute(select(User.id, User.person_id).where(User.id == account_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such account")
    person: UUID = row.person_id or row.id
    return person


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
