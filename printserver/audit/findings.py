"""What a proof of the log reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from printserver.foundation.errors import IntegrityError


class LogNotProven(IntegrityError):
    code = "log-not-proven"


class Problem(StrEnum):
    ENTRY_CHANGED = "entry-changed"
    ENTRY_REMOVED = "entry-removed"
    ENTRY_INSERTED = "entry-inserted"
    ENTRY_REORDERED = "entry-reordered"
    ENTRY_UNSEQUENCED = "entry-unsequenced"
    COLUMN_DISAGREES = "column-disagrees"
    LEAF_CHANGED = "leaf-changed"
    POSITION_GAP = "position-gap"
    TAIL_CUT = "tail-cut"
    HEAD_CHANGED = "head-changed"
    HEAD_REMOVED = "head-removed"
    HEAD_ROOT_WRONG = "head-root-wrong"
    HEAD_SIGNATURE_WRONG = "head-signature-wrong"
    HEAD_TIME_WRONG = "head-time-wrong"
    HEAD_UNWITNESSED = "head-unwitnessed"
    WITNESS_BROKEN = "witness-broken"


@dataclass(frozen=True)
class Finding:
    """position: of the entry, from 0; for a head its size; for the witness its line, from 1.

    entry_id, event: as far as the database still tells them.
    """

    problem: Problem
    detail: str
    position: int | None = None
    entry_id: UUID | None = None
    event: str = ""

    def __str__(self) -> str:
        place = "" if self.position is None else f" {self.position}"
        about = f" ({self.event or '?'} {self.entry_id})" if self.entry_id else ""
        return f"{self.problem}{place}{about}: {self.detail}"


@dataclass(frozen=True)
class LogReport:
    """entries: places that signed heads or the witness cover.   heads: in the database.   witnessed: heads there.

    unsequenced: entries that wait for their place.
    """

    entries: int
    heads: int
    witnessed: int
    unsequenced: int
    findings: tuple[Finding, ...]

    def raise_if_bad(self) -> None:
        """Raises: LogNotProven, naming what was found."""
        if self.findings:
            raise LogNotProven("\n".join(map(str, self.findings)))
