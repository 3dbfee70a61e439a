"""What pages and the API show of the checks: figures, and what is damaged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, select

from printserver.archive.fixity import RecordResult
from printserver.archive.fixity_models import FixityCheck
from printserver.archive.models import ArchiveRecord
from printserver.archive.retention_models import DisposedRecord
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require, within
from printserver.organisations.permissions import Permission

MOST_LISTED = 200


@dataclass(frozen=True)
class DamagedObject:
    """`what`: issued, searchable, scan, page and its number, manifest or seal.   result: see `ObjectResult`."""

    what: str
    sha256: str
    result: str


@dataclass(frozen=True)
class DamagedRecord:
    id: UUID
    number: str
    title: str
    checked_at: datetime
    damaged_since: datetime
    problems: tuple[DamagedObject, ...]


@dataclass(frozen=True)
class FixityFigures:
    """`records`: not disposed of.   never: of them, not checked yet.   oldest, newest: moments of checks."""

    records: int
    never: int
    intact: int
    damaged: int
    objects: int
    bytes: int
    oldest: datetime | None
    newest: datetime | None


def fixity_figures(work: Work, actor: Actor) -> FixityFigures:
    """Of the records that `actor` may read.   Raises: Forbidden."""
    require(actor, Permission.READ_ARCHIVE)
    living = ~exists().where(DisposedRecord.record_id == ArchiveRecord.id)
    mine = within(ArchiveRecord.branch_id, actor, Permission.READ_ARCHIVE)
    row = work.session.execute(
        select(
            func.count(ArchiveRecord.id),
            func.count(FixityCheck.record_id),
            func.count().filter(FixityCheck.result == RecordResult.DAMAGED),
            func.coalesce(func.sum(FixityCheck.objects), 0),
            func.coalesce(func.sum(FixityCheck.bytes), 0),
            func.min(FixityCheck.checked_at),
            func.max(FixityCheck.checked_at),
        )
        .select_from(ArchiveRecord)
        .outerjoin(FixityCheck, FixityCheck.record_id == ArchiveRecord.id)
        .where(living, mine)
    ).one()
    records, checked, damaged, objects, size, oldest, newest = row
    return FixityFigures(
        records, records - checked, checked - damaged, damaged, int(objects), int(size), oldest, newest
    )


def damaged_records(work: Work, actor: Actor) -> tuple[DamagedRecord, ...]:
    """Those that `actor` may read, damaged longest first, at most 200.   Raises: Forbidden."""
    require(actor, Permission.READ_ARCHIVE)
    rows = work.session.execute(
        select(FixityCheck, ArchiveRecord.number, ArchiveRecord.title)
        .join(ArchiveRecord, ArchiveRecord.id == FixityCheck.record_id)
        .where(
            FixityCheck.result == RecordResult.DAMAGED,
            within(FixityCheck.branch_id, actor, Permission.READ_ARCHIVE),
            ~exists().where(DisposedRecord.record_id == FixityCheck.record_id),
        )
        .order_by(FixityCheck.damaged_since, FixityCheck.record_id)
        .limit(MOST_LISTED)
    )
    return tuple(
        DamagedRecord(
            check.record_id,
            number,
            title,
            check.checked_at,
            check.damaged_since or check.checked_at,
            tuple(DamagedObject(each["what"], each["sha256"], each["result"]) for each in check.problems),
        )
        for check, number, title in rows
    )


def is_damaged(work: Work, actor: Actor) -> bool:
    """Whether any record that `actor` may read is damaged."""
    found = work.session.scalar(
        select(FixityCheck.record_id)
        .where(
            FixityCheck.result == RecordResult.DAMAGED,
            within(FixityCheck.branch_id, actor, Permission.READ_ARCHIVE),
            ~exists().where(DisposedRecord.record_id == FixityCheck.record_id),
        )
        .limit(1)
    )
    return found is not None


def is_disposed(work: Work, record_id: UUID) -> bool:
    """Whether only the certificate of its disposal is left."""
    return work.session.get(DisposedRecord, record_id) is not None


def branch_of_record(work: Work, record_id: UUID) -> UUID:
    """Without regard to anybody's rights."""
    return work.session.scalars(select(ArchiveRecord.branch_id).where(ArchiveRecord.id == record_id)).one()
