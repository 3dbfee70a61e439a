"""How printers are: what they said when they were last asked, and the readings of their page counters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from printserver.audit.log import append
from printserver.foundation.errors import Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.printing.events import PrinterCounterRead
from printserver.printing.ipp_answer import PrinterAnswer
from printserver.printing.models import CounterReading, PrinterStatus
from printserver.printing.service import printer_to_manage

STALE_AFTER: Final = timedelta(seconds=30)
"""The longest time after which "asked at" is brought up to date when nothing else has changed."""
READ_AGAIN_AFTER: Final = timedelta(minutes=5)
LARGEST_COUNT: Final = 2**31 - 1


class ReadingRefused(Refused):
    code = "counter-reading-refused"


@dataclass(frozen=True)
class StatusFacts:
    """`supplies`: {"name", "level"}, level in per cent or None.   problem: why the last question was not answered.

    queue_reasons: what the print queue adds, which knows passwords, certificates, tickets and its own disk.
    """

    printer_id: UUID
    state: str
    reasons: tuple[str, ...]
    queue_reasons: tuple[str, ...]
    supplies: tuple[dict[str, Any], ...]
    impressions: int | None
    sheets: int | None
    up_seconds: int | None
    problem: str
    asked_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True)
class ReadingFacts:
    """`taken_by`: the person who read the panel; None for the server."""

    id: UUID
    printer_id: UUID
    taken_at: datetime
    impressions: int
    sheets: int | None
    source: str
    taken_by: UUID | None


def statuses(work: Work, printer_ids: Iterable[UUID]) -> dict[UUID, StatusFacts]:
    """Of those that were asked before, without regard to anybody's rights."""
    rows = work.session.scalars(select(PrinterStatus).where(PrinterStatus.printer_id.in_(list(printer_ids))))
    return {row.printer_id: _status(row) for row in rows}


def record_answer(work: Work, printer_id: UUID, answer: PrinterAnswer) -> None:
    """What a printer has just said of its state."""
    now = work.now()
    said: dict[str, Any] = {
        "state": answer.state,
        "reasons": list(answer.reasons),
        "supplies": [asdict(each) for each in answer.supplies],
        "impressions": answer.impressions,
        "sheets": answer.sheets,
        "up_seconds": answer.up_seconds,
        "problem": "",
        "asked_at": now,
        "answered_at": now,
    }
    _write(work, printer_id, said, compared=("state", "reasons", "supplies", "impressions", "sheets", "problem"))


def record_problem(work: Work, printer_id: UUID, problem: str) -> None:
    """It was asked in vain; what it said before stays.   problem: the code of the error."""
    _write(work, printer_id, {"problem": problem, "asked_at": work.now()}, compared=("problem",))


def record_queue(work: Work, printer_id: UUID, reasons: tuple[str, ...]) -> None:
    """What the print queue of a printer says; only of a printer that was asked before."""
    said = update(PrinterStatus).where(PrinterStatus.printer_id == printer_id)
    work.session.execute(said.values(queue_reasons=list(reasons)))


def counter_readings(work: Work, printer_id: UUID, *, limit: int = 50) -> tuple[ReadingFacts, ...]:
    """The latest first, without regard to anybody's rights."""
    own = select(CounterReading).where(CounterReading.printer_id == printer_id)
    rows = work.session.scalars(own.order_by(CounterReading.taken_at.desc(), CounterReading.id.desc()).limit(limit))
    return tuple(_reading(row) for row in rows)


def record_counters(work: Work, printer_id: UUID, answer: PrinterAnswer, *, idle: bool, zone: tzinfo) -> bool:
    """Keep a reading when it is the first of a day, or the counter moved and it is time; returns whether it was kept.

    idle: no copy is on its way to the printer, so what was printed is over.   zone: where days begin.
    """
    if answer.impressions is None:
        return False
    now, latest = work.now(), next(iter(counter_readings(work, printer_id, limit=1)), None)
    if latest is not None:
        same_day = latest.taken_at.astimezone(zone).date() == now.astimezone(zone).date()
        moved = (latest.impressions, latest.sheets) != (answer.impressions, answer.sheets)
        if same_day and not (moved and (idle or now - latest.taken_at >= READ_AGAIN_AFTER)):
            return False
    _add_reading(work, printer_id, now, answer.impressions, answer.sheets, source="ipp", taken_by=None)
    return True


def record_panel_reading(
    work: Work, actor: Actor, printer_id: UUID, *, impressions: int, sheets: int | None, taken_at: datetime | None
) -> ReadingFacts:
    """A page counter as a person has read it at the printer; a counter never goes back.

    taken_at: when it was read; None: now.   Raises: NotFound, PrinterRetired, ReadingRefused.
    """
    printer, now = printer_to_manage(work, actor, printer_id), work.now()
    at, latest = taken_at or now, next(iter(counter_readings(work, printer.id, limit=1)), None)
    if at > now or (latest is not None and at < latest.taken_at):
        raise ReadingRefused("a reading is not from the future, and not older than the one before")
    if not 0 <= impressions <= LARGEST_COUNT or not 0 <= (sheets or 0) <= LARGEST_COUNT:
        raise ReadingRefused(f"a counter shows a number from 0 to {LARGEST_COUNT}")
    if latest is not None and (impressions < latest.impressions or (sheets or 0) < (latest.sheets or 0)):
        raise ReadingRefused(f"a counter does not go back: it was at {latest.impressions} before")
    reading = _add_reading(work, printer.id, at, impressions, sheets, source="panel", taken_by=actor.id)
    append(work, actor.by, PrinterCounterRead(id=printer.id, impressions=impressions, sheets=sheets))
    return _reading(reading)


def _write(work: Work, printer_id: UUID, values: dict[str, Any], *, compared: tuple[str, ...]) -> None:
    """Any number of workers may do it at once; the last one stands."""
    row = work.session.get(PrinterStatus, printer_id)
    same = row is not None and all(getattr(row, name) == values[name] for name in compared)
    if row is not None and same and values["asked_at"] - row.asked_at < STALE_AFTER:
        return
    dialect = postgresql if work.session.get_bind().dialect.name == "postgresql" else sqlite
    whole = {"state": "", "reasons": [], "supplies": [], **values}
    insert = dialect.insert(PrinterStatus).values(printer_id=printer_id, **whole)
    work.session.execute(insert.on_conflict_do_update(index_elements=["printer_id"], set_=values))


def _add_reading(
    work: Work,
    printer_id: UUID,
    at: datetime,
    impressions: int,
    sheets: int | None,
    *,
    source: str,
    taken_by: UUID | None,
) -> CounterReading:
    reading = CounterReading(
        id=new_id(),
        printer_id=printer_id,
        taken_at=at,
        impressions=impressions,
        sheets=sheets,
        source=source,
        taken_by=taken_by,
    )
    work.session.add(reading)
    work.session.flush()
    return reading


def _status(row: PrinterStatus) -> StatusFacts:
    return StatusFacts(
        printer_id=row.printer_id,
        state=row.state,
        reasons=tuple(map(str, row.reasons)),
        queue_reasons=tuple(map(str, row.queue_reasons)),
        supplies=tuple(row.supplies),
        impressions=row.impressions,
        sheets=row.sheets,
        up_seconds=row.up_seconds,
        problem=row.problem,
        asked_at=row.asked_at,
        answered_at=row.answered_at,
    )


def _reading(row: CounterReading) -> ReadingFacts:
    return ReadingFacts(row.id, row.printer_id, row.taken_at, row.impressions, row.sheets, row.source, row.taken_by)
