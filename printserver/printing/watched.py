"""What live pages watch of printers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from printserver.foundation.unit_of_work import Work
from printserver.printing.models import PrinterStatus


@dataclass(frozen=True)
class StatusMark:
    """`said`: what a person would see of it, as a value that differs when anything of that does."""

    said: str
    asked_at: datetime


def status_marks(work: Work) -> dict[UUID, StatusMark]:
    """By printer, without regard to anybody's rights."""
    shown = (PrinterStatus.state, PrinterStatus.reasons, PrinterStatus.supplies, PrinterStatus.queue_reasons)
    rows = work.session.execute(select(PrinterStatus.printer_id, PrinterStatus.asked_at, PrinterStatus.problem, *shown))
    return {printer_id: StatusMark(repr(tuple(said)), asked_at) for printer_id, asked_at, *said in rows}
