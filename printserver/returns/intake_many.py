"""Hand in many files at once: each for itself, so that one bad file blocks none, and the same file twice is once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from printserver.foundation.errors import Malformed, PrintServerError, TooLarge
from printserver.foundation.unit_of_work import Database
from printserver.organisations.access import Actor
from printserver.returns.intake import ScanRefused
from printserver.returns.service import AlreadyHandedIn, hand_in
from printserver.storage.objects import Objects

MOST_AT_ONCE: Final = 100


class NoScans(Malformed):
    code = "no-scans"


class TooManyScans(TooLarge):
    code = "too-many-scans"


class FileFate(StrEnum):
    HANDED_IN = "handed-in"
    KNOWN = "known"
    """The branch has handed in these very bytes before."""
    REFUSED = "refused"


@dataclass(frozen=True)
class HandedInFile:
    """`return_id`: of the return, new or earlier; None for a refused file.   problem: why it was refused, else None."""

    filename: str
    fate: FileFate
    return_id: UUID | None = None
    problem: PrintServerError | None = None

    @property
    def refusal(self) -> PrintServerError | None:
        """What handing in this file alone raises."""
        if self.fate is FileFate.KNOWN and self.return_id is not None:
            return AlreadyHandedIn(self.return_id)
        return self.problem


def hand_in_many(
    database: Database, objects: Objects, actor: Actor, files: Iterable[tuple[str, bytes]]
) -> tuple[HandedInFile, ...]:
    """What became of each file, in their order; what was handed in stays so, whatever the next one raises.

    files: name and bytes; read one after the other.
    Raises: Forbidden, NoScans, TooManyScans for those beyond MOST_AT_ONCE.
    """
    done: list[HandedInFile] = []
    for filename, data in files:
        if len(done) == MOST_AT_ONCE:
            raise TooManyScans(f"at most {MOST_AT_ONCE} files at once; the first {MOST_AT_ONCE} are handed in")
        done.append(_hand_in(database, objects, actor, filename, data))
    if not done:
        raise NoScans("please choose at least one file")
    return tuple(done)


def _hand_in(database: Database, objects: Objects, actor: Actor, filename: str, data: bytes) -> HandedInFile:
    try:
        return HandedInFile(
            filename, FileFate.HANDED_IN, hand_in(database, objects, actor, filename=filename, data=data)
        )
    except AlreadyHandedIn as known:
        return HandedInFile(filename, FileFate.KNOWN, known.return_id)
    except ScanRefused as problem:
        return HandedInFile(filename, FileFate.REFUSED, problem=problem)
