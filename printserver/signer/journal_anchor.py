"""Where the end of the spent journal is kept a second time: in the log, with each copy that was signed.

Whoever cuts the journal's tail to have a copy signed again would have to take the log's newest entries away as well.
"""

from __future__ import annotations

from typing import Final

from printserver.audit.queries import AuditSearch, find_entries
from printserver.foundation.unit_of_work import Database
from printserver.print_requests.events import CopySigned
from printserver.signing.spent_journal import SpentJournal

RECENT: Final = 100
"""Entries of copies signed at the same time may stand in any order."""


def check_journal(database: Database, journal: SpentJournal) -> None:
    """Prove that the journal still knows what it knew when the newest copies were signed.

    Raises: JournalBroken: then nothing may be signed.
    """
    with database.reading() as work:
        signed = find_entries(work, AuditSearch(event=CopySigned.__name__), limit=RECENT).entries
    said = [(entry.facts.get("journal_lines", 0), entry.facts.get("journal_head", "")) for entry in signed]
    journal.check_knows(*max(said, default=(0, "")))
