"""Deputies: for some days another person takes the steps that a role of mine gives, and counts as me.

A right to seal is never lent by a row alone: the principal's own word goes into the signer's register first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import aliased

from printserver.audit.log import By, append
from printserver.foundation.errors import Malformed, NotFound, Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, delegation_in_force, require_unscoped, within
from printserver.organisations.frozen_places import FrozenPlaces, frozen_places
from printserver.organisations.holdings import counted_person, person_of, require_compatible_people
from printserver.organisations.models import Branch, Delegation, User
from printserver.organisations.people_events import DelegationEnded, DelegationMade
from printserver.organisations.permissions import Permission, Role
from printserver.organisations.roles import require_dates, rights_recorded

DELEGABLE: Final = frozenset({Role.APPROVER, Role.CUSTODIAN, Role.PRINTER_ADMINISTRATOR, Role.ARCHIVIST})
"""Officers, administrators and auditors have no deputies: two of them are there from the beginning."""
LONGEST: Final = timedelta(days=184)
LONGEST_REASON: Final = 500


class DelegationNotFound(NotFound):
    code = "delegation-not-found"


class RoleNotDelegable(Refused):
    code = "role-not-delegable"


class RoleNotHeld(Refused):
    """What is not one's own cannot be lent; what is lent is not lent on."""

    code = "role-not-held"


class DeputyUnfit(Refused):
    code = "deputy-unfit"


class DelegationTooLong(Malformed):
    code = "delegation-too-long"


@dataclass(frozen=True)
class NewDelegation:
    """`deputy_id`: an account of the same organisation.   since, until: until before this moment."""

    deputy_id: UUID
    role: str
    since: datetime
    until: datetime
    reason: str = ""


@dataclass(frozen=True)
class DelegationFacts:
    """Accounts by id; `principal_person` and `deputy_person`: whom they count as."""

    id: UUID
    principal_id: UUID
    principal: str
    principal_person: UUID
    deputy_id: UUID
    deputy: str
    deputy_person: UUID
    role: str
    valid_from: datetime
    valid_until: datetime
    reason: str
    ended_at: datetime | None


def require_delegable(work: Work, actor: Actor, new: NewDelegation) -> None:
    """Raises: Forbidden by a token with scopes; RoleNotDelegable, RoleNotHeld, DeputyUnfit, DatesWrong,
    DelegationTooLong."""
    require_unscoped(actor)
    if new.role not in DELEGABLE:
        raise RoleNotDelegable(f"the role {new.role} cannot be lent")
    if not any(grant.role == new.role and grant.acts_for is None for grant in actor.grants):
        raise RoleNotHeld(f"you do not hold the role {new.role} yourself")
    require_dates(work, new.since, new.until)
    if new.until - new.since > LONGEST:
        raise DelegationTooLong(f"a deputy is named for at most {LONGEST.days} days")
    _require_fit(work, actor.organisation_id, actor.person_id, new.deputy_id)


def write_delegation(
    work: Work, by: By, principal_id: UUID, new: NewDelegation, *, statement_id: UUID | None = None
) -> UUID:
    """Whether the principal may, has been decided before.   Raises: DeputyUnfit, RolesIncompatible."""
    organisation_id = work.session.scalar(select(User.organisation_id).where(User.id == principal_id))
    if organisation_id is None:
        raise DeputyUnfit("there is no such principal")
    _require_fit(work, organisation_id, person_of(work, principal_id), new.deputy_id)
    row = Delegation(
        id=new_id(),
        organisation_id=organisation_id,
        principal_id=principal_id,
        deputy_id=new.deputy_id,
        role=new.role,
        valid_from=new.since,
        valid_until=new.until,
        reason=new.reason.strip()[:LONGEST_REASON],
        statement_id=statement_id,
        created_at=work.now(),
    )
    with rights_recorded(work, by, (new.deputy_id,)):
        work.session.add(row)
        work.session.flush()
        require_compatible_people(work, [person_of(work, new.deputy_id)])
    append(
        work,
        by,
        DelegationMade(
            id=principal_id,
            deputy_id=new.deputy_id,
            role=new.role,
            valid_from=new.since,
            valid_until=new.until,
            reason=row.reason,
        ),
    )
    return row.id


def end_delegation(work: Work, by: By, delegation_id: UUID) -> None:
    """Whether `by` may, has been decided before."""
    _end(work, by, Delegation.id == delegation_id)


def end_delegations_of(work: Work, by: By, accounts: Sequence[UUID]) -> None:
    """Given and taken."""
    _end(work, by, or_(Delegation.principal_id.in_(accounts), Delegation.deputy_id.in_(accounts)))


def end_delegations_between(work: Work, by: By, principal_person: UUID, deputy_person: UUID, role: str) -> None:
    principals = select(User.id).where(counted_person() == principal_person)
    deputies = select(User.id).where(counted_person() == deputy_person)
    _end(
        work,
        by,
        Delegation.principal_id.in_(principals) & Delegation.deputy_id.in_(deputies) & (Delegation.role == role),
    )


def own_delegation(work: Work, actor: Actor, delegation_id: UUID) -> DelegationFacts:
    """The actor's as principal or deputy, or one that the actor administers.   Raises: DelegationNotFound."""
    principal = aliased(User)
    reach = select(principal.id).where(within(principal.branch_id, actor, Permission.MANAGE_PEOPLE))
    mine = or_(
        Delegation.principal_id == actor.id, Delegation.deputy_id == actor.id, Delegation.principal_id.in_(reach)
    )
    for found in _delegations(work, Delegation.id == delegation_id, mine):
        return found
    raise DelegationNotFound("there is no such delegation")


def my_delegations(work: Work, actor: Actor) -> tuple[DelegationFacts, ...]:
    """Given and taken, those that are not over, the next to end first."""
    mine = or_(Delegation.principal_id == actor.id, Delegation.deputy_id == actor.id)
    return _delegations(work, mine, *_not_over(work))


def delegations(work: Work, actor: Actor) -> tuple[DelegationFacts, ...]:
    """Of the people whom `actor` may read of, those that are not over."""
    principal = aliased(User)
    reach = select(principal.id).where(within(principal.branch_id, actor, Permission.READ_PEOPLE))
    return _delegations(work, Delegation.principal_id.in_(reach), *_not_over(work))


def delegations_of_person(work: Work, person_id: UUID) -> tuple[DelegationFacts, ...]:
    """Given and taken over all accounts, those that are not over. Without regard to anybody's rights."""
    accounts = select(User.id).where(counted_person() == person_id)
    mine = or_(Delegation.principal_id.in_(accounts), Delegation.deputy_id.in_(accounts))
    return _delegations(work, mine, *_not_over(work))


def principals_of(work: Work, deputy_person: UUID, role: str) -> tuple[UUID, ...]:
    """Persons for whom this person may take the steps of `role` now; nobody who is frozen, or whose branch is."""
    deputies = select(User.id).where(counted_person() == deputy_person)
    rows = work.session.execute(
        select(counted_person(), User.organisation_id, Branch.path)
        .join(Branch, Branch.id == User.branch_id)
        .join(Delegation, Delegation.principal_id == User.id)
        .where(
            Delegation.deputy_id.in_(deputies),
            Delegation.role == role,
            User.frozen.is_(False),
            delegation_in_force(work),
        )
        .order_by(Delegation.id)
    ).all()
    places = frozen_places(work, rows[0].organisation_id) if rows else FrozenPlaces()
    return tuple(dict.fromkeys(person for person, _, path in rows if not places.covers(path)))


def _require_fit(work: Work, organisation_id: UUID, principal_person: UUID, deputy_id: UUID) -> None:
    deputy = work.session.execute(
        select(counted_person()).where(
            User.id == deputy_id,
            User.organisation_id == organisation_id,
            User.frozen.is_(False),
            User.left_at.is_(None),
            User.kind == "person",
        )
    ).scalar()
    if deputy is None or deputy == principal_person:
        raise DeputyUnfit("the deputy is another person of this organisation who can sign in")


def _end(work: Work, by: By, *which: ColumnElement[bool]) -> None:
    rows = work.session.execute(
        update(Delegation)
        .where(*which, Delegation.ended_at.is_(None))
        .values(ended_at=work.now())
        .returning(Delegation.principal_id, Delegation.deputy_id, Delegation.role)
    ).all()
    for principal_id, deputy_id, role in rows:
        append(work, by, DelegationEnded(id=principal_id, deputy_id=deputy_id, role=role))


def _not_over(work: Work) -> tuple[ColumnElement[bool], ...]:
    return Delegation.ended_at.is_(None), Delegation.valid_until > work.now()


def _delegations(work: Work, *which: ColumnElement[bool]) -> tuple[DelegationFacts, ...]:
    principal, deputy = aliased(User), aliased(User)
    rows = work.session.execute(
        select(Delegation, principal.name, principal.person_id, deputy.name, deputy.person_id)
        .join(principal, principal.id == Delegation.principal_id)
        .join(deputy, deputy.id == Delegation.deputy_id)
        .where(*which)
        .order_by(Delegation.valid_until, Delegation.id)
    )
    return tuple(
        DelegationFacts(
            row.id,
            row.principal_id,
            principal_name,
            principal_person or row.principal_id,
            row.deputy_id,
            deputy_name,
            deputy_person or row.deputy_id,
            row.role,
            row.valid_from,
            row.valid_until,
            row.reason,
            row.ended_at,
        )
        for row, principal_name, principal_person, deputy_name, deputy_person in rows
    )
