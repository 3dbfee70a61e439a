"""What happens to records of signings by hand. Names and identity papers stay out of the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class SigningEvent(Event):
    """`content_sha256`: of what is recorded; names and papers stay out of the log."""

    subject: ClassVar[str] = "copy"
    record_id: UUID
    revision: int
    content_sha256: str


@dataclass(frozen=True, kw_only=True)
class SigningRecorded(SigningEvent):
    capture_id: UUID
    signers: int
    late: bool
    signed_at: datetime
    captured_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class SigningCorrected(SigningEvent):
    reason: str
    late: bool


@dataclass(frozen=True, kw_only=True)
class SigningDecided(SigningEvent):
    decision: str
    remark: str
