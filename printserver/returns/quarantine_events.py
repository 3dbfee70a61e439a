"""What happens to scans that no gate let in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class QuarantineEvent(Event):
    subject: ClassVar[str] = "quarantined-scan"
    scan_sha256: str


@dataclass(frozen=True, kw_only=True)
class ScanQuarantined(QuarantineEvent):
    """Without the file's name, which a disposal could not take out of the log."""

    channel: str
    bytes: int
    problem: str


@dataclass(frozen=True, kw_only=True)
class QuarantinedScanRead(QuarantineEvent):
    """Somebody fetched the untouched file."""


@dataclass(frozen=True, kw_only=True)
class QuarantinedScanTakenIn(QuarantineEvent):
    """The gate let it in when it was tried again."""

    return_id: UUID


@dataclass(frozen=True, kw_only=True)
class QuarantinedScanDiscarded(QuarantineEvent):
    """A person said that nothing is lost with it; its bytes stay stored."""

    reason: str
