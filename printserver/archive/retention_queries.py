"""What pages and the API may read of retention: a record's time, what waits for a second person, holds, disposals."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import exists, func, or_, select

from printserver.archive.access import record_in_view
from printserver.archive.disposal import DisposalNotFound
from printserver.archive.disposal_list import ListedRecord
from printserver.archive.hold_queries import LONGEST_LIST, HoldFacts, holds, holds_shown
from printserver.archive.holds import is_held
from printserver.archive.models import ArchiveRecord
from printserver.archive.retention import Standing, day_over_everywhere, standing
from printserver.archive.retention_changes import term_of
from printserver.archive.retention_models import (
    DisposalItem,
    DisposalRun,
    DisposedRecord,
    HeldBranch,
    HeldRecord,
    LegalHold,
    RetentionChange,
)
from printserver.archive.states import ChangeState, HoldState, RunState
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path, require, within
from printserver.organisations.branch_paths import is_at_or_above
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch, names
from printserver.signing.key_list import KeyList


@dataclass(frozen=True)
class ChangeFacts:
    """`settled_by`: whoever confirmed or refused it.   held: by a legal hold, so that nothing is shortened."""

    id: UUID
    record_id: UUID
    number: str
    old_class: str
    old_end: date | None
    new_class: str
    new_end: date | None
    shortens: bool
    reason: str
    state: ChangeState
    asked_by: UUID
    asked_by_name: str
    asked_at: datetime
    settled_by: UUID | None
    settled_by_name: str
    settled_at: datetime | None
    refusal: str
    held: bool


@dataclass(frozen=True)
class RunFacts:
    id: UUID
    number: int
    branch_id: UUID
    branch: str
    state: RunState
    reason: str
    day: date
    records: int
    list_sha256: str
    asked_by: UUID
    asked_by_name: str
    asked_at: datetime
    settled_by: UUID | None
    settled_by_name: str
    settled_at: datetime | None
    refusal: str
    finished_at: datetime | None
    certificate_sha256: str | None


@dataclass(frozen=True)
class RunLine:
    """`title`: as long as the record is there.   state: listed, marked, disposed or kept; `why` it was kept."""

    listed: ListedRecord
    title: str
    state: str
    why: str
    erased: int
    settled_at: datetime | None


@dataclass(frozen=True)
class RetentionFacts:
    """How long one record is kept. `kept_until`: the last day; without an end as if it were the archive's day."""

    record_id: UUID
    branch_id: UUID
    number: str
    title: str
    retention_class: str
    contract_end: date | None
    kept_until: date | None
    standing: Standing
    disposed_at: datetime | None
    run_id: UUID | None
    holds: tuple[HoldFacts, ...]
    changes: tuple[ChangeFacts, ...]


@dataclass(frozen=True)
class Overview:
    """What a person of the archive has to know first; the newest first, at most LONGEST_LIST of each."""

    changes: tuple[ChangeFacts, ...]
    holds: tuple[HoldFacts, ...]
    runs: tuple[RunFacts, ...]


def retention_of(work: Work, actor: Actor, record_id: UUID, load_key_list: Callable[[], KeyList]) -> RetentionFacts:
    """load_key_list: under which liftings are proved.   Raises: Forbidden, RecordNotFound, KeyListRefused."""
    record = record_in_view(work, actor, record_id)
    gone = work.session.get(DisposedRecord, record_id)
    held = record_id in _held(work, [record_id])
    term = term_of(record)
    today = day_over_everywhere(work.now())
    by_name = exists().where(HeldRecord.hold_id == LegalHold.id, HeldRecord.record_id == record_id)
    by_branch = exists().where(
        HeldBranch.hold_id == LegalHold.id,
        is_at_or_above(HeldBranch.branch_id, branch_path(work, record.branch_id)),
    )
    covering = or_(by_name.correlate(LegalHold), by_branch.correlate(LegalHold))
    covered_by = work.session.scalars(
        select(LegalHold)
        .where(LegalHold.organisation_id == actor.organisation_id, covering)
        .order_by(LegalHold.id.desc())
    )
    changes = work.session.scalars(
        select(RetentionChange).where(RetentionChange.record_id == record_id).order_by(RetentionChange.id.desc())
    )
    return RetentionFacts(
        record_id=record.id,
        branch_id=record.branch_id,
        number=record.number,
        title=record.title,
        retention_class=record.retention_class,
        contract_end=record.contract_end,
        kept_until=term.kept_until,
        standing=standing(term, today, held=held, disposed=gone is not None),
        disposed_at=None if gone is None else gone.disposed_at,
        run_id=None if gone is None else gone.run_id,
        holds=holds_shown(work, covered_by.all(), load_key_list),
        changes=_changes(work, [(row, record.number) for row in changes]),
    )


def overview(work: Work, actor: Actor, load_key_list: Callable[[], KeyList]) -> Overview:
    """Raises: Forbidden."""
    require(actor, Permission.READ_ARCHIVE)
    return Overview(waiting_changes(work, actor), holds(work, actor, load_key_list), runs(work, actor))


def waiting_changes(work: Work, actor: Actor) -> tuple[ChangeFacts, ...]:
    """Shortenings that nobody has decided on.   Raises: Forbidden."""
    require(actor, Permission.READ_ARCHIVE)
    rows = work.session.execute(
        select(RetentionChange, ArchiveRecord.number)
        .join(ArchiveRecord, ArchiveRecord.id == RetentionChange.record_id)
        .where(
            RetentionChange.state == ChangeState.WAITING,
            within(RetentionChange.branch_id, actor, Permission.READ_ARCHIVE),
        )
        .order_by(RetentionChange.id.desc())
        .limit(LONGEST_LIST)
    )
    return _changes(work, [(row, number) for row, number in rows])


def runs(work: Work, actor: Actor) -> tuple[RunFacts, ...]:
    """Raises: Forbidden."""
    require(actor, Permission.READ_ARCHIVE)
    rows = work.session.scalars(
        select(DisposalRun)
        .where(within(DisposalRun.branch_id, actor, Permission.READ_ARCHIVE))
        .order_by(DisposalRun.id.desc())
        .limit(LONGEST_LIST)
    )
    return _runs(work, rows.all())


def run_facts(work: Work, actor: Actor, run_id: UUID) -> RunFacts:
    """Raises: Forbidden, DisposalNotFound."""
    require(actor, Permission.READ_ARCHIVE)
    row = work.session.scalar(
        select(DisposalRun).where(
            DisposalRun.id == run_id, within(DisposalRun.branch_id, actor, Permission.READ_ARCHIVE)
        )
    )
    if row is None:
        raise DisposalNotFound("there is no such disposal")
    return _runs(work, [row])[0]


def run_lines(work: Work, run_id: UUID) -> tuple[RunLine, ...]:
    """In the list's order; the caller may read the run."""
    rows = work.session.execute(
        select(DisposalItem, ArchiveRecord)
        .join(ArchiveRecord, ArchiveRecord.id == DisposalItem.record_id)
        .where(DisposalItem.run_id == run_id)
        .order_by(DisposalItem.position)
    )
    return tuple(_line(item, record) for item, record in rows)


def waiting_for(work: Work, actor: Actor) -> int:
    """How many shortenings, holds and disposals wait for a second person such as `actor`."""
    asked = (
        (RetentionChange.branch_id, RetentionChange.asked_by, RetentionChange.state == ChangeState.WAITING),
        (LegalHold.branch_id, LegalHold.set_by, LegalHold.state == HoldState.SET),
        (LegalHold.branch_id, LegalHold.lift_asked_by, LegalHold.state == HoldState.LIFTING),
        (DisposalRun.branch_id, DisposalRun.asked_by, DisposalRun.state == RunState.PROPOSED),
    )
    mine = ((waits, by != actor.person_id, within(at, actor, Permission.CONFIRM_RETENTION)) for at, by, waits in asked)
    return sum(work.session.scalar(select(func.count()).where(*each)) or 0 for each in mine)


def may_decide(work: Work, actor: Actor, branch_id: UUID, asked_by: UUID | None) -> bool:
    """Whether `actor` looks like a second person for what `asked_by` asked for; the service has the last word."""
    return actor.person_id != asked_by and actor.may(Permission.CONFIRM_RETENTION, branch_path(work, branch_id))


def _line(item: DisposalItem, record: ArchiveRecord) -> RunLine:
    listed = ListedRecord(
        record_id=record.id,
        number=record.number,
        serial=record.serial,
        issued_sha256=record.issued_sha256,
        archived_at=record.created_at,
        retention_class=item.retention_class,
        contract_end=item.contract_end,
        kept_until=item.kept_until,
    )
    return RunLine(listed, record.title, item.state, item.why, len(item.erased), item.settled_at)


def _changes(work: Work, rows: Sequence[tuple[RetentionChange, str]]) -> tuple[ChangeFacts, ...]:
    """rows: each with its record's number."""
    called = _names(work, (one for row, _ in rows for one in (row.asked_by, row.settled_by)))
    held = _held(work, {row.record_id for row, _ in rows})
    return tuple(
        ChangeFacts(
            id=row.id,
            record_id=row.record_id,
            number=number,
            old_class=row.old_class,
            old_end=row.old_end,
            new_class=row.new_class,
            new_end=row.new_end,
            shortens=row.shortens,
            reason=row.reason,
            state=ChangeState(row.state),
            asked_by=row.asked_by,
            asked_by_name=called(row.asked_by),
            asked_at=row.asked_at,
            settled_by=row.settled_by,
            settled_by_name=called(row.settled_by),
            settled_at=row.settled_at,
            refusal=row.refusal,
            held=row.record_id in held,
        )
        for row, number in rows
    )


def _held(work: Work, record_ids: Collection[UUID]) -> set[UUID]:
    """Those of them that a hold covers."""
    return set(work.session.scalars(select(ArchiveRecord.id).where(ArchiveRecord.id.in_(record_ids), is_held())))


def _runs(work: Work, rows: Sequence[DisposalRun]) -> tuple[RunFacts, ...]:
    called = _names(work, (one for row in rows for one in (row.asked_by, row.settled_by)))
    places = {each: branch(work, each).name for each in {row.branch_id for row in rows}}
    return tuple(
        RunFacts(
            id=row.id,
            number=row.number,
            branch_id=row.branch_id,
            branch=places[row.branch_id],
            state=RunState(row.state),
            reason=row.reason,
            day=row.day,
            records=row.records,
            list_sha256=row.list_sha256,
            asked_by=row.asked_by,
            asked_by_name=called(row.asked_by),
            asked_at=row.asked_at,
            settled_by=row.settled_by,
            settled_by_name=called(row.settled_by),
            settled_at=row.settled_at,
            refusal=row.refusal,
            finished_at=row.finished_at,
            certificate_sha256=row.certificate_sha256,
        )
        for row in rows
    )


def _names(work: Work, people: Iterable[UUID | None]) -> Callable[[UUID | None], str]:
    """What they are called; empty for nobody."""
    known = names(work, {one for one in people if one is not None})
    return lambda one: "" if one is None else known.get(one, str(one))
