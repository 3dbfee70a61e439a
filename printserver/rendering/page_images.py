"""Pictures of pages, and maps of their ink, made in a limited child process."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from printserver.foundation.errors import Malformed, NotFound, TooLarge
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)
from printserver.rendering.raster_limits import INK_DPI, NO_SUCH_PAGE, TOO_MANY_PIXELS, Box
from printserver.rendering.typeface import SANS_BOLD, GlyphMissing, missing_glyphs
from printserver.rendering.units import PageSize, to_micrometres

PREVIEW_WATERMARK: Final = "预览 无效 PREVIEW – NOT VALID"
ARCHIVE_WATERMARK: Final = "档案查阅 无效 ARCHIVE – NOT VALID"
COMPARISON_WATERMARK: Final = "仅供核对 FOR COMPARISON – NOT VALID"
CELL_UM: Final = round(25_400 / INK_DPI)

_MODULE: Final = "printserver.rendering.raster_process"
_IMAGE_LIMITS: Final = ProcessLimits(memory_bytes=1536 * MEBIBYTE, cpu_seconds=20, wall_seconds=40)
INK_LIMITS: Final = ProcessLimits(memory_bytes=1024 * MEBIBYTE, cpu_seconds=60, wall_seconds=90)


class PageMissing(NotFound):
    code = "page-missing"


class PictureTooLarge(TooLarge):
    """More than 40 million pixels, or a resolution out of range."""

    code = "picture-too-large"


class PageNotDrawable(Malformed):
    """`page`: the one that could not be drawn within the limits, 1-based, or None when the file did not open."""

    code = "page-not-drawable"

    def __init__(self, page: int | None) -> None:
        where = f"page {page}" if page else "the document"
        super().__init__(f"{where} cannot be drawn within the allowed time and memory")
        self.page = page


@dataclass(frozen=True)
class InkMap:
    """`cells`: rows × columns of half a millimetre, true where the page is not white."""

    size: PageSize
    cells: npt.NDArray[np.bool_]


def page_image(
    pdf: bytes,
    page: int,
    *,
    dpi: int,
    watermark: str | None = None,
    format: Literal["webp", "png"] = "webp",
    only_seals: Sequence[Box] | None = None,
    headline: bool = False,
) -> bytes:
    """A picture of one page, in colour, annotations left out.

    page: 1-based.   dpi: 10 to 600.   watermark: one line repeated over the page, or none.
    only_seals: boxes of seals; given, also as none at all, everything else is hidden.
    headline: large type in the upper part of the first page is shown nevertheless.
    Raises PageMissing, PictureTooLarge, PageNotDrawable, GlyphMissing (of the watermark).
    """
    missing = missing_glyphs(watermark or "", SANS_BOLD)
    if missing:
        raise GlyphMissing(missing)
    if not 10 <= dpi <= 600:
        raise PictureTooLarge("a page's picture has 10 to 600 dots per inch")
    arguments = ["image", str(page), str(dpi), format, watermark or "", SANS_BOLD.path, str(SANS_BOLD.index)]
    shown = {"seals": only_seals, "headline": headline and page == 1}
    arguments.append("" if only_seals is None else json.dumps(shown))
    try:
        return run_limited(_MODULE, arguments, pdf, _IMAGE_LIMITS)
    except ProcessCrashed as crash:
        if crash.status == NO_SUCH_PAGE:
            raise PageMissing(f"the document has no page {page}") from None
        if crash.status == TOO_MANY_PIXELS:
            raise PictureTooLarge("the picture would be too large; please ask for a lower resolution") from None
        raise PageNotDrawable(page) from crash
    except ProcessLimitExceeded as exceeded:
        raise PageNotDrawable(page) from exceeded


def ink_maps(pdf: bytes, limits: ProcessLimits = INK_LIMITS) -> tuple[InkMap, ...]:
    """Where each page has ink; drawing every page also proves that each can be drawn.

    pdf: made safe, so its pages have the size A4.
    Raises PageNotDrawable.
    """
    try:
        answer = run_limited(_MODULE, ["ink"], pdf, limits)
    except (ProcessCrashed, ProcessLimitExceeded) as failure:
        pages = [line for line in failure.diagnosis.splitlines() if line.startswith("page ")]
        raise PageNotDrawable(int(pages[-1][5:]) if pages else None) from failure
    source = io.BytesIO(answer)
    heads = iter(source.readline, b"")
    return tuple(_ink_map(shape, source.read(shape["bytes"])) for shape in map(json.loads, heads))


def _ink_map(head: dict[str, Any], packed: bytes) -> InkMap:
    width, height = head["points"]
    cells = np.unpackbits(np.frombuffer(packed, np.uint8).reshape(head["rows"], -1), axis=1, count=head["columns"])
    return InkMap(PageSize(to_micrometres(width), to_micrometres(height)), cells.astype(np.bool_))
