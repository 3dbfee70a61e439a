"""How long a record is kept, said anew: at once when it becomes longer, by two persons when it becomes shorter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from printserver.approvals.retention_periods import YEARS_KEPT
from printserver.archive.access import record_in_view
from printserver.archive.holds import RecordDisposed, is_held
from printserver.archive.models import ArchiveRecord
from printserver.archive.retention import Term, shortens
from printserver.archive.retention_events import RetentionChangeAsked, RetentionChanged, RetentionChangeRefused
from printserver.archive.retention_models import DisposedRecord, RetentionChange
from printserver.archive.states import ChangeAction, ChangeState, next_change_state
from printserver.archive.two_persons import Word, first_word, second_word, stated, take_turn
from printserver.audit.log import append
from printserver.foundation.errors import Malformed, NotFound, Refused, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.permissions import Permission


class RetentionMalformed(Malformed):
    """A record is kept by one of the shipped words."""

    code = "retention-malformed"


class RetentionUnchanged(Refused):
    code = "retention-unchanged"


class RecordHeld(Refused):
    """What a legal hold covers is not kept for a shorter time."""

    code = "record-held"


class RetentionOvertaken(Refused):
    """Something else was said of the record since this was asked for."""

    code = "retention-overtaken"


class ChangeNotFound(NotFound):
    code = "retention-change-not-found"


@dataclass(frozen=True)
class Asked:
    """`in_force`: at once; otherwise a second person has to confirm it."""

    id: UUID
    in_force: bool


def change_retention(work: Work, actor: Actor, record_id: UUID, code: str, end: date | None, *, reason: str) -> Asked:
    """Say how long a record is kept.   code: one of YEARS_KEPT.   end: of the contract, None when nobody knows it.

    Raises: Forbidden, RecordNotFound, RecordDisposed, RetentionMalformed, RetentionUnchanged, RecordHeld,
    RetentionReasonMissing.
    """
    take_turn(work, actor.organisation_id)
    record = record_in_view(work, actor, record_id)
    word, said = first_word(work, actor, record.branch_id), stated(reason)
    if code not in YEARS_KEPT:
        raise RetentionMalformed("records are kept by one of these words: " + ", ".join(YEARS_KEPT))
    before, after = term_of(record), Term(code, end, record.created_at.date())
    if before == after:
        raise RetentionUnchanged("the record is kept that long already")
    shorter = shortens(before, after)
    _require_open(work, record.id, shorter=shorter)
    row = RetentionChange(
        id=new_id(),
        organisation_id=record.organisation_id,
        branch_id=record.branch_id,
        record_id=record.id,
        old_class=before.code,
        old_end=before.end,
        new_class=code,
        new_end=end,
        shortens=shorter,
        reason=said,
        state=ChangeState.WAITING if shorter else ChangeState.IN_FORCE,
        asked_by=word.person_id,
        asked_for=word.acts_for,
        asked_at=work.now(),
        refusal="",
    )
    work.session.add(row)
    work.session.flush()
    if shorter:
        append(
            work, actor.by, RetentionChangeAsked(id=record.id, branch_id=row.branch_id, change_id=row.id, **_told(row))
        )
    else:
        _apply(work, actor, record, row)
    return Asked(row.id, not shorter)


def confirm_change(work: Work, actor: Actor, change_id: UUID) -> None:
    """A second person agrees to a shorter time.

    Raises: Forbidden, ChangeNotFound, TransitionRefused, PersonCountsOnce, RecordHeld, RecordDisposed,
    RetentionOvertaken.
    """
    row = _change(work, actor, change_id)
    word = second_word(work, actor, row.branch_id, Word(row.asked_by, row.asked_for))
    next_change_state(ChangeState(row.state), ChangeAction.CONFIRM)
    record = work.session.scalars(select(ArchiveRecord).where(ArchiveRecord.id == row.record_id)).one()
    _require_open(work, record.id, shorter=True)
    if (record.retention_class, record.contract_end) != (row.old_class, row.old_end):
        raise RetentionOvertaken("the record has been changed since this was asked for; ask again")
    _move(work, row, ChangeAction.CONFIRM, settled_by=word.person_id, settled_at=work.now())
    _apply(work, actor, record, row)


def refuse_change(work: Work, actor: Actor, change_id: UUID, *, reason: str) -> None:
    """Anybody who may confirm, and whoever asked.   Raises: Forbidden, ChangeNotFound, TransitionRefused,
    RetentionReasonMissing."""
    row = _change(work, actor, change_id)
    if actor.person_id != row.asked_by:
        second_word(work, actor, row.branch_id, Word(row.asked_by, row.asked_for))
    said = stated(reason)
    _move(work, row, ChangeAction.REFUSE, settled_by=actor.person_id, settled_at=work.now(), refusal=said)
    append(work, actor.by, RetentionChangeRefused(id=row.record_id, change_id=row.id, reason=said))


def term_of(record: ArchiveRecord) -> Term:
    return Term(record.retention_class, record.contract_end, record.created_at.date())


def _require_open(work: Work, record_id: UUID, *, shorter: bool) -> None:
    if work.session.get(DisposedRecord, record_id) is not None:
        raise RecordDisposed("this record has been disposed of; nothing is left to be kept")
    if shorter and work.session.scalar(select(ArchiveRecord.id).where(ArchiveRecord.id == record_id, is_held())):
        raise RecordHeld("a legal hold covers this record; its time is not shortened")


def _apply(work: Work, actor: Actor, record: ArchiveRecord, row: RetentionChange) -> None:
    record.retention_class, record.contract_end = row.new_class, row.new_end
    work.session.flush()
    append(work, actor.by, RetentionChanged(id=record.id, change_id=row.id, shortens=row.shortens, **_told(row)))


def _told(row: RetentionChange) -> dict[str, str]:
    return {
        "old_class": row.old_class,
        "old_end": "" if row.old_end is None else row.old_end.isoformat(),
        "new_class": row.new_class,
        "new_end": "" if row.new_end is None else row.new_end.isoformat(),
        "reason": row.reason,
    }


def _change(work: Work, actor: Actor, change_id: UUID) -> RetentionChange:
    """Raises: ChangeNotFound."""
    take_turn(work, actor.organisation_id)
    seen = within(RetentionChange.branch_id, actor, Permission.READ_ARCHIVE)
    row = work.session.scalar(select(RetentionChange).where(RetentionChange.id == change_id, seen))
    if row is None:
        raise ChangeNotFound("there is no such change")
    return row


def _move(work: Work, row: RetentionChange, action: ChangeAction, **values: Any) -> None:
    before = ChangeState(row.state)
    changed = {"state": next_change_state(before, action), **values}
    moved = work.session.scalar(
        update(RetentionChange)
        .where(RetentionChange.id == row.id, RetentionChange.state == before)
        .values(**changed)
        .returning(RetentionChange.id)
    )
    if moved is None:
        raise TransitionRefused("this has just been decided; please look at it again")
