"""Read again, now and then, everything that the archive keeps: whoever looks only when it is needed finds out too late.

Each object is fetched through the store, opened and hashed whole: a change of the same size is a change. Records that
were never checked come first, then the one that was checked longest ago; damaged ones are looked at again each day. A
store that does not answer is no damage: the round ends, and the next one goes on where it stood.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from printserver.archive.fixity_events import ArchiveDamageFound, ArchiveDamageMended
from printserver.archive.fixity_models import FixityCheck
from printserver.archive.models import ArchiveRecord
from printserver.archive.retention_models import DisposedRecord
from printserver.audit.log import By, append
from printserver.foundation.errors import IntegrityError, NotFound, Unavailable
from printserver.foundation.unit_of_work import Database, Work
from printserver.storage.objects import Objects

BY_WORKER: Final = By(process="worker")
DAMAGED_AGAIN_AFTER: Final = timedelta(days=1)
_AT_ONCE: Final = 200


class ObjectResult(StrEnum):
    INTACT = "intact"
    MISSING = "missing"
    """Nothing of this name is stored."""
    CHANGED = "changed"
    """The bytes are others than were put there, or another object's."""
    UNREADABLE = "unreadable"
    """It is there, but cannot be read."""


class RecordResult(StrEnum):
    INTACT = "intact"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class FixityRules:
    """`every_days`: how often each record is read, 0 for never.   most, seconds: records and time of one round."""

    every_days: int = 90
    most: int = 200
    seconds: float = 60.0


@dataclass(frozen=True)
class FixityTools:
    """named_beside: what else belongs to a copy, by digest and what it is, such as the manifest."""

    database: Database
    objects: Objects
    named_beside: Callable[[Work, UUID], Mapping[str, str]] = lambda work, copy_id: {}


@dataclass
class Round:
    """`store_away`: the store did not answer, so the round ended early."""

    records: int = 0
    objects: int = 0
    bytes: int = 0
    damaged: list[str] = field(default_factory=list)
    store_away: bool = False

    def and_then(self, other: Round) -> Round:
        """Both together."""
        return Round(
            self.records + other.records,
            self.objects + other.objects,
            self.bytes + other.bytes,
            self.damaged + other.damaged,
            self.store_away or other.store_away,
        )


@dataclass(frozen=True)
class _Subject:
    """A record and what is kept of it. `before`: its last check."""

    record_id: UUID
    organisation_id: UUID
    branch_id: UUID
    number: str
    named: Mapping[str, str]
    before: FixityCheck | None


@dataclass(frozen=True)
class _Seen:
    objects: int
    bytes: int
    problems: tuple[tuple[str, str, ObjectResult], ...]


def next_due(work: Work, rules: FixityRules) -> datetime | None:
    """When the next record has to be read again, also a moment that is over; None when there is none, or never."""
    living = ~exists().where(DisposedRecord.record_id == ArchiveRecord.id)
    if rules.every_days == 0:
        return None
    rows = work.session.execute(
        select(func.count(ArchiveRecord.id), func.count(FixityCheck.record_id), func.min(FixityCheck.checked_at))
        .outerjoin(FixityCheck, FixityCheck.record_id == ArchiveRecord.id)
        .where(living)
    )
    records, checked, oldest = rows.one()
    if records > checked:
        return work.now()
    return oldest + timedelta(days=rules.every_days) if checked else None


def check_oldest(tools: FixityTools, rules: FixityRules, *, everything: bool = False) -> Round:
    """One round.   everything: each record once, whenever it was checked, without bounds.

    What is damaged is recorded; an outage is not.
    """
    done, began, started = Round(), tools.database.clock.now(), time.monotonic()
    if rules.every_days == 0 and not everything:
        return done
    late = _late(began, began)
    if not everything:
        late = _late(began - timedelta(days=rules.every_days), began - DAMAGED_AGAIN_AFTER)
    while waiting := _waiting(tools.database, late):
        for record_id in waiting:
            if not everything and (done.records >= rules.most or time.monotonic() - started >= rules.seconds):
                return done
            try:
                _check(tools, record_id, late, done)
            except Unavailable as problem:
                structlog.get_logger().warning("the archive's objects were not checked", reason=str(problem))
                done.store_away = True
                return done
    return done


def _check(tools: FixityTools, record_id: UUID, late: ColumnElement[bool], done: Round) -> None:
    """Unless another worker has done so since, or the record is disposed of.   Raises: Unavailable."""
    with tools.database.reading() as work:
        subject = _subject(work, tools, record_id, late)
    if subject is None:
        return
    seen = _read(tools.objects, subject)
    with tools.database.work() as work:
        there = _record(work, subject, seen)
    if there:
        done.records += 1
        done.objects += seen.objects
        done.bytes += seen.bytes
        done.damaged += [subject.number] if seen.problems else []


def objects_of(record: ArchiveRecord) -> dict[str, str]:
    """What the archive's own row names, by digest: issued, searchable, scan or page."""
    named = {record.issued_sha256: "issued"}
    if record.searchable_sha256:
        named[record.searchable_sha256] = "searchable"
    for page in record.pages:
        named[page["scan_sha256"]] = "scan"
        if page["image_sha256"]:
            named[page["image_sha256"]] = f"page {page['page']}"
    return named


def _late(due: datetime, damaged_due: datetime) -> ColumnElement[bool]:
    """Of a record that is there, with its check if it has one: it was checked before `due`, or never."""
    return and_(
        ~exists().where(DisposedRecord.record_id == ArchiveRecord.id),
        or_(
            FixityCheck.checked_at.is_(None),
            FixityCheck.checked_at < due,
            (FixityCheck.result == RecordResult.DAMAGED) & (FixityCheck.checked_at < damaged_due),
        ),
    )


def _waiting(database: Database, late: ColumnElement[bool]) -> Sequence[UUID]:
    """Those that wait longest; many at once, for to find one the database looks at all."""
    with database.reading() as work:
        return work.session.scalars(
            select(ArchiveRecord.id)
            .outerjoin(FixityCheck, FixityCheck.record_id == ArchiveRecord.id)
            .where(late)
            .order_by(FixityCheck.checked_at.is_not(None), FixityCheck.checked_at, ArchiveRecord.id)
            .limit(_AT_ONCE)
        ).all()


def _subject(work: Work, tools: FixityTools, record_id: UUID, late: ColumnElement[bool]) -> _Subject | None:
    """None when it is no longer late."""
    row = work.session.execute(
        select(ArchiveRecord, FixityCheck)
        .outerjoin(FixityCheck, FixityCheck.record_id == ArchiveRecord.id)
        .where(ArchiveRecord.id == record_id, late)
    ).one_or_none()
    if row is None:
        return None
    record, before = row
    named = {**tools.named_beside(work, record.copy_id), **objects_of(record)}
    return _Subject(record.id, record.organisation_id, record.branch_id, record.number, named, before)


def _read(objects: Objects, subject: _Subject) -> _Seen:
    """Raises: Unavailable."""
    size, problems = 0, []
    for digest, what in subject.named.items():
        result, read = look_at(objects, digest, subject.organisation_id)
        size += read
        if result is not ObjectResult.INTACT:
            problems.append((what, digest, result))
    return _Seen(len(subject.named), size, tuple(problems))


def look_at(objects: Objects, digest: str, owner: UUID) -> tuple[ObjectResult, int]:
    """What became of an object, and how many bytes were read; the store itself hashes what it hands out.

    Raises: Unavailable.
    """
    try:
        return ObjectResult.INTACT, len(objects.get(digest, owner))
    except Unavailable:
        raise
    except NotFound:
        return ObjectResult.MISSING, 0
    except IntegrityError:
        return ObjectResult.CHANGED, 0
    except Exception as problem:  # noqa: BLE001 -- whatever a disk says of one object, the others are to be looked at
        structlog.get_logger().error("an object cannot be read", object=digest, reason=type(problem).__name__)
        return ObjectResult.UNREADABLE, 0


def _record(work: Work, subject: _Subject, seen: _Seen) -> bool:
    """The row, and an entry of the log when damage is new or another, or was mended. Of two workers one does it.

    False, and nothing is recorded, when the record was disposed of while it was being read: that is no damage.
    """
    if work.session.get(DisposedRecord, subject.record_id) is not None:
        return False
    before, now = subject.before, work.now()
    result = RecordResult.DAMAGED if seen.problems else RecordResult.INTACT
    problems = [{"what": what, "sha256": digest, "result": str(each)} for what, digest, each in seen.problems]
    since = None
    if result is RecordResult.DAMAGED:
        since = now if before is None or before.damaged_since is None else before.damaged_since
    values = {
        "checked_at": now,
        "result": result,
        "objects": seen.objects,
        "bytes": seen.bytes,
        "problems": problems,
        "damaged_since": since,
    }
    if not _kept(work, subject, values):
        return True
    if result is RecordResult.DAMAGED and (before is None or before.problems != problems):
        append(work, BY_WORKER.within(subject.organisation_id), _damage(subject, seen))
    if result is RecordResult.INTACT and before is not None and before.result == RecordResult.DAMAGED:
        mended = ArchiveDamageMended(id=subject.record_id, number=subject.number)
        append(work, BY_WORKER.within(subject.organisation_id), mended)
    return True


def _kept(work: Work, subject: _Subject, values: Mapping[str, object]) -> bool:
    """False when another worker was faster."""
    if subject.before is None:
        insert = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
        ids = {"record_id": subject.record_id, "organisation_id": subject.organisation_id}
        statement = insert(FixityCheck).values(**ids, branch_id=subject.branch_id, **values).on_conflict_do_nothing()
        return work.session.scalar(statement.returning(FixityCheck.record_id)) is not None
    changed = (
        update(FixityCheck)
        .where(FixityCheck.record_id == subject.record_id, FixityCheck.checked_at == subject.before.checked_at)
        .values(**values)
        .returning(FixityCheck.record_id)
    )
    return work.session.scalar(changed) is not None


def _damage(subject: _Subject, seen: _Seen) -> ArchiveDamageFound:
    def of(result: ObjectResult) -> Iterator[str]:
        return (digest for _, digest, each in seen.problems if each is result)

    return ArchiveDamageFound(
        id=subject.record_id,
        number=subject.number,
        missing=tuple(of(ObjectResult.MISSING)),
        changed=tuple(of(ObjectResult.CHANGED)),
        unreadable=tuple(of(ObjectResult.UNREADABLE)),
    )
