"""What became of the papers of copies that went to a printer: home, ended, owed, or not asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from printserver.print_requests.owed_queries import PaperFate


@dataclass(frozen=True)
class PaperCounts:
    """Each copy is one of archived, ended, owed, kept and unsettled: their sum is that of the copies.

    `ended`: void, missing, destroyed or replaced.   `overdue`: among the owed ones.   `kept`: need not come back.
    `unsettled`: at the printer, or of an unknown outcome.
    """

    archived_copies: int = 0
    ended_copies: int = 0
    owed_copies: int = 0
    overdue_copies: int = 0
    kept_copies: int = 0
    unsettled_copies: int = 0


def paper_counts(fates: Iterable[PaperFate]) -> PaperCounts:
    """fates: one of each copy."""
    found = Counter(fates)
    return PaperCounts(
        archived_copies=found[PaperFate.ARCHIVED],
        ended_copies=found[PaperFate.ENDED],
        owed_copies=found[PaperFate.OWED] + found[PaperFate.OVERDUE],
        overdue_copies=found[PaperFate.OVERDUE],
        kept_copies=found[PaperFate.KEPT],
        unsettled_copies=found[PaperFate.UNSETTLED],
    )
