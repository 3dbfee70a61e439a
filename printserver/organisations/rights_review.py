"""Once a period every right is looked at: confirmed, or objected to, and the whole signed off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func, select, update

from printserver.audit.log import Event, append
from printserver.foundation.errors import Malformed, NotFound, Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require
from printserver.organisations.holdings import person_of
from printserver.organisations.models import RightsReview, RightsReviewLine, User
from printserver.organisations.people import required_reason
from printserver.organisations.people_events import (
    RightConfirmed,
    RightObjected,
    RightsReviewOpened,
    RightsReviewSignedOff,
)
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import covers_organisation
from printserver.organisations.roles import WholeOrganisationNeeded

LONGEST_PERIOD: Final = 40
LONGEST_DAYS: Final = 366


class ReviewNotFound(NotFound):
    code = "rights-review-not-found"


class ReviewUnderWay(Refused):
    """One at a time."""

    code = "rights-review-under-way"


class ReviewUnfinished(Refused):
    code = "rights-review-unfinished"


class ReviewSignedOff(Refused):
    code = "rights-review-signed-off"


class OwnRight(Refused):
    """Nobody confirms their own right."""

    code = "own-right"


class ReviewMalformed(Malformed):
    code = "rights-review-malformed"


class Verdict(StrEnum):
    CONFIRMED = "confirmed"
    OBJECTED = "objected"


class RightKind(StrEnum):
    ROLE = "role"
    """`subject`: the branch; `detail`: the role."""
    DEPUTY = "deputy"
    """`subject`: the principal; `detail`: the role."""
    SEAL = "seal"
    """`subject`: the seal; `detail`: custodian, applicant or approver."""


@dataclass(frozen=True)
class RightLine:
    """Somebody's right, as it is."""

    kind: RightKind
    user_id: UUID
    name: str
    staff_number: str
    subject_id: UUID
    subject: str
    detail: str
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class ReviewFacts:
    id: UUID
    period: str
    opened_by: UUID
    opened_at: datetime
    due_at: datetime
    signed_off_by: UUID | None
    signed_off_at: datetime | None
    lines: int
    undecided: int
    objected: int
    overdue: bool


@dataclass(frozen=True)
class ReviewedLine:
    id: UUID
    kind: RightKind
    user_id: UUID
    name: str
    staff_number: str
    subject: str
    detail: str
    verdict: Verdict | None
    reason: str
    decided_by: UUID | None
    decided_at: datetime | None


def open_review(work: Work, actor: Actor, *, period: str, days: int, lines: Iterable[RightLine]) -> UUID:
    """days: until it is due.   lines: every right of the organisation, as it is now.

    Raises: Forbidden, WholeOrganisationNeeded, ReviewUnderWay, ReviewMalformed.
    """
    _require_reviewer(work, actor)
    name, found = " ".join(period.split())[:LONGEST_PERIOD], tuple(lines)
    if not name or not 1 <= days <= LONGEST_DAYS or not found:
        raise ReviewMalformed("a review has a period, a time of 1 to 366 days, and something to look at")
    if any(review.signed_off_at is None for review in reviews(work, actor)):
        raise ReviewUnderWay("another review is under way; sign that one off first")
    due = work.now() + timedelta(days=days)
    review = RightsReview(
        id=new_id(),
        organisation_id=actor.organisation_id,
        period=name,
        opened_by=actor.id,
        opened_at=work.now(),
        due_at=due,
    )
    work.session.add(review)
    work.session.flush()
    work.session.add_all(
        RightsReviewLine(
            id=new_id(),
            review_id=review.id,
            kind=line.kind,
            user_id=line.user_id,
            subject_id=line.subject_id,
            subject_name=line.subject,
            detail=line.detail,
        )
        for line in found
    )
    append(work, actor.by, RightsReviewOpened(id=review.id, period=name, lines=len(found), due_at=due))
    return review.id


def decide_line(
    work: Work, actor: Actor, review_id: UUID, line_id: UUID, *, verdict: Verdict, reason: str = ""
) -> None:
    """Until the review is signed off, the last word counts.   reason: needed for an objection.

    Raises: Forbidden, WholeOrganisationNeeded, ReviewNotFound, ReviewSignedOff, OwnRight, ReasonNeeded.
    """
    _require_reviewer(work, actor)
    review = _open(work, actor, review_id)
    said = required_reason(reason) if verdict is Verdict.OBJECTED else reason.strip()
    line = work.session.get(RightsReviewLine, line_id)
    if line is None or line.review_id != review.id:
        raise ReviewNotFound("there is no such right in this review")
    if person_of(work, line.user_id) == actor.person_id:
        raise OwnRight("this is a right of your own; another reviewer looks at it")
    line.verdict, line.reason, line.decided_by, line.decided_at = verdict, said, actor.id, work.now()
    right = f"{line.detail} @ {line.subject_name}"
    if verdict is Verdict.OBJECTED:
        event: Event = RightObjected(id=review.id, line_id=line.id, user_id=line.user_id, right=right, reason=said)
    else:
        event = RightConfirmed(id=review.id, line_id=line.id, user_id=line.user_id, right=right)
    append(work, actor.by, event)


def sign_off(work: Work, actor: Actor, review_id: UUID) -> None:
    """Raises: Forbidden, WholeOrganisationNeeded, ReviewNotFound, ReviewSignedOff, ReviewUnfinished."""
    _require_reviewer(work, actor)
    review = _open(work, actor, review_id)
    facts = next(each for each in reviews(work, actor) if each.id == review.id)
    if facts.undecided:
        raise ReviewUnfinished(f"{facts.undecided} rights have not been looked at")
    signed = work.session.scalar(
        update(RightsReview)
        .where(RightsReview.id == review.id, RightsReview.signed_off_at.is_(None))
        .values(signed_off_by=actor.id, signed_off_at=work.now())
        .returning(RightsReview.id)
    )
    if signed is None:
        raise ReviewSignedOff("this review is signed off")
    confirmed = facts.lines - facts.objected
    append(
        work,
        actor.by,
        RightsReviewSignedOff(id=review.id, period=review.period, confirmed=confirmed, objected=facts.objected),
    )


def reviews(work: Work, actor: Actor) -> tuple[ReviewFacts, ...]:
    """Newest first.   Raises: WholeOrganisationNeeded."""
    _require_reader(work, actor)
    rows = work.session.scalars(_reviews(actor).order_by(RightsReview.id.desc())).all()
    counted = work.session.execute(
        select(RightsReviewLine.review_id, RightsReviewLine.verdict, func.count())
        .where(RightsReviewLine.review_id.in_([row.id for row in rows]))
        .group_by(RightsReviewLine.review_id, RightsReviewLine.verdict)
    ).all()
    counts = {(review_id, verdict): count for review_id, verdict, count in counted}

    def facts(row: RightsReview) -> ReviewFacts:
        undecided, confirmed, objected = (
            counts.get((row.id, verdict), 0) for verdict in (None, Verdict.CONFIRMED, Verdict.OBJECTED)
        )
        return ReviewFacts(
            id=row.id,
            period=row.period,
            opened_by=row.opened_by,
            opened_at=row.opened_at,
            due_at=row.due_at,
            signed_off_by=row.signed_off_by,
            signed_off_at=row.signed_off_at,
            lines=undecided + confirmed + objected,
            undecided=undecided,
            objected=objected,
            overdue=row.signed_off_at is None and row.due_at < work.now(),
        )

    return tuple(facts(row) for row in rows)


def review_due(work: Work, actor: Actor, *, days: int) -> bool:
    """Whether the last one was signed off more than so many days ago, or never, and none is under way.

    Raises: WholeOrganisationNeeded.
    """
    found = reviews(work, actor)
    if not found or found[0].signed_off_at is None:
        return not found
    return found[0].signed_off_at + timedelta(days=days) < work.now()


def review_lines(work: Work, actor: Actor, review_id: UUID) -> tuple[ReviewedLine, ...]:
    """Raises: WholeOrganisationNeeded, ReviewNotFound."""
    _require_reader(work, actor)
    review = _review(work, actor, review_id)
    rows = work.session.execute(
        select(RightsReviewLine, User.name, User.staff_number)
        .join(User, User.id == RightsReviewLine.user_id)
        .where(RightsReviewLine.review_id == review.id)
        .order_by(RightsReviewLine.kind, RightsReviewLine.subject_name, User.name, RightsReviewLine.id)
    )
    return tuple(
        ReviewedLine(
            id=row.id,
            kind=RightKind(row.kind),
            user_id=row.user_id,
            name=name,
            staff_number=number,
            subject=row.subject_name,
            detail=row.detail,
            verdict=None if row.verdict is None else Verdict(row.verdict),
            reason=row.reason or "",
            decided_by=row.decided_by,
            decided_at=row.decided_at,
        )
        for row, name, number in rows
    )


def _require_reviewer(work: Work, actor: Actor) -> None:
    require(actor, Permission.REVIEW_RIGHTS)
    if not covers_organisation(work, actor, Permission.REVIEW_RIGHTS):
        raise WholeOrganisationNeeded("a review is of the whole organisation, and so is its reviewer's right")


def _require_reader(work: Work, actor: Actor) -> None:
    if not any(covers_organisation(work, actor, one) for one in (Permission.REVIEW_RIGHTS, Permission.READ_AUDIT)):
        raise WholeOrganisationNeeded("a review is of the whole organisation, and so is the right to read it")


def _reviews(actor: Actor) -> Select[RightsReview]:
    return select(RightsReview).where(RightsReview.organisation_id == actor.organisation_id)


def _review(work: Work, actor: Actor, review_id: UUID) -> RightsReview:
    row = work.session.scalar(_reviews(actor).where(RightsReview.id == review_id))
    if row is None:
        raise ReviewNotFound("there is no such review")
    return row


def _open(work: Work, actor: Actor, review_id: UUID) -> RightsReview:
    review = _review(work, actor, review_id)
    if review.signed_off_at is not None:
        raise ReviewSignedOff("this review is signed off")
    return review
