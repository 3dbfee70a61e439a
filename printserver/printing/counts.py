"""What was read of the printers' own counters, and when the jobs behind it were over."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.printing.models import CounterReading, Printer, PrinterStatus, PrintTicket
from printserver.printing.reconciliation import Reading

_AT_ONCE: Final = 500


def readings_around(work: Work, printer_id: UUID, since: datetime, until: datetime) -> tuple[Reading, ...]:
    """In order: those from `since` to `until`, the last one before and the first one after."""
    own = select(CounterReading).where(CounterReading.printer_id == printer_id)
    order = (CounterReading.taken_at, CounterReading.id)
    before = own.where(CounterReading.taken_at < since).order_by(*(each.desc() for each in order)).limit(1)
    within = own.where(CounterReading.taken_at >= since, CounterReading.taken_at <= until).order_by(*order)
    after = own.where(CounterReading.taken_at > until).order_by(*order).limit(1)
    rows = [row for query in (before, within, after) for row in work.session.scalars(query)]
    return tuple(Reading(row.taken_at, row.impressions, row.sheets) for row in rows)


def present_reading(work: Work, printer_id: UUID) -> Reading | None:
    """What the printer itself said last; None when it is not asked for its counter, or tells of none."""
    row = work.session.execute(
        select(PrinterStatus.answered_at, PrinterStatus.impressions, PrinterStatus.sheets)
        .join(Printer, Printer.id == PrinterStatus.printer_id)
        .where(Printer.id == printer_id, Printer.counter == "ipp")
    ).one_or_none()
    if row is None or row.answered_at is None or row.impressions is None:
        return None
    return Reading(row.answered_at, row.impressions, row.sheets)


def keep_reading(work: Work, printer_id: UUID, reading: Reading) -> None:
    """As the printer's own word."""
    work.session.add(
        CounterReading(
            id=new_id(),
            printer_id=printer_id,
            taken_at=reading.taken_at,
            impressions=reading.impressions,
            sheets=reading.sheets,
            source="ipp",
        )
    )


def printers_read(work: Work, since: datetime) -> tuple[UUID, ...]:
    """Whose counter was read at `since` or later."""
    read = select(CounterReading.printer_id).where(CounterReading.taken_at >= since).distinct()
    return tuple(sorted(work.session.scalars(read)))


def job_ends(work: Work, job_uuids: Collection[UUID]) -> dict[UUID, datetime]:
    """When what became of these jobs was decided; without those that it is not decided of."""
    wanted, ends = sorted(job_uuids), {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = PrintTicket.job_uuid.in_(wanted[start : start + _AT_ONCE])
        rows = work.session.execute(
            select(PrintTicket.job_uuid, PrintTicket.ended_at).where(some, PrintTicket.ended_at.is_not(None))
        )
        ends.update({job_uuid: ended_at for job_uuid, ended_at in rows if ended_at is not None})
    return ends
