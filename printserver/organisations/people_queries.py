"""Lists of people for those who administer or review them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.models import ApiToken, Branch, User, WebSession
from printserver.organisations.people import PersonNotFound
from printserver.organisations.permissions import Permission
from printserver.organisations.roles import RightFacts, rights_of

USUAL_DORMANT_DAYS: Final = 90
LONGEST_SEARCH: Final = 100


class PersonState(StrEnum):
    ACTIVE = "active"
    FROZEN = "frozen"
    LEFT = "left"


@dataclass(frozen=True)
class PersonFacts:
    """`person_id`: the same for all accounts of a person.   last_seen: the last sign-in or token made."""

    id: UUID
    person_id: UUID
    name: str
    login: str
    staff_number: str
    kind: str
    branch_id: UUID
    branch: str
    state: PersonState
    frozen_reason: str
    left_at: datetime | None
    created_at: datetime
    last_seen: datetime | None


@dataclass(frozen=True)
class PersonDetails:
    """`accounts`: the person's others."""

    person: PersonFacts
    rights: tuple[RightFacts, ...]
    accounts: tuple[PersonFacts, ...]


def list_people(
    work: Work,
    actor: Actor,
    *,
    text: str = "",
    branch_id: UUID | None = None,
    state: PersonState | None = None,
    before: UUID | None = None,
    limit: int = 200,
) -> tuple[PersonFacts, ...]:
    """Within the actor's branches, the newest first.   text: part of name, staff number or sign-in name."""
    query = _people(actor)
    if text.strip():
        part = text.strip()[:LONGEST_SEARCH]
        columns = (User.name, User.staff_number, User.login)
        query = query.where(or_(*(column.icontains(part, autoescape=True) for column in columns)))
    if branch_id is not None:
        query = query.where(User.branch_id == branch_id)
    if state is not None:
        query = query.where(_in_state(state))
    if before is not None:
        query = query.where(User.id < before)
    return _facts(work, query.order_by(User.id.desc()).limit(limit))


def person_details(work: Work, actor: Actor, user_id: UUID) -> PersonDetails:
    """Raises: PersonNotFound."""
    found = _facts(work, _people(actor).where(User.id == user_id))
    if not found:
        raise PersonNotFound("there is no such person")
    person = found[0]
    others = _people(actor).where(
        or_(User.person_id == person.person_id, User.id == person.person_id), User.id != person.id
    )
    return PersonDetails(person, rights_of(work, person.id), _facts(work, others.order_by(User.id)))


def dormant_people(work: Work, actor: Actor, *, days: int) -> tuple[PersonFacts, ...]:
    """Active persons who have not signed in for so many days, or ever, the longest absent first."""
    active = _people(actor).where(_in_state(PersonState.ACTIVE), User.kind == "person")
    since = work.now() - timedelta(days=days)
    found = _facts(work, active.where(User.created_at < since, func.coalesce(_last_seen(), User.created_at) < since))
    return tuple(sorted(found, key=lambda person: person.last_seen or person.created_at))


def _last_seen() -> ColumnElement[Any]:
    session = select(func.max(WebSession.created_at)).where(WebSession.user_id == User.id).scalar_subquery()
    token = select(func.max(ApiToken.created_at)).where(ApiToken.user_id == User.id).scalar_subquery()
    later = and_(session.is_not(None), or_(token.is_(None), session > token))
    return case((later, session), else_=token)


def _people(actor: Actor) -> Select[User, str, Any]:
    return (
        select(User, Branch.name, _last_seen())
        .join(Branch, Branch.id == User.branch_id)
        .where(within(User.branch_id, actor, Permission.READ_PEOPLE))
    )


def _in_state(state: PersonState) -> ColumnElement[bool]:
    if state is PersonState.LEFT:
        return User.left_at.is_not(None)
    return and_(User.left_at.is_(None), User.frozen.is_(state is PersonState.FROZEN))


def _facts(work: Work, query: Select[User, str, Any]) -> tuple[PersonFacts, ...]:
    return tuple(_person(user, branch, seen) for user, branch, seen in work.session.execute(query))


def _person(user: User, branch: str, seen: datetime | None) -> PersonFacts:
    state = PersonState.LEFT if user.left_at else PersonState.FROZEN if user.frozen else PersonState.ACTIVE
    return PersonFacts(
        id=user.id,
        person_id=user.person_id or user.id,
        name=user.name,
        login=user.login,
        staff_number=user.staff_number,
        kind=user.kind,
        branch_id=user.branch_id,
        branch=branch,
        state=state,
        frozen_reason=user.frozen_reason or "",
        left_at=user.left_at,
        created_at=user.created_at,
        last_seen=seen,
    )
