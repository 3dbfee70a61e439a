"""Disposal of records whose time is over: one person lists them, another one approves the very list, the worker acts.

Nothing goes that is not on the approved list; what is held, or no longer due when its turn comes, stays.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.orm import defer

from printserver.approvals.flows import Attestor
from printserver.approvals.retention_periods import YEARS_KEPT
from printserver.archive.disposal_list import DisposalList, ListedRecord
from printserver.archive.holds import is_held
from printserver.archive.models import ArchiveRecord
from printserver.archive.retention import day_over_everywhere, years_after
from printserver.archive.retention_changes import term_of
from printserver.archive.retention_events import DisposalApproved, DisposalEnded, DisposalProposed
from printserver.archive.retention_models import DisposalItem, DisposalRun, DisposedRecord
from printserver.archive.signed_words import Matter, sign_word
from printserver.archive.states import ItemState, RunAction, RunState, next_run_state
from printserver.archive.two_persons import Word, first_word, second_word, stated, take_turn
from printserver.audit.log import append
from printserver.foundation.errors import Malformed, NotFound, Refused, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import Job
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path, within
from printserver.organisations.branch_paths import branches_at_or_below
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import organisation

MOST_LISTED: Final = 500
"""Records of one list: so many a person can look at before signing."""
WORKFLOW: Final = "dispose-run"
STEP: Final = "disposal"
"""Of the signed words."""


class DisposalNotFound(NotFound):
    code = "disposal-not-found"


class NothingToDispose(Malformed):
    """Nothing that is due was chosen."""

    code = "nothing-to-dispose"


class DisposalListChanged(Refused):
    """What the person looked at is not the list that is to be approved."""

    code = "disposal-list-changed"


@dataclass(frozen=True)
class DueRecord:
    """`title`, `own_reference`: as long as the record is there."""

    listed: ListedRecord
    title: str
    own_reference: str
    branch_id: UUID


@dataclass(frozen=True)
class Preview:
    """What a run at the branch and below would do. Each record is counted once.

    due: at most MOST_LISTED, the oldest number first.   all_due: how many there are.   listed: due, and on a list that
    is not finished.
    """

    day: date
    due: tuple[DueRecord, ...]
    all_due: int
    listed: int
    held: int
    not_due: int
    end_unknown: int
    permanent: int


def preview_disposal(work: Work, actor: Actor, branch_id: UUID) -> Preview:
    """Changes nothing.   Raises: Forbidden, NotFound."""
    path = branch_path(work, branch_id)
    if not (actor.may(Permission.MANAGE_RETENTION, path) or actor.may(Permission.CONFIRM_RETENTION, path)):
        raise DisposalNotFound("there is no such branch")
    day = day_over_everywhere(work.now())
    living = (ArchiveRecord.branch_id.in_(branches_at_or_below(path)), ~_is_disposed())
    finite = ArchiveRecord.retention_class.in_([code for code, years in YEARS_KEPT.items() if years is not None])
    free = (*living, ~is_held())

    def count(*conditions: ColumnElement[bool]) -> int:
        return work.session.scalar(select(func.count()).select_from(ArchiveRecord).where(*conditions)) or 0

    rows = work.session.scalars(
        select(ArchiveRecord)
        .where(*free, finite, _ended_long_ago(day))
        .order_by(ArchiveRecord.number)
        .options(defer(ArchiveRecord.pages), defer(ArchiveRecord.searchable_pages))
    )
    due = [row for row in rows if term_of(row).is_due(day)]
    taken = set(work.session.scalars(select(DisposalItem.record_id).where(_on_open_list())))
    listable = [row for row in due if row.id not in taken]
    permanent, unknown = count(*free, ~finite), count(*free, finite, ArchiveRecord.contract_end.is_(None))
    ended = count(*free, finite, ArchiveRecord.contract_end.is_not(None))
    return Preview(
        day=day,
        due=tuple(_due(row) for row in listable[:MOST_LISTED]),
        all_due=len(listable),
        listed=len(due) - len(listable),
        held=count(*living, is_held()),
        not_due=ended - len(due),
        end_unknown=unknown,
        permanent=permanent,
    )


def propose_disposal(
    work: Work,
    actor: Actor,
    attestor: Attestor,
    branch_id: UUID,
    *,
    reason: str,
    leave_out: Collection[UUID] = (),
) -> UUID:
    """List what is due at the branch and below, but for `leave_out`; answers the run.

    Raises: Forbidden, NotFound, NothingToDispose, RetentionReasonMissing, and whatever the attestor will not sign.
    """
    take_turn(work, actor.organisation_id)
    preview = preview_disposal(work, actor, branch_id)
    word, said = first_word(work, actor, branch_id), stated(reason)
    records = [each.listed for each in preview.due if each.listed.record_id not in set(leave_out)]
    if not records:
        raise NothingToDispose("nothing that is due was chosen")
    last = select(func.max(DisposalRun.number)).where(DisposalRun.organisation_id == actor.organisation_id)
    number = (work.session.scalar(last) or 0) + 1
    organisation_number = organisation(work, actor.organisation_id).number
    listed = DisposalList(new_id(), organisation_number, branch_id, number, preview.day, said, records)
    run = DisposalRun(
        id=listed.run_id,
        organisation_id=actor.organisation_id,
        branch_id=branch_id,
        number=number,
        state=RunState.PROPOSED,
        reason=said,
        day=preview.day,
        records=len(records),
        list_sha256=listed.digest(),
        asked_by=word.person_id,
        asked_for=word.acts_for,
        asked_at=work.now(),
        asked_evidence=sign_word(work, attestor, matter_of(listed), word),
        approved_evidence="",
        refusal="",
    )
    work.session.add(run)
    work.session.flush()
    work.session.add_all(_item(run.id, position, each) for position, each in enumerate(records, 1))
    work.session.flush()
    proposed = DisposalProposed(
        id=run.id, number=number, branch_id=branch_id, records=len(records), list_sha256=run.list_sha256, reason=said
    )
    append(work, actor.by, proposed)
    return run.id


def approve_disposal(work: Work, actor: Actor, attestor: Attestor, run_id: UUID, *, list_sha256: str) -> None:
    """A second person agrees to the very list of `list_sha256`; the worker carries it out.

    Raises: Forbidden, DisposalNotFound, TransitionRefused, PersonCountsOnce, DisposalListChanged, and whatever the
    attestor will not sign.
    """
    run = _run(work, actor, run_id)
    word = second_word(work, actor, run.branch_id, Word(run.asked_by, run.asked_for))
    next_run_state(RunState(run.state), RunAction.APPROVE)
    listed = list_of_run(work, run)
    if not listed.digest() == run.list_sha256 == list_sha256:
        raise DisposalListChanged("this is not the list that was shown to you; please look at it again")
    evidence = sign_word(work, attestor, matter_of(listed), word)
    move_run(work, run, RunAction.APPROVE, settled_by=word.person_id, settled_at=work.now(), approved_evidence=evidence)
    append(work, actor.by, DisposalApproved(id=run.id, number=run.number, list_sha256=run.list_sha256))
    work.jobs.enqueue(work.session, Job(WORKFLOW, f"{WORKFLOW}-{run.id}", (str(run.id),)))


def refuse_disposal(work: Work, actor: Actor, run_id: UUID, *, reason: str) -> None:
    """A second person says no; it ends there.   Raises: Forbidden, DisposalNotFound, TransitionRefused,
    PersonCountsOnce, RetentionReasonMissing."""
    run = _run(work, actor, run_id)
    word = second_word(work, actor, run.branch_id, Word(run.asked_by, run.asked_for))
    said = stated(reason)
    move_run(work, run, RunAction.REFUSE, settled_by=word.person_id, settled_at=work.now(), refusal=said)
    append(work, actor.by, DisposalEnded(id=run.id, number=run.number, state=RunState.REFUSED, reason=said))


def withdraw_disposal(work: Work, actor: Actor, run_id: UUID) -> None:
    """Whoever proposed it takes it back.   Raises: DisposalNotFound, TransitionRefused."""
    run = _run(work, actor, run_id)
    if run.asked_by != actor.person_id:
        raise DisposalNotFound("there is no such disposal of yours")
    move_run(work, run, RunAction.WITHDRAW, settled_by=actor.person_id, settled_at=work.now())
    append(work, actor.by, DisposalEnded(id=run.id, number=run.number, state=RunState.WITHDRAWN, reason=""))


def list_of_run(work: Work, run: DisposalRun) -> DisposalList:
    """As the rows say it now; its digest is compared with the one that was signed."""
    rows = work.session.execute(
        select(DisposalItem, ArchiveRecord)
        .join(ArchiveRecord, ArchiveRecord.id == DisposalItem.record_id)
        .where(DisposalItem.run_id == run.id)
        .order_by(DisposalItem.position)
    )
    records = [
        ListedRecord(
            record_id=record.id,
            number=record.number,
            serial=record.serial,
            issued_sha256=record.issued_sha256,
            archived_at=record.created_at,
            retention_class=item.retention_class,
            contract_end=item.contract_end,
            kept_until=item.kept_until,
        )
        for item, record in rows
    ]
    number = organisation(work, run.organisation_id).number
    return DisposalList(run.id, number, run.branch_id, run.number, run.day, run.reason, records)


def matter_of(listed: DisposalList) -> Matter:
    """What both persons sign."""
    return Matter(listed.digest(), listed.run_id, listed.organisation, STEP)


def move_run(work: Work, run: DisposalRun, action: RunAction, **values: Any) -> None:
    """Raises: TransitionRefused."""
    before = RunState(run.state)
    changed = {"state": next_run_state(before, action), **values}
    moved = work.session.scalar(
        update(DisposalRun)
        .where(DisposalRun.id == run.id, DisposalRun.state == before)
        .values(**changed)
        .returning(DisposalRun.id)
    )
    if moved is None:
        raise TransitionRefused("the disposal has just changed; please look at it again")


def _run(work: Work, actor: Actor, run_id: UUID) -> DisposalRun:
    """Raises: DisposalNotFound."""
    take_turn(work, actor.organisation_id)
    seen = within(DisposalRun.branch_id, actor, Permission.READ_ARCHIVE)
    run = work.session.scalar(select(DisposalRun).where(DisposalRun.id == run_id, seen))
    if run is None:
        raise DisposalNotFound("there is no such disposal")
    return run


def _is_disposed() -> ColumnElement[bool]:
    return exists().where(DisposedRecord.record_id == ArchiveRecord.id).correlate(ArchiveRecord)


def _on_open_list() -> ColumnElement[bool]:
    open_runs = select(DisposalRun.id).where(DisposalRun.state.in_((RunState.PROPOSED, RunState.APPROVED)))
    return DisposalItem.run_id.in_(open_runs) & DisposalItem.state.in_((ItemState.LISTED, ItemState.MARKED))


def _ended_long_ago(day: date) -> ColumnElement[bool]:
    """Finds all that are due, and by leap days a few that are due a day later."""
    bounds = ((code, years_after(day, -years)) for code, years in YEARS_KEPT.items() if years is not None)
    return or_(
        *(
            (ArchiveRecord.retention_class == code) & (ArchiveRecord.contract_end < bound)
            for code, bound in bounds
            if bound is not None
        )
    )


def _due(record: ArchiveRecord) -> DueRecord:
    term = term_of(record)
    if term.end is None or term.kept_until is None:
        raise ValueError("a record without an end, or for ever, is never due")
    listed = ListedRecord(
        record_id=record.id,
        number=record.number,
        serial=record.serial,
        issued_sha256=record.issued_sha256,
        archived_at=record.created_at,
        retention_class=term.code,
        contract_end=term.end,
        kept_until=term.kept_until,
    )
    return DueRecord(listed, record.title, record.own_reference, record.branch_id)


def _item(run_id: UUID, position: int, listed: ListedRecord) -> DisposalItem:
    return DisposalItem(
        run_id=run_id,
        position=position,
        record_id=listed.record_id,
        retention_class=listed.retention_class,
        contract_end=listed.contract_end,
        kept_until=listed.kept_until,
        state=ItemState.LISTED,
        why="",
        named=[],
        erased=[],
    )
