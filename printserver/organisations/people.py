"""People: registered, changed, moved, frozen, gone; each time all accounts and rights of the person at once."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Final
from uuid import UUID

from sqlalchemy import String, cast, select, update

from printserver.audit.log import By, append
from printserver.foundation.errors import Malformed, NotFound, Refused
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.branches import branch_for
from printserver.organisations.delegations import end_delegations_of
from printserver.organisations.frozen_places import require_open
from printserver.organisations.holdings import accounts_of, counted_person, person_of, require_compatible_people
from printserver.organisations.models import ApiToken, Branch, User, WebSession
from printserver.organisations.people_events import (
    AccessEnded,
    AccountsJoined,
    PersonChanged,
    PersonFrozen,
    PersonLeft,
    PersonMoved,
    PersonUnfrozen,
)
from printserver.organisations.permissions import Permission, is_binding
from printserver.organisations.roles import RightFacts, end_rights, rights_of
from printserver.organisations.secrets import Secrets
from printserver.organisations.service import LoginTaken, create_user

LONGEST_TEXT: Final = 100
LONGEST_REASON: Final = 500
_PASSWORD_OCTETS: Final = 12


class PersonNotFound(NotFound):
    code = "person-not-found"


class PersonMalformed(Malformed):
    code = "person-malformed"


class StaffNumberTaken(Refused):
    code = "staff-number-taken"


class NotOneself(Refused):
    """An administrator does not administer herself."""

    code = "not-oneself"


class PersonGone(Refused):
    code = "person-has-left"


class BranchClosedToPeople(Refused):
    code = "branch-closed"


class ReasonNeeded(Malformed):
    code = "reason-needed"


@dataclass(frozen=True)
class NewPerson:
    """`same_person_as`: an account of the same human being, who then counts once."""

    branch_id: UUID
    staff_number: str
    name: str
    login: str
    same_person_as: UUID | None = None


@dataclass(frozen=True)
class MadePerson:
    """`password`: the first one, to be handed out once and changed at the first sign-in."""

    id: UUID
    login: str
    password: str


@dataclass(frozen=True)
class Handover:
    """What a leaver leaves behind, by id: own requests under way, seals in custody, requests that waited for a word."""

    requests: tuple[UUID, ...] = ()
    seals: tuple[UUID, ...] = ()
    decisions: tuple[UUID, ...] = ()


def person_for(work: Work, actor: Actor, user_id: UUID, permission: Permission) -> User:
    """Raises: PersonNotFound, also outside the actor's branches."""
    reached = within(User.branch_id, actor, permission)
    user = work.session.scalar(select(User).where(User.id == user_id, reached).with_for_update())
    if user is None:
        raise PersonNotFound("there is no such person")
    return user


def another_person(work: Work, actor: Actor, user_id: UUID) -> User:
    """Whom `actor` administers, and who is nobody's own self.   Raises: PersonNotFound, NotOneself, PersonGone."""
    user = person_for(work, actor, user_id, Permission.MANAGE_PEOPLE)
    if person_of(work, user.id) == actor.person_id:
        raise NotOneself("nobody administers their own account; another administrator does")
    if user.left_at is not None:
        raise PersonGone("this person has left")
    return user


def create_person(work: Work, actor: Actor, new: NewPerson, *, secrets: Secrets) -> MadePerson:
    """Raises: BranchNotFound, BranchClosedToPeople, PersonMalformed, LoginTaken, StaffNumberTaken, PersonNotFound."""
    branch = _open_branch(work, actor, new.branch_id)
    name, staff_number, login = _checked(new.name, new.staff_number, new.login)
    _require_free(work, branch.organisation_id, staff_number, login)
    password = token_urlsafe(_PASSWORD_OCTETS)
    user = create_user(
        work,
        actor.by,
        branch,
        login=login,
        staff_number=staff_number,
        name=name,
        password=password,
        secrets=secrets,
        must_change=True,
    )
    if new.same_person_as is not None:
        join_accounts(work, actor, user.id, same_person_as=new.same_person_as)
    return MadePerson(user.id, login, password)


def change_person(work: Work, actor: Actor, user_id: UUID, *, name: str, staff_number: str, login: str) -> None:
    """Raises: PersonNotFound, NotOneself, PersonGone, PersonMalformed, LoginTaken, StaffNumberTaken."""
    user = another_person(work, actor, user_id)
    wanted = dict(zip(("name", "staff_number", "login"), _checked(name, staff_number, login), strict=True))
    changed = [field for field, value in wanted.items() if getattr(user, field) != value]
    if not changed:
        return
    _require_free(work, user.organisation_id, wanted["staff_number"], wanted["login"], but=user.id)
    before = tuple(f"{field}: {getattr(user, field)}" for field in changed)
    for field in changed:
        setattr(user, field, wanted[field])
    work.session.flush()
    after = tuple(f"{field}: {wanted[field]}" for field in changed)
    append(work, actor.by, PersonChanged(id=user.id, before=before, after=after))


def join_accounts(work: Work, actor: Actor, user_id: UUID, *, same_person_as: UUID) -> None:
    """Let two accounts count as one person from now on.

    Raises: PersonNotFound, NotOneself, PersonGone; RolesIncompatible when both together hold what nobody may.
    """
    user, other = another_person(work, actor, user_id), another_person(work, actor, same_person_as)
    person_id = person_of(work, other.id)
    if user.organisation_id != other.organisation_id or person_id == person_of(work, user.id):
        raise PersonMalformed("these are accounts of one person already, or of different organisations")
    if any(is_binding(right.role) for right in rights_of(work, user.id)):
        raise PersonMalformed("this account helps to seal; join the other one to it, or end that right first")
    work.session.execute(update(User).where(counted_person() == user.id).values(person_id=person_id))
    require_compatible_people(work, [person_id])
    append(work, actor.by, AccountsJoined(id=user.id, person_id=person_id))


def move_person(work: Work, actor: Actor, user_id: UUID, *, branch_id: UUID) -> tuple[RightFacts, ...]:
    """To another branch. All rights end everywhere at once; which ones, is answered.

    Raises: PersonNotFound, NotOneself, PersonGone, BranchNotFound, BranchClosedToPeople, PlaceFrozen.
    """
    user = another_person(work, actor, user_id)
    branch = _open_branch(work, actor, branch_id)
    if branch.id == user.branch_id:
        return ()
    require_open(work, user.organisation_id, user.branch_id, branch.id)
    ended = end_all_rights(work, actor.by, person_of(work, user.id))
    append(work, actor.by, PersonMoved(id=user.id, before=user.branch_id, after=branch.id))
    user.branch_id = branch.id
    return ended


def freeze_person(work: Work, by: By, user_id: UUID, *, reason: str) -> None:
    """All accounts of the person: sessions end, and nothing opens again before they are unfrozen.

    Whether `by` may, has been decided before.   Raises: ReasonNeeded.
    """
    said = required_reason(reason)
    accounts = accounts_of(work, person_of(work, user_id))
    for account in work.session.scalars(
        update(User)
        .where(User.id.in_(accounts), User.frozen.is_(False))
        .values(frozen=True, frozen_at=work.now(), frozen_reason=said)
        .returning(User.id)
    ).all():
        append(work, by, PersonFrozen(id=account, reason=said))
    _end_access(work, by, accounts, tokens=False)


def unfreeze_person(work: Work, by: By, user_id: UUID, *, reason: str) -> None:
    """Whether `by` may, has been decided before. Who has left stays out.   Raises: ReasonNeeded."""
    said = required_reason(reason)
    for account in work.session.scalars(
        update(User)
        .where(User.id.in_(accounts_of(work, person_of(work, user_id))), User.frozen.is_(True), User.left_at.is_(None))
        .values(
            frozen=False,
            frozen_at=None,
            frozen_reason=None,
            failed_sign_ins=0,
            locked_until=None,
            dormancy_warned_at=None,
        )
        .returning(User.id)
    ).all():
        append(work, by, PersonUnfrozen(id=account, reason=said))


def leave(work: Work, actor: Actor, user_id: UUID, *, reason: str, handover: Handover) -> tuple[RightFacts, ...]:
    """Sessions, tokens, rights and deputyships of all accounts end at once. The rights that ended.

    Raises: PersonNotFound, NotOneself, PersonGone, ReasonNeeded.
    """
    user = another_person(work, actor, user_id)
    person_id = person_of(work, user.id)
    freeze_person(work, actor.by, user.id, reason=reason)
    accounts = accounts_of(work, person_id)
    ended = end_all_rights(work, actor.by, person_id)
    _end_access(work, actor.by, accounts, tokens=True)
    work.session.execute(update(User).where(User.id.in_(accounts)).values(left_at=work.now()))
    append(
        work,
        actor.by,
        PersonLeft(
            id=user.id,
            reason=required_reason(reason),
            requests=handover.requests,
            seals=handover.seals,
            decisions=handover.decisions,
        ),
    )
    return ended


def end_all_rights(work: Work, by: By, person_id: UUID) -> tuple[RightFacts, ...]:
    """Of all accounts, and the deputyships given and taken."""
    accounts = accounts_of(work, person_id)
    ended = rights_of(work, *accounts)
    end_rights(work, by, [right.id for right in ended])
    end_delegations_of(work, by, accounts)
    return ended


def required_reason(reason: str) -> str:
    """Raises: ReasonNeeded."""
    said = reason.strip()[:LONGEST_REASON]
    if not said:
        raise ReasonNeeded("say why, for whoever reads the log")
    return said


def _end_access(work: Work, by: By, accounts: tuple[UUID, ...], *, tokens: bool) -> None:
    """The MACs go, so that no later write to a row opens anything again."""
    for account in accounts:
        sessions = work.session.scalars(
            update(WebSession)
            .where(WebSession.user_id == account, WebSession.ended_at.is_(None))
            .values(ended_at=work.now(), secret_sha256="ended " + cast(WebSession.id, String), factor_mac=None)
            .returning(WebSession.id)
        ).all()
        revoked = (
            work.session.scalars(
                update(ApiToken)
                .where(ApiToken.user_id == account, ApiToken.revoked_at.is_(None))
                .values(revoked_at=work.now(), secret_sha256="revoked " + cast(ApiToken.id, String))
                .returning(ApiToken.id)
            ).all()
            if tokens
            else ()
        )
        if sessions or revoked:
            append(work, by, AccessEnded(id=account, sessions=len(sessions), tokens=len(revoked)))


def _open_branch(work: Work, actor: Actor, branch_id: UUID) -> Branch:
    branch = branch_for(work, actor, branch_id, Permission.MANAGE_PEOPLE)
    if branch.closed_at is not None:
        raise BranchClosedToPeople("this branch is closed")
    return branch


def _checked(name: str, staff_number: str, login: str) -> tuple[str, str, str]:
    values = tuple(" ".join(value.split()) for value in (name, staff_number, login))
    if not all(value and len(value) <= LONGEST_TEXT and value.isprintable() for value in values) or " " in values[2]:
        raise PersonMalformed("a person has a name, a staff number and a sign-in name without spaces")
    return values[0], values[1], values[2]


def _require_free(work: Work, organisation_id: UUID, staff_number: str, login: str, but: UUID | None = None) -> None:
    number_taken = select(User.id).where(
        User.organisation_id == organisation_id, User.staff_number == staff_number, User.id != but
    )
    if work.session.scalar(number_taken) is not None:
        raise StaffNumberTaken(f"somebody has the staff number {staff_number} already")
    if work.session.scalar(select(User.id).where(User.login == login, User.id != but)) is not None:
        raise LoginTaken(f"the sign-in name {login} is taken")
