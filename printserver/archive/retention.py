"""How long a record is kept, counted from the contract's end, and when it may go. Pure.

Whatever is not known keeps a record: a word that this table does not know is for ever, and without an end nothing is
ever due. A day is over when it is over everywhere on Earth, so that no time zone makes a record due early.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from printserver.approvals.retention_periods import YEARS_KEPT

LAST_ZONE: Final = timedelta(hours=12)
"""How far the clocks of the last time zone are behind UTC."""


class Standing(StrEnum):
    """What a disposal run would do with a record."""

    DUE = "due"
    HELD = "held"
    NOT_DUE = "not-due"
    END_UNKNOWN = "end-unknown"
    """Nobody has named the contract's end."""
    PERMANENT = "permanent"
    DISPOSED = "disposed"


@dataclass(frozen=True)
class Term:
    """`code`: one of YEARS_KEPT; any other word is for ever.   end: of the contract, None when unknown.

    archived: the day on which the record was made.
    """

    code: str
    end: date | None
    archived: date

    @property
    def kept_until(self) -> date | None:
        """The last day on which the record is kept, None for ever.

        Without an end it is counted from the archive's day, to be shown, and nobody may rely on it.
        """
        years = YEARS_KEPT.get(self.code)
        return None if years is None else years_after(self.end or self.archived, years)

    def is_due(self, today: date) -> bool:
        """today: as `day_over_everywhere` says."""
        until = self.kept_until
        return self.end is not None and until is not None and today > until


def years_after(day: date, years: int) -> date | None:
    """The same day `years` later; 1 March for 29 February where there is none. None beyond the calendar."""
    if day.year + years > date.max.year:
        return None
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def shortens(before: Term, after: Term) -> bool:
    """Whether the record might go earlier than was said of it so far."""
    if after.kept_until is None:
        return False
    return before.kept_until is None or after.kept_until < before.kept_until


def standing(term: Term, today: date, *, held: bool, disposed: bool) -> Standing:
    """A hold wins over everything but a disposal that has happened."""
    if disposed:
        return Standing.DISPOSED
    if held:
        return Standing.HELD
    if term.kept_until is None:
        return Standing.PERMANENT
    if term.end is None:
        return Standing.END_UNKNOWN
    return Standing.DUE if term.is_due(today) else Standing.NOT_DUE


def day_over_everywhere(now: datetime) -> date:
    """The day that it is in the last time zone.   now: aware, in UTC."""
    return (now - LAST_ZONE).date()
