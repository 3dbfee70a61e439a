"""Due dates of printed copies' papers: laid at printing, recounted at the first hand-over, moved and ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select, update

from printserver.approvals.return_policies import return_policy
from printserver.approvals.return_policy import CountedFrom, ReturnPolicy
from printserver.archive.copy_records import is_archived
from printserver.audit.log import By, append
from printserver.foundation.errors import Malformed, NotFound, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, within
from printserver.organisations.permissions import Permission
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.owed_rules import Standing, due_at
from printserver.print_requests.paper_events import DueDateExtended, DueDateRecounted, PaperWrittenOff
from printserver.print_requests.paper_models import DueExtension, OwedReturn
from printserver.print_requests.states import CopyState

LONGEST_EXTENSION: Final = timedelta(days=366)
LONGEST_REASON: Final = 500
A_ROUND: Final = 1_000
NOT_WRITTEN_OFF: Final = dict.fromkeys(
    ("written_off_as", "written_off_reason", "written_off_by", "written_off_at"), None
)


class ExtensionMalformed(Malformed):
    code = "due-date-malformed"


class WrittenOffAs(StrEnum):
    KEPT = Standing.KEPT.value
    NEVER = Standing.NEVER.value


def policy_of_copy(work: Work, copy_id: UUID) -> ReturnPolicy:
    """Of its class, as it is today."""
    organisation_id, class_code = work.session.execute(
        select(PrintRequest.organisation_id, PrintRequest.class_code)
        .join(Copy, Copy.request_id == PrintRequest.id)
        .where(Copy.id == copy_id)
    ).one()
    return return_policy(work, organisation_id, class_code)


def lay_owed(work: Work, copy_id: UUID) -> None:
    """The copy was printed: from now on its paper is owed, when its class says so. A second time changes nothing."""
    if work.session.get(OwedReturn, copy_id) is not None:
        return
    policy = policy_of_copy(work, copy_id)
    copy = work.session.execute(
        select(Copy.organisation_id, Copy.branch_id, Copy.printed_at).where(Copy.id == copy_id)
    ).one()
    since, due = due_at(policy.days, policy.counted_from, copy.printed_at or work.now(), None)
    work.session.add(
        OwedReturn(
            copy_id=copy_id,
            organisation_id=copy.organisation_id,
            branch_id=copy.branch_id,
            days=policy.days,
            counted_from=policy.counted_from.value,
            counted_at=since,
            due_at=due,
            remind_before=policy.remind_before,
            escalate_after=policy.escalate_after,
            extended=False,
        )
    )
    work.session.flush()


def lay_missing(database: Database, *, limit: int = A_ROUND) -> int:
    """Of copies that were printed before there were due dates, as many as `limit`; how many."""
    with database.work() as work:
        without = ~exists().where(OwedReturn.copy_id == Copy.id)
        printed = select(Copy.id).where(Copy.state == CopyState.PRINTED, without).order_by(Copy.id).limit(limit)
        found = work.session.scalars(printed).all()
        for copy_id in found:
            lay_owed(work, copy_id)
    return len(found)


def recount(work: Work, by: By, copy_id: UUID, handed_at: datetime | None) -> None:
    """What is known of the first hand-over has changed.   handed_at: its time; None when there is none.

    A date that a person has set stays.
    """
    owed = work.session.get(OwedReturn, copy_id)
    if owed is None or owed.extended or owed.due_at is None or owed.counted_from != CountedFrom.HAND_OVER:
        return
    printed_at = work.session.scalar(select(Copy.printed_at).where(Copy.id == copy_id))
    since, due = due_at(owed.days, CountedFrom.HAND_OVER, printed_at or owed.counted_at, handed_at)
    if due is None or due == owed.due_at:
        return
    before, owed.counted_at, owed.due_at = owed.due_at, since, due
    append(work, by, DueDateRecounted(id=copy_id, before=before, after=due))


def extend_due(work: Work, actor: Actor, copy_id: UUID, *, due: datetime, reason: str) -> None:
    """Move the due date of a paper; the one before is kept. One that was written off is owed again.

    Raises: NotFound; ExtensionMalformed without a reason, for the past, or for more than a year from now;
    TransitionRefused for a paper that came home or is invalid, or whose date has just been moved.
    """
    owed, before = _owed(work, actor, copy_id)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise ExtensionMalformed(f"say why, in at most {LONGEST_REASON} characters")
    if not work.now() < due <= work.now() + LONGEST_EXTENSION or due == before:
        raise ExtensionMalformed("the new due date lies in the future, within a year, and is another one")
    written_off_at = owed.written_off_at
    moved = work.session.scalar(
        update(OwedReturn)
        .where(OwedReturn.copy_id == owed.copy_id, OwedReturn.due_at == before)
        .where(OwedReturn.written_off_at == written_off_at)
        .values(due_at=due.astimezone(UTC), extended=True, **NOT_WRITTEN_OFF)
        .returning(OwedReturn.copy_id)
    )
    if moved is None:
        raise TransitionRefused("this due date has just been changed; please look at it again")
    work.session.add(
        DueExtension(
            id=new_id(),
            copy_id=copy_id,
            due_before=before,
            due_after=due.astimezone(UTC),
            reason=reason.strip(),
            extended_by=actor.id,
            extended_at=work.now(),
        )
    )
    again = written_off_at is not None
    append(work, actor.by, DueDateExtended(id=copy_id, before=before, after=due, reason=reason.strip(), again=again))


def write_off(work: Work, actor: Actor, copy_id: UUID, *, written_off_as: WrittenOffAs, reason: str) -> None:
    """The paper stays with us, or will never come: it leaves the list, with the reason.

    Says nothing of the copy itself, which stays valid: one that is lost is declared void, which ends it here too.
    Raises: NotFound, ExtensionMalformed without a reason; TransitionRefused for a paper that is owed no more.
    """
    owed, _ = _owed(work, actor, copy_id)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise ExtensionMalformed(f"say why, in at most {LONGEST_REASON} characters")
    ended = work.session.scalar(
        update(OwedReturn)
        .where(OwedReturn.copy_id == owed.copy_id, OwedReturn.written_off_at.is_(None))
        .values(
            written_off_as=written_off_as.value,
            written_off_reason=reason.strip(),
            written_off_by=actor.id,
            written_off_at=work.now(),
        )
        .returning(OwedReturn.copy_id)
    )
    if ended is None:
        raise TransitionRefused("this paper is owed no more")
    append(work, actor.by, PaperWrittenOff(id=copy_id, written_off_as=written_off_as.value, reason=reason.strip()))


def _owed(work: Work, actor: Actor, copy_id: UUID) -> tuple[OwedReturn, datetime]:
    """Raises: NotFound, TransitionRefused."""
    owed = work.session.scalar(
        select(OwedReturn).where(
            OwedReturn.copy_id == copy_id, within(OwedReturn.branch_id, actor, Permission.SETTLE_RETURNS)
        )
    )
    if owed is None:
        raise NotFound("there is no such owed return")
    still = select(Copy.id).where(Copy.id == copy_id, Copy.state == CopyState.PRINTED, ~is_archived(Copy.id.expression))
    if owed.due_at is None or work.session.scalar(still) is None:
        raise TransitionRefused("this paper is owed no more")
    return owed, owed.due_at
