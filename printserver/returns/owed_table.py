"""Owed papers as a table to keep: a file that spreadsheets open, and that makes them compute nothing."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from printserver.print_requests.owed_queries import OwedView
from printserver.returns.day_table import Cell, csv_file

__all__ = ["COLUMNS", "cells", "csv_file"]

COLUMNS: Final = (
    *("branch", "title", "own_reference", "copy", "serial", "applicant"),
    *("printed", "due", "standing", "days_overdue", "reason"),
)
"""Stable names; `standing` is one of `owed_rules.Standing`."""


def cells(paper: OwedView, zone: ZoneInfo) -> tuple[Cell, ...]:
    """One for each of `COLUMNS`; days in `zone`."""
    printed = "" if paper.printed_at is None else paper.printed_at.astimezone(zone).date().isoformat()
    return (
        *(paper.branch, paper.title, paper.own_reference, f"{paper.number}/{paper.copies}", paper.serial),
        *(paper.applicant, printed, paper.due_at.astimezone(zone).date().isoformat()),
        *(paper.standing.value, paper.days, paper.reason),
    )
