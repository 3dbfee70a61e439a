"""What happens to a copy's paper after it was printed. Names of holders and people stay out of the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class PaperEvent(Event):
    subject: ClassVar[str] = "copy"


@dataclass(frozen=True, kw_only=True)
class DueDateExtended(PaperEvent):
    """`again`: the paper had been written off, and is owed again."""

    before: datetime
    after: datetime
    reason: str
    again: bool


@dataclass(frozen=True, kw_only=True)
class DueDateRecounted(PaperEvent):
    """It counts from the first hand-over."""

    before: datetime
    after: datetime


@dataclass(frozen=True, kw_only=True)
class PaperWrittenOff(PaperEvent):
    written_off_as: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReturnReminded(PaperEvent):
    """Once a stage of a due date."""

    stage: str
    due_at: datetime
    days: int


@dataclass(frozen=True, kw_only=True)
class CopyHandedOver(PaperEvent):
    position: int
    holder_kind: str
    means: str
    handed_at: datetime
    proof_sha256: str | None


@dataclass(frozen=True, kw_only=True)
class HandOverCorrected(PaperEvent):
    """The revision before stays in the register."""

    position: int
    revision: int
    cancelled: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class HandOverProofRead(PaperEvent):
    position: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class BlockExceptionEvent(Event):
    subject: ClassVar[str] = "branch"
    exception_id: UUID


@dataclass(frozen=True, kw_only=True)
class BlockExceptionGranted(BlockExceptionEvent):
    reason: str
    valid_until: datetime
    most_uses: int


@dataclass(frozen=True, kw_only=True)
class BlockExceptionUsed(BlockExceptionEvent):
    uses: int


@dataclass(frozen=True, kw_only=True)
class BlockExceptionEnded(BlockExceptionEvent):
    """Before its time."""
