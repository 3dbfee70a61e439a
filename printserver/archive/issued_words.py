"""The words of an issued PDF and where they stand on its pages, found in a limited child process."""

from __future__ import annotations

import json
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

_LIMITS: Final = ProcessLimits(
    memory_bytes=1024 * MEBIBYTE, cpu_seconds=120, wall_seconds=180, output_bytes=128 * MEBIBYTE
)


class IssuedTextUnreadable(Malformed):
    code = "issued-text-unreadable"


@dataclass(frozen=True)
class PlacedWord:
    """`box`: left, top, right, bottom in micrometres from the page's top left."""

    text: str
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class IssuedPage:
    """`text`: as it reads, lines apart."""

    width_um: int
    height_um: int
    text: str
    words: tuple[PlacedWord, ...]


def issued_pages(pdf: bytes) -> tuple[IssuedPage, ...]:
    """One for each page.   Raises: IssuedTextUnreadable."""
    try:
        answer = run_limited("printserver.archive.issued_words_process", [], pdf, _LIMITS)
    except (ProcessCrashed, ProcessLimitExceeded) as failure:
        raise IssuedTextUnreadable("the issued PDF's text cannot be read within the allowed time") from failure
    return tuple(_page(line) for line in answer.splitlines())


def _page(line: bytes) -> IssuedPage:
    facts = json.loads(line)
    words = tuple(PlacedWord(text, (left, top, right, bottom)) for text, left, top, right, bottom in facts["words"])
    return IssuedPage(facts["width_um"], facts["height_um"], facts["text"], words)
