"""Does a printer's own page counter agree with the copies that were authorised? Pure: decides from figures alone.

The counter is read now and then, so a day is judged by a window between two readings; what they enclose is said with
the finding, and a day that they do not enclose is never called agreed. Windows begin and end at *quiet* readings, taken
while no copy could be half counted: each copy lies wholly in one window, and a day's window begins where the last one
ended. What the books cannot know stays open as an interval, so a difference is never explained away by a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

COUNT_FOLLOWS: Final = timedelta(minutes=1)
"""How long after the printer called a copy complete its sheets may still be missing from the counter."""
PAPER_FOLLOWS: Final = timedelta(minutes=10)
"""How long after the end of a copy of doubtful fate its sheets may still come out; and how long the counter of a
running day must have had time before it is called short."""
CLOCKS_DIFFER: Final = timedelta(seconds=5)
"""How far the clocks may be apart of the machines that write down a copy's beginning and a reading."""


class Finding(StrEnum):
    AGREED = "agreed"
    """The day is over, wholly enclosed, and the counter moved by what was authorised."""
    OPEN = "open"
    """Not decided: the day runs, or a copy is on its way."""
    SHORT = "short"
    """Less was counted than the copies that are said to be printed."""
    SURPLUS = "surplus"
    """More was counted than all authorised copies together: something was printed outside the system."""
    NO_COUNTER = "no-counter"
    """The printer's counter was never read up to this day."""
    COUNTER_WENT_BACK = "counter-went-back"
    """It shows less than before: the printer, or its memory, was exchanged."""
    COVERED_IN_PART = "covered-in-part"
    """As far as the readings reach there is no difference; they do not reach over the whole day."""


ALARMING: Final = frozenset({Finding.SHORT, Finding.SURPLUS, Finding.COUNTER_WENT_BACK})


class Fate(StrEnum):
    """What is known of a copy's paper."""

    PRINTED = "printed"
    ON_ITS_WAY = "on-its-way"
    DOUBTFUL = "doubtful"
    """Outcome unknown, destroyed, missing, or void without ever being recorded as printed: from nothing to all."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `least` to `most`, both possible."""

    least: int = 0
    most: int = 0

    def __add__(self, other: Span) -> Span:
        return Span(self.least + other.least, self.most + other.most)


@dataclass(frozen=True, slots=True)
class Reading:
    """Of the counter, since the printer was made. `sheets`: None when the printer does not count them."""

    taken_at: datetime
    impressions: int
    sheets: int | None = None


@dataclass(frozen=True, slots=True)
class Print:
    """A copy that went to the printer. `pages` ≥ 1; `over`: when it was known to be at its end, None while on its way.

    A copy without a redeemed authorisation is expected nowhere: what it moves the counter by is surplus.
    """

    pages: int
    two_sided: bool
    fate: Fate
    began: datetime
    over: datetime | None
    authorised: bool = True

    @property
    def impressions(self) -> Span:
        """Sides that the counter may move by; the blank back of the last sheet is counted by some printers."""
        blank_back = self.pages % 2 if self.two_sided else 0
        return self._span(Span(self.pages, self.pages + blank_back))

    @property
    def sheets(self) -> Span:
        return self._span(Span(self.paper, self.paper))

    @property
    def paper(self) -> int:
        """Sheets that the whole copy takes."""
        return -(-self.pages // 2) if self.two_sided else self.pages

    def in_window(self, opening: datetime, closing: datetime) -> bool:
        """Whether any of its sheets can have been counted after `opening` and up to `closing`."""
        return self.began - CLOCKS_DIFFER < closing and (self._counted_by is None or self._counted_by > opening)

    def half_counted(self, moment: datetime) -> bool:
        """Whether a reading of this moment may have seen some of its sheets, but not all."""
        return self.began - CLOCKS_DIFFER < moment and (self._counted_by is None or self._counted_by > moment)

    @property
    def _counted_by(self) -> datetime | None:
        if self.over is None or self.fate is Fate.ON_ITS_WAY:
            return None
        return self.over + (COUNT_FOLLOWS if self.fate is Fate.PRINTED else PAPER_FOLLOWS)

    def _span(self, whole: Span) -> Span:
        if not self.authorised:
            return Span()
        return whole if self.fate is Fate.PRINTED else Span(0, whole.most)


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day of the server's time zone, as moments: from `start` up to, not including, `end`."""

    date: date
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Measure:
    """What was expected of one counter, and how far it moved; `counted` is None when that is not known."""

    expected: Span
    counted: int | None

    @property
    def difference(self) -> int:
        """Above 0: so many too many; below 0: so many too few; 0 when it fits or is not known."""
        if self.counted is None:
            return 0
        return max(self.counted - self.expected.most, 0) + min(self.counted - self.expected.least, 0)


@dataclass(frozen=True, slots=True)
class Account:
    """`window`: the moments of the two readings that were compared; None when there are no two."""

    finding: Finding
    window: tuple[datetime, datetime] | None
    impressions: Measure
    sheets: Measure


NOTHING: Final = Measure(Span(), None)


def day_of(day: date, zone: ZoneInfo) -> Day:
    """Days have 23 to 25 hours where clocks are changed."""
    start, end = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
    return Day(day, start, end)


def reconcile(day: Day, readings: Sequence[Reading], prints: Sequence[Print], now: datetime) -> Account:
    """readings: all from the last quiet one before the day on, in order.   prints: all that may touch the window."""
    known = [each for each in readings if each.taken_at <= day.end]
    if not known:
        return Account(Finding.NO_COUNTER, None, NOTHING, NOTHING)
    runs = now < day.end
    opening = _opening(day, known, prints)
    closing = None if opening is None else _closing(day, known, prints, after=opening, quiet=not runs)
    waits = any(each.fate is Fate.ON_ITS_WAY and each.began < day.end for each in prints)
    undecided = Finding.OPEN if runs or waits else Finding.COVERED_IN_PART
    if opening is None or closing is None:
        return Account(undecided, None, NOTHING, NOTHING)
    window = (opening.taken_at, closing.taken_at)
    if _went_back([each for each in known if opening.taken_at <= each.taken_at <= closing.taken_at]):
        return Account(Finding.COUNTER_WENT_BACK, window, NOTHING, NOTHING)
    impressions, sheets = _measures(opening, closing, prints)
    differences = (impressions.difference, sheets.difference)
    finding = undecided
    if max(differences) > 0:
        finding = Finding.SURPLUS
    elif min(differences) < 0:
        finding = Finding.SHORT if not waits and _had_time(closing, prints, runs=runs) else undecided
    elif undecided is Finding.COVERED_IN_PART and _encloses(day, readings, prints, opening, closing):
        finding = Finding.AGREED
    return Account(finding, window, impressions, sheets)


def has_opening(day: Day, readings: Sequence[Reading], prints: Sequence[Print]) -> bool:
    """Whether there is a quiet reading before the day, so that older ones change nothing about it."""
    return any(each.taken_at <= day.start and _is_quiet(each, prints) for each in readings)


def is_worth_keeping(latest: Reading, present: Reading, prints: Sequence[Print]) -> bool:
    """Whether the `present` reading, of a counter that has not moved since `latest`, says more than that one does.

    It does when it is the first quiet one after a copy, and again when even a slow counter has had its time: days end
    with the former, and a running day is called short by the latter.
    """
    if present.taken_at <= latest.taken_at or not _is_quiet(present, prints):
        return False
    if not _is_quiet(latest, prints):
        return True
    return _had_time(present, prints, runs=True) and not _had_time(latest, prints, runs=True)


def _is_quiet(reading: Reading, prints: Sequence[Print]) -> bool:
    return not any(each.half_counted(reading.taken_at) for each in prints)


def _had_time(closing: Reading, prints: Sequence[Print], *, runs: bool) -> bool:
    """Whether everything printed before this reading is in it for certain, however slow the counter."""
    wait = PAPER_FOLLOWS if runs else COUNT_FOLLOWS
    began = [each for each in prints if each.began - CLOCKS_DIFFER < closing.taken_at]
    return all(each.over is not None and each.over + wait <= closing.taken_at for each in began)


def _opening(day: Day, known: Sequence[Reading], prints: Sequence[Print]) -> Reading | None:
    """The last quiet reading up to the day's start; for want of one the first quiet one within the day."""
    before = next((each for each in reversed(known) if each.taken_at <= day.start and _is_quiet(each, prints)), None)
    return before or next((each for each in known if each.taken_at > day.start and _is_quiet(each, prints)), None)


def _closing(
    day: Day, known: Sequence[Reading], prints: Sequence[Print], *, after: Reading, quiet: bool
) -> Reading | None:
    """The last reading within the day; once the day is over the last quiet one, with which the next day opens."""
    within = [each for each in known if each.taken_at > max(day.start, after.taken_at)]
    return next((each for each in reversed(within) if not quiet or _is_quiet(each, prints)), None)


def _went_back(readings: Sequence[Reading]) -> bool:
    sheets = [each.sheets for each in readings if each.sheets is not None]
    impressions = [each.impressions for each in readings]
    return impressions != sorted(impressions) or sheets != sorted(sheets)


def _measures(opening: Reading, closing: Reading, prints: Sequence[Print]) -> tuple[Measure, Measure]:
    impressions, sheets = Span(), Span()
    for each in prints:
        if not each.in_window(opening.taken_at, closing.taken_at):
            continue
        half = each.half_counted(closing.taken_at)
        impressions += Span(0, each.impressions.most) if half else each.impressions
        sheets += Span(0, each.sheets.most) if half else each.sheets
    counted_sheets = None
    if opening.sheets is not None and closing.sheets is not None:
        counted_sheets = closing.sheets - opening.sheets
    return Measure(impressions, closing.impressions - opening.impressions), Measure(sheets, counted_sheets)


def _encloses(
    day: Day, readings: Sequence[Reading], prints: Sequence[Print], opening: Reading, closing: Reading
) -> bool:
    """Whether readings without a difference between them reach from before the day to after it.

    What was counted between the window's closing and the first quiet reading after the day may be of either day, so a
    difference there leaves this day undecided too.
    """
    after = next((each for each in readings if each.taken_at >= day.end and _is_quiet(each, prints)), None)
    if after is None or opening.taken_at > day.start:
        return False
    if _went_back([each for each in readings if closing.taken_at <= each.taken_at <= after.taken_at]):
        return False
    return not any(each.difference for each in _measures(closing, after, prints))
