"""Where the ends of the signer's own files are kept a second time: in the log, under the signer's mark.

Whoever cuts a file's tail, or puts an old copy back, would have to take the log's newest entries away as well. Entries
without a mark of this signer are no claim: they are passed over, and said as an alarm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

import structlog

from printserver.audit.log import By, Event, append
from printserver.audit.queries import newest_facts
from printserver.foundation.unit_of_work import Database

BY_SIGNER: Final = By(process="signer")


@dataclass(frozen=True, kw_only=True)
class EndForged(Event):
    """The log names an end of one of the signer's files that this signer never marked: somebody wrote the entry."""

    subject: ClassVar[str] = "system"
    file: str
    entries: int


class Anchored(Protocol):
    def end_in(self, lines: int, text: str) -> str | None:
        """The head in a text of the log, when the file's own mark stands on it."""

    def is_end(self, lines: int, head: str) -> bool:
        """Whether the file's first `lines` lines end in `head`."""

    def check_knows(self, lines: int, head: str) -> None:
        """Raises: JournalBroken, RegisterBroken."""


def check_end(database: Database, file: Anchored, *, name: str, event: str, facts: tuple[str, str]) -> None:
    """Prove that the file still knows what it knew at the newest entries that bear its mark.

    event: whose entries name ends.   facts: the names of the number of lines and of the head there.
    Raises: JournalBroken or RegisterBroken of the file: then nothing may be signed.
    """
    own: list[tuple[int, str]] = []
    forged = 0
    with database.reading() as work:
        for page in newest_facts(work, event):
            for said in page:
                claim = (said.get(facts[0]), said.get(facts[1]))
                match claim:
                    case (int(lines), str(text)) if (head := file.end_in(lines, text)) is not None:
                        own.append((lines, head))
                    case (int(lines), str(text)) if file.is_end(lines, text):
                        """From before there were marks, and true."""
                    case _:
                        forged += 1
            if own:
                break
    if own:
        file.check_knows(*max(own))
    if forged:
        structlog.get_logger().critical("the log names ends that were never marked", file=name, entries=forged)
        with database.work() as work:
            append(work, BY_SIGNER, EndForged(file=name, entries=forged))
