"""Who may let a copy out of its printer: each printer's rule, and the short-lived codes. What is not allowed is denied.

A code is made for one request, shown once, lives for a quarter of an hour and releases once. Of it only a salted,
slow digest is kept. A wrong try is counted for the person who typed it, in a transaction of its own.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import pbkdf2_hmac
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError

from printserver.audit.log import append
from printserver.foundation.errors import NotFound, Refused, TooMany, TransitionRefused
from printserver.foundation.full_width import half_width
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.frozen_places import PlaceFrozen, is_frozen
from printserver.print_requests.access import releasable
from printserver.print_requests.events import ReleaseCodeMade, ReleaseCodeRefused, ReleaseCodeUsed
from printserver.print_requests.flows import RequestExpired
from printserver.print_requests.models import Copy, PrintRequest, ReleaseCode, ReleaseTries
from printserver.print_requests.states import CopyState
from printserver.printing.queries import printer_facts

CODE_DIGITS: Final = 8
CODE_LIFE: Final = timedelta(minutes=15)
REMEMBERED: Final = timedelta(hours=1)
"""How long a spent code is told from a wrong one, and a wrong try counts."""
TRIES_BEFORE_LOCK: Final = 5
FIRST_LOCK: Final = timedelta(seconds=15)
LONGEST_LOCK: Final = timedelta(hours=1)
_ROUNDS: Final = 20_000
"""Of the digest: all codes together take days on one core, and a code lives for minutes."""


class ReleaseRule(StrEnum):
    """What a printer asks of whoever releases at it, besides the right to release."""

    PERSON = "person"
    SECOND_PERSON = "second-person"
    CODE = "code"


class SecondPersonNeeded(Refused):
    """Somebody other than the one who acts has to do this."""

    code = "second-person-needed"


class ReleaseCodeNeeded(Refused):
    code = "release-code-needed"


class ReleaseCodeWrong(Refused):
    code = "release-code-wrong"


class ReleaseCodeSpent(Refused):
    """Used, too old, or another code was made since."""

    code = "release-code-spent"


class ReleaseCodeLocked(TooMany):
    code = "release-code-locked"


class ReleaseRuleUnknown(Refused):
    code = "release-rule-unknown"


@dataclass(frozen=True)
class MadeCode:
    """`code`: 8 digits, to be shown once and kept nowhere."""

    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class TriedCode:
    """A code that is the code of this request; whether it may still be used, its use decides."""

    id: UUID
    request_id: UUID


def obstacle(
    actor: Actor, request: PrintRequest, rule: str, *, at: datetime, coded: bool = False, frozen: bool = False
) -> Refused | None:
    """Why `actor` cannot release copies of `request` at a printer of this rule now; None when nothing is in the way.

    coded: a code is given.   frozen: the branch of the request or of its printer is.   An unknown rule lets nobody
    release.
    """
    if frozen:
        return PlaceFrozen("this branch is frozen; nothing is released there until it is unfrozen")
    if request.expires_at <= at:
        return RequestExpired("the request has expired; have its copies declared void and apply anew")
    if rule == ReleaseRule.PERSON:
        return None
    if rule == ReleaseRule.SECOND_PERSON:
        own = actor.id == request.applicant_id
        return SecondPersonNeeded("at this printer somebody other than the applicant releases") if own else None
    if rule == ReleaseRule.CODE:
        return None if coded else ReleaseCodeNeeded("at this printer a release code has to be typed")
    return ReleaseRuleUnknown("nobody may release at this printer, because its rule is not known")


def check_release(work: Work, actor: Actor, request: PrintRequest, rule: str, code: UUID | None) -> None:
    """Let only pass whom the printer's rule allows; a code that was tried is used up by it.

    Raises: PlaceFrozen, RequestExpired, SecondPersonNeeded, ReleaseCodeNeeded, ReleaseCodeSpent, ReleaseRuleUnknown.
    """
    frozen = is_release_frozen(work, request)
    problem = obstacle(actor, request, rule, at=work.now(), coded=code is not None, frozen=frozen)
    if problem is not None:
        raise problem
    if code is not None:
        _use(work, actor, request, code)


def is_release_frozen(work: Work, request: PrintRequest) -> bool:
    """Whether the branch of the request or of its printer is frozen."""
    printer = printer_facts(work, request.printer_id)
    return is_frozen(work, request.organisation_id, (request.branch_id, printer.branch_id))


def make_release_code(work: Work, actor: Actor, request_id: UUID) -> MadeCode:
    """For whoever may release copies of the request, and for its applicant; it ends the code made before.

    Raises: NotFound, PlaceFrozen, RequestExpired, TransitionRefused when no copy waits to be released.
    """
    mine = PrintRequest.applicant_id == actor.id
    request = work.session.scalar(
        select(PrintRequest).where(PrintRequest.id == request_id, mine | releasable(work, actor))
    )
    if request is None:
        raise NotFound("there is no such print request")
    if is_release_frozen(work, request):
        raise PlaceFrozen("this branch is frozen; nothing is released there until it is unfrozen")
    if request.expires_at <= work.now():
        raise RequestExpired("the request has expired; have its copies declared void and apply anew")
    waiting = exists().where(Copy.request_id == request.id, Copy.state == CopyState.ISSUED)
    if not work.session.scalar(select(waiting)):
        raise TransitionRefused("no copy of this request is waiting to be released")
    made = MadeCode(f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}", work.now() + CODE_LIFE)
    code_id = new_id()
    work.session.add(
        ReleaseCode(
            id=code_id,
            request_id=request.id,
            code_sha256=_digest(code_id, made.code),
            made_by=actor.id,
            made_at=work.now(),
            expires_at=made.expires_at,
        )
    )
    append(work, actor.by, ReleaseCodeMade(id=request.id, expires_at=made.expires_at))
    return made


def try_code(
    work: Work, actor: Actor, typed: str, *, request_id: UUID | None = None, printer_id: UUID | None = None
) -> TriedCode | None:
    """Whose code `typed` is, of `request_id` or of the requests at `printer_id` that `actor` may release.

    None after recording the wrong try; the caller commits either way and only then refuses. After five wrong tries
    within an hour the person waits, longer with each further one.   Raises: ReleaseCodeLocked.
    """
    tries = _tries_of(work, actor)
    if tries.locked_until is not None and tries.locked_until > work.now():
        raise ReleaseCodeLocked("too many wrong codes; please wait before you try again")
    digits = re.sub(r"[^0-9]", "", half_width(typed))
    query = (
        select(ReleaseCode)
        .join(PrintRequest, PrintRequest.id == ReleaseCode.request_id)
        .where(releasable(work, actor), ReleaseCode.made_at > work.now() - REMEMBERED)
        .order_by(ReleaseCode.id.desc())
    )
    concerned = PrintRequest.printer_id == printer_id if request_id is None else PrintRequest.id == request_id
    for made in work.session.scalars(query.where(concerned)):
        if hmac.compare_digest(made.code_sha256, _digest(made.id, digits)):
            return TriedCode(made.id, made.request_id)
    _count_wrong(work, actor, tries)
    return None


def _use(work: Work, actor: Actor, request: PrintRequest, code: UUID) -> None:
    """Once, and only the request's newest code: one conditional statement decides."""
    newest = (
        select(ReleaseCode.id)
        .where(ReleaseCode.request_id == request.id)
        .order_by(ReleaseCode.made_at.desc(), ReleaseCode.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    made_by = work.session.scalar(
        update(ReleaseCode)
        .where(
            ReleaseCode.id == code,
            ReleaseCode.id == newest,
            ReleaseCode.used_at.is_(None),
            ReleaseCode.expires_at > work.now(),
        )
        .values(used_by=actor.id, used_at=work.now())
        .returning(ReleaseCode.made_by)
    )
    if made_by is None:
        raise ReleaseCodeSpent("this code was used, is too old, or another one was made since; ask for a new one")
    append(work, actor.by, ReleaseCodeUsed(id=request.id, made_by=made_by))


def _tries_of(work: Work, actor: Actor) -> ReleaseTries:
    """One try at a time a person: otherwise many at once would all be looked at before the first failure counts."""
    # SQLite knows no FOR UPDATE and needs none, because its writers take turns from BEGIN on.
    query = select(ReleaseTries).where(ReleaseTries.person_id == actor.id).with_for_update()
    tries = work.session.scalar(query)
    if tries is None:
        try:
            with work.session.begin_nested():
                work.session.add(ReleaseTries(person_id=actor.id, failed=0, failed_at=work.now()))
        except IntegrityError:  # another transaction was faster, and has ended
            pass
        tries = work.session.scalars(query).one()
    if tries.failed_at <= work.now() - REMEMBERED:
        tries.failed = 0
    return tries


def _count_wrong(work: Work, actor: Actor, tries: ReleaseTries) -> None:
    tries.failed, tries.failed_at = tries.failed + 1, work.now()
    excess = tries.failed - TRIES_BEFORE_LOCK
    if excess >= 0:
        tries.locked_until = work.now() + min(FIRST_LOCK * 2 ** min(excess, 10), LONGEST_LOCK)
    append(work, actor.by, ReleaseCodeRefused(id=actor.id, failed=tries.failed))


def _digest(code_id: UUID, digits: str) -> str:
    return pbkdf2_hmac("sha256", digits.encode(), code_id.bytes, _ROUNDS).hex()
