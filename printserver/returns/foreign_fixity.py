"""Read the packages of imported records again, as the archive's own files are: see `archive.fixity`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, func, or_, select, update

from printserver.archive.fixity import BY_WORKER, DAMAGED_AGAIN_AFTER, FixityRules, ObjectResult, Round, look_at
from printserver.archive.fixity_events import ForeignDamageFound, ForeignDamageMended
from printserver.audit.log import append
from printserver.foundation.errors import Unavailable
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, require, within
from printserver.organisations.permissions import Permission
from printserver.returns.foreign_models import ForeignRecord
from printserver.storage.objects import Objects

MOST_LISTED: Final = 200


@dataclass(frozen=True)
class DamagedImport:
    """An imported record whose package is not as it came.   result: see `ObjectResult`."""

    id: UUID
    number: str
    title: str
    package_sha256: str
    result: str
    damaged_since: datetime


@dataclass(frozen=True)
class ImportFigures:
    """Of imported records. `never`: not checked yet.   oldest: of the checks."""

    records: int
    never: int
    oldest: datetime | None
    damaged: tuple[DamagedImport, ...]


def check_imported(database: Database, objects: Objects, rules: FixityRules, *, everything: bool = False) -> Round:
    """One round over imported records; bounds as of `check_oldest`. What is damaged is recorded, an outage is not."""
    done, began, started = Round(), database.clock.now(), time.monotonic()
    if rules.every_days == 0 and not everything:
        return done
    due = began if everything else began - timedelta(days=rules.every_days)
    again = began if everything else began - DAMAGED_AGAIN_AFTER
    while everything or (done.records < rules.most and time.monotonic() - started < rules.seconds):
        with database.reading() as work:
            row = work.session.scalar(
                select(ForeignRecord)
                .where(_late(due, again))
                .order_by(ForeignRecord.checked_at.is_not(None), ForeignRecord.checked_at, ForeignRecord.id)
                .limit(1)
            )
        if row is None:
            return done
        try:
            result, size = look_at(objects, row.package_sha256, row.organisation_id)
        except Unavailable as problem:
            structlog.get_logger().warning("imported records were not checked", reason=str(problem))
            done.store_away = True
            return done
        with database.work() as work:
            _record(work, row, result)
        done.records, done.objects, done.bytes = done.records + 1, done.objects + 1, done.bytes + size
        done.damaged += [] if result is ObjectResult.INTACT else [row.number]
    return done


def import_figures(work: Work, actor: Actor) -> ImportFigures:
    """Of the imported records that `actor` may read.   Raises: Forbidden."""
    require(actor, Permission.READ_ARCHIVE)
    mine = within(ForeignRecord.branch_id, actor, Permission.READ_ARCHIVE)
    records, checked, oldest = work.session.execute(
        select(func.count(), func.count(ForeignRecord.checked_at), func.min(ForeignRecord.checked_at)).where(mine)
    ).one()
    return ImportFigures(records, records - checked, oldest, tuple(_damaged(work, mine)))


def _damaged(work: Work, mine: ColumnElement[bool]) -> Iterator[DamagedImport]:
    rows = work.session.scalars(
        select(ForeignRecord)
        .where(mine, ForeignRecord.damaged_since.is_not(None))
        .order_by(ForeignRecord.damaged_since, ForeignRecord.id)
        .limit(MOST_LISTED)
    )
    for row in rows:
        since = row.damaged_since or row.imported_at
        yield DamagedImport(row.id, row.number, row.title, row.package_sha256, row.check_result or "", since)


def _late(due: datetime, again: datetime) -> ColumnElement[bool]:
    damaged = ForeignRecord.damaged_since.is_not(None) & (ForeignRecord.checked_at < again)
    return or_(ForeignRecord.checked_at.is_(None), ForeignRecord.checked_at < due, damaged)


def _record(work: Work, before: ForeignRecord, result: ObjectResult) -> None:
    """Of two workers one does it; an entry of the log when damage is new or another, or was mended."""
    now, intact = work.now(), result is ObjectResult.INTACT
    same = (
        ForeignRecord.checked_at.is_(None)
        if before.checked_at is None
        else ForeignRecord.checked_at == before.checked_at
    )
    kept = work.session.scalar(
        update(ForeignRecord)
        .where(ForeignRecord.id == before.id, same)
        .values(checked_at=now, check_result=result, damaged_since=None if intact else before.damaged_since or now)
        .returning(ForeignRecord.id)
    )
    if kept is None:
        return
    by = BY_WORKER.within(before.organisation_id)
    if intact and before.damaged_since is not None:
        append(work, by, ForeignDamageMended(id=before.id, number=before.number))
    if not intact and before.check_result != result:
        found = ForeignDamageFound(
            id=before.id,
            branch_id=before.branch_id,
            number=before.number,
            package_sha256=before.package_sha256,
            result=result,
        )
        append(work, by, found)
