"""The gate for scans: what is not a complete PDF, JPEG or PNG is turned away before anything decodes it.

A file whose transfer was cut off, or whose size has stopped growing, is not complete; only its structure says so.
"""

from __future__ import annotations

import json
import struct
import zlib
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

_JPEG_SIZES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_NAME_SHOWN: Final = 80
_DECODING: Final = ProcessLimits(
    memory_bytes=3072 * MEBIBYTE, cpu_seconds=60, wall_seconds=180.0, output_bytes=640 * MEBIBYTE
)


class ScanKind(StrEnum):
    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"


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
    Raises: ScanTypeUnknown, ScanIncomplete, ScanEncrypted, ScanHasNoPages, ScanTooLarge.
    """
    name = _shown(filename)
    if len(data) > limits.bytes:
        raise ScanTooLarge(f"{name} has more than {limits.bytes // MEBIBYTE} MiB; please scan it in parts")
    if data.startswith(b"%PDF-"):
        return ScanFile(ScanKind.PDF, _pdf_pages(data, name, limits))
    if data.startswith(b"\xff\xd8\xff"):
        _check_pixels(*_jpeg_size(data, name), name, limits)
        return ScanFile(ScanKind.JPEG, 1)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        _check_pixels(*_png_size(data, name), name, limits)
        return ScanFile(ScanKind.PNG, 1)
    raise ScanTypeUnknown(f"{name} is neither a PDF nor a JPEG nor a PNG file")


def _shown(filename: str) -> str:
    printable = "".join(letter for letter in filename if letter.isprintable())
    return f"“{printable[:_NAME_SHOWN]}”"


def _check_pixels(width: int, height: int, name: str, limits: ScanLimits) -> None:
    if width * height > limits.pixels:
        raise ScanTooLarge(f"{name} has {width} × {height} pixels; please scan at 300 dpi")


def _jpeg_size(data: bytes, name: str) -> tuple[int, int]:
    """Width and height from the frame header. Source: ITU-T T.81 annex B (unverified against the text)."""
    if not data.rstrip(b"\0").endswith(b"\xff\xd9"):
        raise ScanIncomplete(f"{name} breaks off before its end; please send it again")
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _JPEG_WITHOUT_LENGTH:
            at += 2
        elif marker in _JPEG_SIZES and at + 9 <= len(data):
            height, width = struct.unpack_from(">HH", data, at + 5)
            if width and height:
                return width, height
            break
        elif marker == 0xDA:
            break
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise ScanIncomplete(f"{name} has no picture in it")


def _png_size(data: bytes, name: str) -> tuple[int, int]:
    """Width and height of a PNG whose chunks follow each other up to IEND. Source: W3C PNG, section 5."""
    at, size, pixels = 8, (0, 0), False
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data) or zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            break
        if kind == b"IHDR" and length == 13:
            size = struct.unpack_from(">II", data, at + 8)
        pixels = pixels or kind == b"IDAT"
        if kind == b"IEND":
            if end == len(data) and pixels and all(size):
                return size
            break
        at = end
    raise ScanIncomplete(f"{name} is damaged or breaks off before its end; please send it again")


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
    if found["pages"] == 0:
        raise ScanHasNoPages(f"{name} has no pages")
    if found["pages"] > limits.pages:
        raise ScanTooLarge(f"{name} has more than {limits.pages} pages; please send it in parts")
    return int(found["pages"])
