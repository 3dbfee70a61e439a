"""The gate for scans: what is not a complete PDF, TIFF, JPEG or PNG is turned away before anything decodes it.

A file whose transfer was cut off, or whose size has stopped growing, is not complete; only its structure says so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from printserver.foundation.errors import Malformed, PrintServerError, TooLarge
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)
from printserver.returns.intake_pictures import NotWhole, is_heif, jpeg_size, png_size
from printserver.returns.intake_tiff import is_tiff, tiff_frames

_NAME_SHOWN: Final = 80
_DECODING: Final = ProcessLimits(
    memory_bytes=3072 * MEBIBYTE, cpu_seconds=60, wall_seconds=180.0, output_bytes=640 * MEBIBYTE
)


class ScanKind(StrEnum):
    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    TIFF = "image/tiff"


@dataclass(frozen=True)
class ScanLimits:
    """How much of a scan is read. The numbers are per file, pixels per page."""

    bytes: int = 256 * MEBIBYTE
    pages: int = 500
    pixels: int = 100_000_000
    process: ProcessLimits = _DECODING
    """Of one decoding process, which reads a few pages. Its output has to hold the largest page, 3 bytes a pixel."""


DEFAULT_LIMITS: Final = ScanLimits()


class ScanRefused(PrintServerError):
    """A file that is no scan we can take in; nothing of it was decoded."""

    code = "scan-refused"


class ScanTypeUnknown(ScanRefused, Malformed):
    code = "scan-type-unknown"


class ScanHeic(ScanRefused, Malformed):
    """A telephone's own kind of picture, for which there is no decoder here."""

    code = "scan-heic"


class ScanIncomplete(ScanRefused, Malformed):
    code = "scan-incomplete"


class ScanEncrypted(ScanRefused, Malformed):
    code = "scan-encrypted"


class ScanHasNoPages(ScanRefused, Malformed):
    code = "scan-has-no-pages"


class ScanTooLarge(ScanRefused, TooLarge):
    code = "scan-too-large"


@dataclass(frozen=True)
class ScanFile:
    kind: ScanKind
    pages: int
    """At least 1."""


def examine(data: bytes, filename: str, limits: ScanLimits = DEFAULT_LIMITS) -> ScanFile:
    """Let a complete scan pass and say what it is.

    filename: as the sender named it; it appears in messages and decides nothing.
    Raises: ScanTypeUnknown, ScanHeic, ScanIncomplete, ScanEncrypted, ScanHasNoPages, ScanTooLarge.
    """
    name = _shown(filename)
    if len(data) > limits.bytes:
        raise ScanTooLarge(f"{name} has more than {limits.bytes // MEBIBYTE} MiB; please scan it in parts")
    if data.startswith(b"%PDF-"):
        return ScanFile(ScanKind.PDF, _pdf_pages(data, name, limits))
    if is_heif(data):
        raise ScanHeic(
            f"{name} is a HEIC picture; please send it as JPEG (on a telephone: camera format “Most compatible”)"
        )
    try:
        return _picture(data, name, limits)
    except NotWhole as problem:
        raise ScanIncomplete(f"{name} {problem}; please send it again") from None


def _picture(data: bytes, name: str, limits: ScanLimits) -> ScanFile:
    if data.startswith(b"\xff\xd8\xff"):
        _check_pixels(*jpeg_size(data), name, limits)
        return ScanFile(ScanKind.JPEG, 1)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        _check_pixels(*png_size(data), name, limits)
        return ScanFile(ScanKind.PNG, 1)
    if is_tiff(data):
        frames = tiff_frames(data, limits.pages)
        _check_pages(len(frames), name, limits)
        for width, height in frames:
            _check_pixels(width, height, name, limits)
        return ScanFile(ScanKind.TIFF, len(frames))
    raise ScanTypeUnknown(f"{name} is neither a PDF nor a TIFF, JPEG or PNG file")


def _shown(filename: str) -> str:
    printable = "".join(letter for letter in filename if letter.isprintable())
    return f"“{printable[:_NAME_SHOWN]}”"


def _check_pixels(width: int, height: int, name: str, limits: ScanLimits) -> None:
    if width * height > limits.pixels:
        raise ScanTooLarge(f"{name} has {width} × {height} pixels; please scan at 300 dpi")


def _check_pages(pages: int, name: str, limits: ScanLimits) -> None:
    if pages == 0:
        raise ScanHasNoPages(f"{name} has no pages")
    if pages > limits.pages:
        raise ScanTooLarge(f"{name} has more than {limits.pages} pages; please send it in parts")


def _pdf_pages(data: bytes, name: str, limits: ScanLimits) -> int:
    """A complete PDF opens without repair; it does so in a process of its own, for its structure may be a bomb."""
    if b"%%EOF" not in data[-1024:]:
        raise ScanIncomplete(f"{name} breaks off before its end; please send it again")
    try:
        answer = run_limited("printserver.returns.intake_process", [], data, limits.process)
    except ProcessLimitExceeded as failure:
        raise ScanTooLarge(f"{name} cannot be opened: {failure}") from failure
    except ProcessCrashed as failure:
        raise ScanIncomplete(f"{name} is damaged; please send it again") from failure
    found = json.loads(answer)
    if found["problem"] == "encrypted":
        raise ScanEncrypted(f"{name} is protected by a password; please send it without")
    if found["problem"] == "damaged":
        raise ScanIncomplete(f"{name} is damaged or not complete; please send it again")
    _check_pages(int(found["pages"]), name, limits)
    return int(found["pages"])
