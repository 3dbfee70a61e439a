"""Where the end of the spent journal is kept a second time: in the log, with each copy that was signed."""

from __future__ import annotations

from typing import Final

from printserver.foundation.unit_of_work import Database
from printserver.print_requests.events import CopySigned
from printserver.signer.end_anchors import check_end
from printserver.signing.spent_journal import NAME, SpentJournal

FACTS: Final = ("journal_lines", "journal_head")


def check_journal(database: Database, journal: SpentJournal) -> None:
    """Prove that the journal still knows what it knew when the newest copies were signed.

    Raises: JournalBroken: then nothing may be signed.
    """
    check_end(database, journal, name=NAME, event=CopySigned.__name__, facts=FACTS)
