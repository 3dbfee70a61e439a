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
class PrinterPinRenewed(Event):
    """Digests of the certificate that was trusted until now, and of the one that a person has confirmed."""

    subject: ClassVar[str] = "printer"
    before: str
    after: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PrinterChanged(Event):
    """What is different, by column."""

    subject: ClassVar[str] = "printer"
    before: dict[str, str]
    after: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class PrinterCapabilitiesAsked(Event):
    """What it answered, in short; the whole answer lies in the register."""

    subject: ClassVar[str] = "printer"
    model: str
    colour: bool
    two_sided: bool
    document_format: str
    resolution_dpi: int


@dataclass(frozen=True, kw_only=True)
class PrinterTakenOutOfService(Event):
    subject: ClassVar[str] = "printer"
    reason: str


@dataclass(frozen=True, kw_only=True)
class PrinterCounterRead(Event):
    """By a person, at the printer's panel."""

    subject: ClassVar[str] = "printer"
    impressions: int
    sheets: int | None


@dataclass(frozen=True, kw_only=True)
class PrinterCalibrated(Event):
    """Cells of the calibration sheet, and sizes of microtext in micrometres; empty and 0 for the usual."""

    subject: ClassVar[str] = "printer"
    before: str
    after: str
    microtext_um: int


@dataclass(frozen=True, kw_only=True)
class CalibrationSheetDrawn(Event):
    """A sheet that is no copy of any document was taken out for this printer."""

    subject: ClassVar[str] = "printer"
    resolution_dpi: int


@dataclass(frozen=True, kw_only=True)
class PrinterPaused(Event):
    subject: ClassVar[str] = "printer"
    paused: bool
    reason: str
