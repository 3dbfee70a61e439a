"""Where a safe document's words stand on its pages, found in a limited child process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)
from printserver.rendering.page_images import PageNotDrawable
from printserver.rendering.page_layout import Box

_LIMITS: Final = ProcessLimits(
    memory_bytes=1024 * MEBIBYTE, cpu_seconds=40, wall_seconds=60, output_bytes=64 * MEBIBYTE
)


@dataclass(frozen=True)
class PageText:
    """Boxes on the safe document's page, before its content is moved or made smaller.

    words: of each keyword asked for, its occurrences on the page, in reading order, each with a box a line.
    signatures: dates and lines to be signed or sealed, likewise.   lines: of all text.   blanks: how many.
    """

    has_text: bool
    lines: tuple[Box, ...]
    words: tuple[tuple[tuple[Box, ...], ...], ...]
    signatures: tuple[tuple[Box, ...], ...]
    blanks: int


def page_texts(safe_pdf: bytes, keywords: Sequence[str] = ()) -> tuple[PageText, ...]:
    """One for each page.   Raises PageNotDrawable."""
    try:
        answer = run_limited("printserver.rendering.text_process", list(keywords), safe_pdf, _LIMITS)
    except (ProcessCrashed, ProcessLimitExceeded) as failure:
        raise PageNotDrawable(None) from failure
    return tuple(_page_text(json.loads(line)) for line in answer.splitlines())


def _page_text(facts: dict[str, Any]) -> PageText:
    return PageText(
        has_text=facts["has_text"],
        lines=_boxes(facts["lines"]),
        words=tuple(tuple(map(_boxes, found)) for found in facts["words"]),
        signatures=tuple(map(_boxes, facts["signatures"])),
        blanks=facts["blanks"],
    )


def _boxes(given: list[list[int]]) -> tuple[Box, ...]:
    """Boxes without area (a lone space) tell nothing."""
    boxes = (Box(left, top, right - left, bottom - top) for left, top, right, bottom in given)
    return tuple(box for box in boxes if box.width_um > 0 and box.height_um > 0)
