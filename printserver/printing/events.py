"""What happens to printers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class PrinterEnrolled(Event):
    subject: ClassVar[str] = "printer"
    name: str
    queue: str
    certificate_sha256: str


@dataclass(frozen=True, kw_only=True)
class PrinterPaused(Event):
    subject: ClassVar[str] = "printer"
    paused: bool
    reason: str
