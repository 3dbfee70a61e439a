"""Every character of a page's text with its place, found in a limited child process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)
from printserver.rendering.page_images import PageMissing, PageNotDrawable
from printserver.rendering.page_layout import Box
from printserver.rendering.raster_limits import NO_SUCH_PAGE

_LIMITS: Final = ProcessLimits(memory_bytes=1024 * MEBIBYTE, cpu_seconds=20, wall_seconds=40)


@dataclass(frozen=True, slots=True)
class Glyph:
    """One visible character.   box: around its ink, in µm from the page's top left.   line: which line it stands in."""

    text: str
    box: Box
    line: int


@dataclass(frozen=True)
class PageGlyphs:
    """`lines`: their whole text, spaces included, in the order in which the file gives them."""

    glyphs: tuple[Glyph, ...] = ()
    lines: tuple[str, ...] = ()


def page_glyphs(pdf: bytes, page: int) -> PageGlyphs:
    """The characters of one page (1-based) of an upright page, none of a page without a text layer.

    Raises PageMissing, PageNotDrawable.
    """
    try:
        answer = json.loads(run_limited("printserver.rendering.page_glyphs_process", [str(page)], pdf, _LIMITS))
    except ProcessCrashed as crash:
        if crash.status == NO_SUCH_PAGE:
            raise PageMissing(f"the document has no page {page}") from None
        raise PageNotDrawable(page) from crash
    except ProcessLimitExceeded as exceeded:
        raise PageNotDrawable(page) from exceeded
    glyphs = (Glyph(text, Box(x, y, width, height), line) for text, x, y, width, height, line in answer["glyphs"])
    return PageGlyphs(tuple(glyphs), tuple(answer["lines"]))
