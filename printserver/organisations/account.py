"""What people change of their own sign-in, and how they come in again when password or phone is lost.

An administrator resets the access of people who cannot help to seal. For those who can it takes an officer besides, and
each of the two is told one half of the first password: otherwise one administrator could be every approver. A second
administrator is not enough, because one administrator can make another. Who can, and who is an officer, the signer's
register says: rows could be taken away for a moment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import Select, or_, select, update

from printserver.audit.log import By, append
from printserver.foundation.errors import Forbidden, Malformed, NotFound
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, branch_path, require, within, within_any
from printserver.organisations.holdings import holdings_of, person_of
from printserver.organisations.models import AccessReset, User
from printserver.organisations.passwords import initial_password, reset_password, set_password
from printserver.organisations.people import another_person
from printserver.organisations.permissions import BINDING, Permission
from printserver.organisations.queries import organisation
from printserver.organisations.seat_book import SeatBook
from printserver.organisations.second_factor import forget_second_factors
from printserver.organisations.secrets import Purpose, Secrets, SecretsDamaged
from printserver.organisations.sessions import end_all_sessions
from printserver.organisations.sign_in_events import AccessResetOrdered
from printserver.organisations.sign_in_policy import SignInPolicy
from printserver.organisations.tokens import revoke_all_tokens

RESET_FOR: Final = timedelta(days=1)
LONGEST_REASON: Final = 500
READERS: Final = (Permission.MANAGE_PEOPLE, Permission.CONFIRM_STATEMENTS)


class ResetReasonMissing(Malformed):
    code: ClassVar[str] = "reset-reason-missing"


class AnotherPersonNeeded(Forbidden):
    code: ClassVar[str] = "another-person-needed"


@dataclass(frozen=True)
class OrderedReset:
    """`password`: the whole of it, or its first half when `waits` for a second person, who is told the other one."""

    password: str
    waits: bool


@dataclass(frozen=True)
class ResetView:
    id: UUID
    person: str
    staff_number: str
    second_factor_too: bool
    reason: str
    requested_by: UUID
    requested_by_name: str
    requested_at: datetime


def login_of(work: Work, actor: Actor) -> str:
    return work.session.get_one(User, actor.id).login


def must_keep_factor(actor: Actor, policy: SignInPolicy) -> bool:
    """Whether a role of the person needs a second factor."""
    return any(grant.role in policy.second_factor_roles for grant in actor.grants)


def change_password(work: Work, secrets: Secrets, actor: Actor, password: str, *, session_id: UUID | None) -> None:
    """One's own; every other session ends.   session_id: of the one that goes on.

    Raises: PasswordWeak, PasswordUsedBefore.
    """
    set_password(work, secrets, actor.by, work.session.get_one(User, actor.id), password)
    end_all_sessions(work, actor.by, actor.id, but=session_id)


def needs_officer(database: Database, book: SeatBook, user_id: UUID) -> bool:
    """Whether a new first password of this account takes an officer: where rows do not say so, the register is asked.

    Outside of any transaction, because the signer may take its time.   Raises: NotFound, Unavailable.
    """
    with database.reading() as work:
        user = work.session.get(User, user_id)
        if user is None:
            raise NotFound("there is no such person")
        if _can_help_to_seal(work, user_id):
            return True
        number, people = organisation(work, user.organisation_id).number, {user_id, person_of(work, user_id)}
    return any(book.helps_to_seal(number, person_id) for person_id in people)


def completes_in_office(database: Database, book: SeatBook, person_id: UUID, reset_id: UUID) -> bool:
    """Whether the register has this person as an officer over the branch of whoever gets the new password.

    Outside of any transaction.   Raises: NotFound, Unavailable.
    """
    with database.reading() as work:
        row = work.session.get(AccessReset, reset_id)
        user = None if row is None else work.session.get(User, row.user_id)
        if user is None:
            raise NotFound("nothing waits to be completed there")
        number, path = organisation(work, user.organisation_id).number, branch_path(work, user.branch_id)
    return book.is_officer(number, person_id, path)


def order_reset(
    work: Work, secrets: Secrets, actor: Actor, user_id: UUID, *, second_factor_too: bool, reason: str, officer: bool
) -> OrderedReset:
    """second_factor_too: the phone is lost as well.   officer: as `needs_officer` says.

    Raises: Forbidden, PersonNotFound, NotOneself, PersonGone, ResetReasonMissing.
    """
    person = another_person(work, actor, user_id)
    if not reason.strip():
        raise ResetReasonMissing("please say why; it goes into the log")
    if not officer and not _can_help_to_seal(work, person.id):
        password = initial_password()
        _reset(work, secrets, actor.by, person.id, password, second_factor_too=second_factor_too)
        return OrderedReset(password, waits=False)
    half, reset_id = initial_password(), new_id()
    order = {"id": str(reset_id), "half": half, "by": str(actor.person_id), "second_factor_too": second_factor_too}
    sealed = secrets.encrypt(Purpose.ACCESS_RESET, person.id, json.dumps(order).encode())
    work.session.add(
        AccessReset(
            id=reset_id,
            user_id=person.id,
            half=sealed,
            second_factor_too=second_factor_too,
            reason=reason.strip()[:LONGEST_REASON],
            requested_by=actor.id,
            requested_at=work.now(),
        )
    )
    ordered = AccessResetOrdered(
        id=person.id, reset_id=reset_id, second_factor_too=second_factor_too, reason=reason.strip()[:LONGEST_REASON]
    )
    append(work, actor.by, ordered)
    return OrderedReset(half, waits=True)


def complete_reset(work: Work, secrets: Secrets, actor: Actor, reset_id: UUID, *, in_office: bool) -> str:
    """The second half of the password; from now on both together are the person's.

    in_office: as `completes_in_office` says.
    Raises: Forbidden, NotFound, also when it was completed or is older than a day; AnotherPersonNeeded.
    """
    require(actor, Permission.CONFIRM_STATEMENTS)
    if not in_office:
        raise Forbidden("the signer's register does not have you as an officer there")
    waiting = _open(work, actor, Permission.CONFIRM_STATEMENTS).where(AccessReset.id == reset_id)
    row = work.session.scalar(waiting.with_for_update(of=AccessReset))
    if row is None:
        raise NotFound("nothing waits to be completed there")
    order = _order(secrets, row)
    if actor.person_id in {
        UUID(order["by"]),
        person_of(work, row.requested_by),
        row.user_id,
        person_of(work, row.user_id),
    }:
        raise AnotherPersonNeeded("another person than the one who ordered it, or whose it is, completes this")
    done = work.session.scalar(
        update(AccessReset)
        .where(AccessReset.id == reset_id, AccessReset.completed_at.is_(None))
        .values(completed_at=work.now(), completed_by=actor.id)
        .returning(AccessReset.id)
    )
    if done is None:
        raise NotFound("nothing waits to be completed there")
    second, both_lost = initial_password(), bool(order["second_factor_too"])
    _reset(work, secrets, actor.by, row.user_id, str(order["half"]) + second, second_factor_too=both_lost)
    return second


def person_named(work: Work, actor: Actor, text: str) -> UUID:
    """By sign-in name or staff number.   Raises: NotFound, also outside the actor's branches."""
    user_id = work.session.scalar(
        select(User.id).where(
            or_(User.login == text.strip(), User.staff_number == text.strip()),
            User.kind == "person",
            within(User.branch_id, actor, Permission.MANAGE_PEOPLE),
        )
    )
    if user_id is None:
        raise NotFound("there is no such person")
    return user_id


def open_resets(work: Work, actor: Actor) -> tuple[ResetView, ...]:
    rows = work.session.scalars(_open(work, actor, *READERS).order_by(AccessReset.id)).all()
    people = {row.id: row for row in work.session.scalars(select(User).where(User.id.in_(_named(list(rows)))))}
    return tuple(
        ResetView(
            row.id,
            people[row.user_id].name,
            people[row.user_id].staff_number,
            row.second_factor_too,
            row.reason,
            row.requested_by,
            people[row.requested_by].name,
            row.requested_at,
        )
        for row in rows
    )


def end_access(work: Work, by: By, user_id: UUID) -> None:
    """Of somebody who is frozen, leaves, or whose password was lost: every session and token."""
    end_all_sessions(work, by, user_id)
    revoke_all_tokens(work, by, user_id)


def _order(secrets: Secrets, row: AccessReset) -> dict[str, Any]:
    """What was ordered, as it was sealed then, whatever the row says of it now.   Raises: NotFound."""
    try:
        order = json.loads(secrets.decrypt(Purpose.ACCESS_RESET, row.user_id, row.half))
    except (SecretsDamaged, ValueError):
        order = None
    if not isinstance(order, dict) or order.get("id") != str(row.id):
        raise NotFound("nothing waits to be completed there")
    return order


def _reset(work: Work, secrets: Secrets, by: By, user_id: UUID, password: str, *, second_factor_too: bool) -> None:
    reset_password(work, secrets, by, user_id, password)
    if second_factor_too:
        forget_second_factors(work, by, user_id)
    end_access(work, by, user_id)


def _can_help_to_seal(work: Work, user_id: UUID) -> bool:
    """Through any account of the person, now or in days to come."""
    holdings = holdings_of(work, person_of(work, user_id))
    return any(BINDING & holding.permissions for holding in holdings)


def _open(work: Work, actor: Actor, *permissions: Permission) -> Select[AccessReset]:
    """What waits where the actor holds one of these."""
    return (
        select(AccessReset)
        .join(User, User.id == AccessReset.user_id)
        .where(
            within_any(User.branch_id, actor, permissions),
            AccessReset.completed_at.is_(None),
            AccessReset.requested_at > work.now() - RESET_FOR,
        )
    )


def _named(rows: list[AccessReset]) -> set[UUID]:
    return {row.user_id for row in rows} | {row.requested_by for row in rows}
