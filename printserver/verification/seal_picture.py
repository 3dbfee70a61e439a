"""A seal's picture for a page: strangers' bytes are decoded in a limited process, and only new pixels come back."""

from __future__ import annotations

from typing import Final

from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)

_LIMITS: Final = ProcessLimits(memory_bytes=768 * MEBIBYTE, cpu_seconds=10, wall_seconds=20, output_bytes=4 * MEBIBYTE)


def seal_picture_png(picture: bytes) -> bytes | None:
    """A PNG on white, its longer side at most 480 pixels; None for a picture that is not drawn here.

    picture: PDF, PNG, JPEG, GIF or BMP by its first bytes, whatever the seal calls it.
    """
    try:
        return run_limited("printserver.verification.seal_picture_process", [], picture, _LIMITS)
    except (ProcessCrashed, ProcessLimitExceeded):
        return None
