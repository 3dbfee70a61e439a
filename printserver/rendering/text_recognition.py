"""Reads the text on a picture (OCR) in a limited child process that reaches no network and no file but the models.

The models lie in the wheel of `rapidocr`; nothing is ever fetched. One thread, so the same picture gives the same text.
A page takes some seconds and a single line about a tenth of one: what can be compared without reading is not read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from printserver.foundation.errors import Malformed
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)

_MODULE: Final = "printserver.rendering.text_recognition_process"
_MEMORY: Final = 3072 * MEBIBYTE
"""Address space; what is really used stays below a third of it."""


class TextNotRead(Malformed):
    """Not a JPEG or PNG, too large, or not read within the limits."""

    code = "text-not-read"


@dataclass(frozen=True)
class TextLine:
    """`confidence`: 0 to 1, the recogniser's own.   box: left, top, width, height in the picture's pixels."""

    text: str
    confidence: float
    box: tuple[int, int, int, int]


def read_text(picture: bytes, *, wall_seconds: float = 60) -> tuple[TextLine, ...]:
    """The lines of an upright page, top to bottom, then left to right.

    picture: JPEG or PNG of at most 60 million pixels.   Raises TextNotRead.
    """
    answer = _asked("page", [picture], wall_seconds)
    return tuple(_line(each) for each in json.loads(answer)[0])


def read_lines(pictures: Sequence[bytes], *, wall_seconds: float = 60) -> tuple[TextLine, ...]:
    """One for each picture of a single line of text; an unreadable one has no text.

    pictures: JPEG or PNG.   Raises TextNotRead.
    """
    if not pictures:
        return ()
    return tuple(_line(each[0]) for each in json.loads(_asked("lines", pictures, wall_seconds)))


def _asked(order: str, pictures: Sequence[bytes], wall_seconds: float) -> bytes:
    given = b"".join(len(picture).to_bytes(4, "big") + picture for picture in pictures)
    limits = ProcessLimits(memory_bytes=_MEMORY, cpu_seconds=max(1, round(wall_seconds)), wall_seconds=wall_seconds)
    try:
        return run_limited(_MODULE, [order], given, limits)
    except (ProcessCrashed, ProcessLimitExceeded) as failure:
        raise TextNotRead("the picture's text cannot be read within the allowed time and memory") from failure


def _line(given: dict[str, object]) -> TextLine:
    left, top, width, height = map(int, given["box"])  # type: ignore[call-overload]  # our own process's answer
    return TextLine(str(given["text"]), float(given["confidence"]), (left, top, width, height))  # type: ignore[arg-type]
