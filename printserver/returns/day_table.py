"""Days of printers as a table to keep: a file that spreadsheets open, and that makes them compute nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from printserver.returns.paper_counts import PaperCounts
from printserver.returns.printer_days import Figures, PrinterDay

Cell = str | int | None

COLUMNS: Final = (
    "day",
    "printer",
    *(each.name for each in fields(Figures)),
    *(each.name for each in fields(PaperCounts)),
    "alarm",
    "alarm_closed_by",
    "alarm_reason",
)
"""Stable names; `alarm` is `open`, `closed` or empty."""
_FORMULAE: Final = ("=", "+", "-", "@", "\t", "\r")


def cells(day: PrinterDay, zone: ZoneInfo) -> tuple[Cell, ...]:
    """One for each of `COLUMNS`; moments in `zone`, with their offset."""
    figures = [getattr(day.figures, each.name) for each in fields(Figures)]
    papers = [getattr(day.papers, each.name) for each in fields(PaperCounts)]
    alarm = day.alarm
    state = "" if alarm is None else "open" if alarm.closed_at is None else "closed"
    told = ("", "") if alarm is None else (alarm.closed_by, alarm.reason)
    return (day.day.isoformat(), day.printer_name, *(_plain(each, zone) for each in figures + papers), state, *told)


def csv_file(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with a byte order mark and CRLF, as spreadsheets expect it (RFC 4180).

    A text that a spreadsheet would take for a formula begins with an apostrophe; numbers are none and stay as they are.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_harmless(each) for each in row] for row in (heads, *rows))
    return text.getvalue().encode("utf-8-sig")


def _plain(value: object, zone: ZoneInfo) -> Cell:
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    return value if value is None or isinstance(value, int) else str(value)


def _harmless(cell: Cell) -> Cell:
    if isinstance(cell, str) and cell.startswith(_FORMULAE):
        return f"'{cell}"
    return cell
