"""Per printer and day: authorised, sent, reported, counted and scanned back; and the alarms about differences.

Lies above the rooms whose figures it puts side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from printserver.audit.log import By
from printserver.foundation.clock import as_text
from printserver.foundation.errors import Malformed
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor
from printserver.print_requests.owed_queries import paper_fates
from printserver.print_requests.prints import PrintedCopy, prints_at
from printserver.print_requests.service import ReasonMissing
from printserver.printing import count_alarms
from printserver.printing.count_alarms import AlarmFacts, lock_alarm, needs_note, note_figures
from printserver.printing.counts import keep_reading, present_reading, printers_read, readings_around
from printserver.printing.queries import PrinterFacts, printers, readable_printer
from printserver.printing.reconciliation import (
    Account,
    Day,
    Finding,
    Print,
    Reading,
    day_of,
    has_opening,
    is_worth_keeping,
    reconcile,
)
from printserver.returns.paper_counts import PaperCounts, paper_counts
from printserver.returns.queries import pages_home

LONGEST_DAYS: Final = 100
LOOKED_BACK: Final = 7
"""Days before today that are reconciled again and again: what is settled later changes them."""
BY_RECONCILIATION: Final = By(process="reconciliation")
_MARGIN: Final = timedelta(days=1)
_BEFORE: Final = tuple(timedelta(days=days) for days in (1, 8, 64))
_AFTER: Final = timedelta(days=LOOKED_BACK + 1)


class DaysMalformed(Malformed):
    code: ClassVar[str] = "reconciliation-days"


@dataclass(frozen=True)
class Figures:
    """Copies are those that went to the printer on the day; `expected` and `counted` are of the window's copies.

    `authorised`: those of them whose authorisation was used up; all of them, unless something is very wrong.
    `reported_impressions`: None when the printer reported none of its jobs.   `counted_…`: None when not known.
    `difference_…`: above 0 too many, below 0 too few, 0 when it fits or is not known.
    `scanned_back_pages`: pages of these copies that came home so far, whenever that was.
    """

    finding: Finding
    window_from: datetime | None
    window_to: datetime | None
    authorised_copies: int
    authorised_impressions: int
    sent_copies: int
    sent_impressions: int
    sent_sheets: int
    reported_impressions: int | None
    expected_impressions_least: int
    expected_impressions_most: int
    counted_impressions: int | None
    difference_impressions: int
    expected_sheets_least: int
    expected_sheets_most: int
    counted_sheets: int | None
    difference_sheets: int
    scanned_back_pages: int

    def as_json(self) -> dict[str, Any]:
        return {name: as_text(each) if isinstance(each, datetime) else each for name, each in asdict(self).items()}


@dataclass(frozen=True)
class PrinterDay:
    """`papers`: what became of the day's copies until now.   alarm: that of the day, open or closed."""

    printer_id: UUID
    printer_name: str
    branch_id: UUID
    day: date
    figures: Figures
    papers: PaperCounts
    alarm: AlarmFacts | None


def reconciliation(
    work: Work, actor: Actor, zone: ZoneInfo, first: date, last: date, *, printer_id: UUID | None = None
) -> tuple[PrinterDay, ...]:
    """Newest day first, then by printer; days on which nothing was sent, read or alarming are left out.

    first, last: inclusive, at most `LONGEST_DAYS` days.   Raises: DaysMalformed; NotFound for a printer out of reach.
    """
    if not 0 <= (last - first).days < LONGEST_DAYS:
        raise DaysMalformed(f"ask for 1 to {LONGEST_DAYS} days, the first one first")
    if printer_id is None:
        chosen: Sequence[PrinterFacts] = printers(work, actor, retired=True)
    else:
        chosen = (readable_printer(work, actor, printer_id),)
    found = count_alarms.count_alarms(
        work, actor, printer_id=printer_id, first=first, last=last, limit=len(chosen) * LONGEST_DAYS + 1
    )
    alarms = {(each.printer_id, each.day): each for each in found}
    days = [day_of(first + timedelta(days=number), zone) for number in range((last - first).days + 1)]
    found_days = [
        (printer, day, figures, own)
        for printer in chosen
        for day, figures, busy, own in days_of(work, printer.id, days)
        if busy or (printer.id, day) in alarms
    ]
    fates = paper_fates(work, {copy_id for *_, own in found_days for copy_id in own})
    listed = [
        PrinterDay(
            printer.id,
            printer.name,
            printer.branch_id,
            day,
            figures,
            paper_counts(fates[copy_id] for copy_id in own),
            alarms.get((printer.id, day)),
        )
        for printer, day, figures, own in found_days
    ]
    return tuple(sorted(listed, key=lambda each: each.day, reverse=True))


def days_of(work: Work, printer_id: UUID, days: Sequence[Day]) -> list[tuple[date, Figures, bool, tuple[UUID, ...]]]:
    """Each day with its figures, whether anything was sent or read on it, and which copies; nobody's rights asked.

    days: that follow each other.
    """
    readings, copies = _loaded(work, printer_id, days[0], days[-1].end + _AFTER)
    home = pages_home(work, [each.copy_id for each in copies])
    prints = [each.print for each in copies]
    return [_day(day, readings, prints, copies, home, work.now()) for day in days if day.start <= work.now()]


def _loaded(
    work: Work, printer_id: UUID, first: Day, until: datetime
) -> tuple[tuple[Reading, ...], tuple[PrintedCopy, ...]]:
    """Back to a reading that the first day can open with, as far as there is one."""
    readings: tuple[Reading, ...] = ()
    copies: tuple[PrintedCopy, ...] = ()
    for back in _BEFORE:
        since = first.start - back
        readings = readings_around(work, printer_id, since, until)
        oldest = readings[0].taken_at if readings else since
        copies = prints_at(work, printer_id, min(oldest, since) - _MARGIN)
        if oldest >= since or has_opening(first, readings, [each.print for each in copies]):
            break
    return readings, copies


def check_counts(database: Database, zone: ZoneInfo) -> int:
    """Open, refresh and open anew the alarms of today and the days before; answer how many were changed.

    Safe in any number of workers at once. Writes only when there is something to write.
    """
    with database.reading() as work:
        today = work.now().astimezone(zone).date()
        days = [day_of(today - timedelta(days=number), zone) for number in reversed(range(LOOKED_BACK + 1))]
        read = printers_read(work, days[0].start - _MARGIN)
        telling = [each for each in read if _telling_reading(work, each, days[-1])]
    for printer_id in telling:
        with database.work() as work:
            present = _telling_reading(work, printer_id, days[-1])
            if present is not None:
                keep_reading(work, printer_id, present)
    with database.reading() as work:
        due = [
            (printer_id, day)
            for printer_id in read
            for day, figures, _, _ in days_of(work, printer_id, days)
            if needs_note(work, printer_id, day, figures.as_json())
        ]
    for printer_id, day in due:
        with database.work() as work:
            lock_alarm(work, printer_id, day)
            ((_, figures, _, _),) = days_of(work, printer_id, [day_of(day, zone)])
            note_figures(work, BY_RECONCILIATION, printer_id, day, figures.as_json())
    return len(due)


def _telling_reading(work: Work, printer_id: UUID, today: Day) -> Reading | None:
    """The printer's present counter, when it is worth keeping: whoever watches printers keeps it when it moves."""
    present = present_reading(work, printer_id)
    if present is None:
        return None
    readings, copies = _loaded(work, printer_id, today, today.end)
    worth = readings and is_worth_keeping(readings[-1], present, [each.print for each in copies])
    return present if worth else None


def close_alarm(work: Work, actor: Actor, alarm_id: UUID, *, reason: str) -> AlarmFacts:
    """Raises: ReasonMissing, NotFound; TransitionRefused when it is closed already."""
    if not reason.strip():
        raise ReasonMissing("say what explains the difference, for whoever reads the log")
    return count_alarms.close_alarm(work, actor, alarm_id, reason=reason.strip())


def _day(
    day: Day,
    readings: Sequence[Reading],
    prints: Sequence[Print],
    copies: Iterable[PrintedCopy],
    home: dict[UUID, int],
    now: datetime,
) -> tuple[date, Figures, bool, tuple[UUID, ...]]:
    own = [each for each in copies if day.start <= each.print.began < day.end]
    read = any(day.start <= each.taken_at < day.end for each in readings)
    back = sum(home.get(each.copy_id, 0) for each in own)
    figures = _figures(reconcile(day, readings, prints, now), own, back)
    return day.date, figures, bool(own) or read, tuple(each.copy_id for each in own)


def _figures(account: Account, own: Sequence[PrintedCopy], back: int) -> Figures:
    sent = [each.print for each in own]
    authorised = [each for each in sent if each.authorised]
    reported = [each.reported for each in own if each.reported is not None]
    begins, ends = account.window or (None, None)
    impressions, sheets = account.impressions, account.sheets
    return Figures(
        finding=account.finding,
        window_from=begins,
        window_to=ends,
        authorised_copies=len(authorised),
        authorised_impressions=sum(each.pages for each in authorised),
        sent_copies=len(sent),
        sent_impressions=sum(each.pages for each in sent),
        sent_sheets=sum(each.paper for each in sent),
        reported_impressions=sum(reported) if reported else None,
        expected_impressions_least=impressions.expected.least,
        expected_impressions_most=impressions.expected.most,
        counted_impressions=impressions.counted,
        difference_impressions=impressions.difference,
        expected_sheets_least=sheets.expected.least,
        expected_sheets_most=sheets.expected.most,
        counted_sheets=sheets.counted,
        difference_sheets=sheets.difference,
        scanned_back_pages=back,
    )
