"""Pictures become PDFs: drawn anew, upright, in the size that they name or that A4 allows, in a limited process."""

from __future__ import annotations

from typing import Final

from printserver.documents.intake import DocumentRefused
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)

_MAGICS: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*")
_DRAWING: Final = ProcessLimits(
    memory_bytes=1536 * MEBIBYTE, cpu_seconds=40, wall_seconds=60, output_bytes=128 * MEBIBYTE
)


class PictureRefused(DocumentRefused):
    code = "picture-refused"
    diagnosis = "The picture cannot be drawn: it is damaged, incomplete or too large. Please save or scan it anew."


def is_picture(data: bytes) -> bool:
    """JPEG, PNG, TIFF or WebP, by its first bytes."""
    return data.startswith(_MAGICS) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def draw_picture(data: bytes) -> bytes:
    """A PDF with a page for each picture in it; nothing but its dots is taken over.   Raises: PictureRefused."""
    try:
        return run_limited("printserver.documents.picture_process", [], data, _DRAWING)
    except (ProcessCrashed, ProcessLimitExceeded) as failure:
        raise PictureRefused from failure
