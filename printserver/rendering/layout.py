"""Find the corners where a page's marks cover nothing, moving or shrinking its content as little as needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from printserver.foundation.errors import Malformed
from printserver.rendering.page_images import CELL_UM, InkMap, ink_maps
from printserver.rendering.page_layout import (
    BARCODE_BOX_UM,
    EDGE_UM,
    QR_BOX_UM,
    WHOLE,
    Box,
    ContentTransform,
    PageLayout,
)
from printserver.rendering.units import PageSize

CLEARANCE_UM: Final = 1_000
"""White kept around either box."""
_STEP_PPM: Final = 10_000
_SMALLEST_PPM: Final = 500_000
# What one per cent of size and one millimetre of the content's middle are worth against each other.
_COST_OF_PPM: Final = 1 / 10_000
_COST_OF_UM: Final = 0.7 / 1_000


class LayoutImpossible(Malformed):
    code = "layout-impossible"


class CodeCorner(StrEnum):
    """Where a page's code stands; its barcode stands opposite."""

    FREE = "free"
    """Where it covers nothing, found by itself."""
    TOP_RIGHT = "top-right"
    TOP_LEFT = "top-left"
    BOTTOM_RIGHT = "bottom-right"
    BOTTOM_LEFT = "bottom-left"


@dataclass(frozen=True)
class _Corners:
    """Code and barcode stand in opposite corners."""

    qr: Box
    barcode: Box


@dataclass(frozen=True)
class _Ink:
    """The ink of a page, ready for the question whether a box of it is empty."""

    cells: npt.NDArray[np.bool_]

    @cached_property
    def sums(self) -> npt.NDArray[np.int64]:
        """Summed areas with a row and a column of zeros before them."""
        return np.pad(self.cells, ((1, 0), (1, 0))).astype(np.int64).cumsum(axis=0).cumsum(axis=1)

    @cached_property
    def extent(self) -> Box | None:
        """The smallest box of all ink, or None on an empty page."""
        rows, columns = np.flatnonzero(self.cells.any(axis=1)), np.flatnonzero(self.cells.any(axis=0))
        if not rows.size:
            return None
        left, top, right, bottom = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
        return Box(left * CELL_UM, top * CELL_UM, (right - left) * CELL_UM, (bottom - top) * CELL_UM)

    def empty(self, box: Box) -> bool:
        height, width = self.cells.shape
        left, right = (min(max(at // CELL_UM, 0), width) for at in (box.x_um, box.right_um + CELL_UM - 1))
        top, bottom = (min(max(at // CELL_UM, 0), height) for at in (box.y_um, box.bottom_um + CELL_UM - 1))
        sums = self.sums
        return bool(sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left] == 0)


def plan_layout(safe_pdf: bytes, corner: CodeCorner = CodeCorner.FREE) -> tuple[PageLayout, ...]:
    """Place the code and the barcode of every page, at opposite corners, at least 12 mm from the edges.

    The code stands top right where that is free, else in the first free corner. Where no pair of corners is free, the
    page's content is moved, or scaled down, just enough. Neither ever covers content.
    safe_pdf: from `documents.intake.make_safe`.   corner: where somebody wants the code on every page.
    Raises PageNotDrawable, LayoutImpossible.
    """
    return tuple(layout_of_page(number, page, corner) for number, page in enumerate(ink_maps(safe_pdf), 1))


def layout_of_page(page: int, ink_map: InkMap, corner: CodeCorner = CodeCorner.FREE) -> PageLayout:
    """Pure: the same ink gives the same layout. Raises LayoutImpossible (never for a page of A4)."""
    by_corner = _corner_pairs(ink_map.size)
    ink, pairs = _Ink(ink_map.cells), tuple(by_corner.values()) if corner is CodeCorner.FREE else (by_corner[corner],)
    untouched = ContentTransform()
    chosen = next(((pair, untouched) for pair in pairs if _free(ink, pair, untouched)), None)
    chosen = chosen or _least_change(ink, pairs, ink_map.size)
    if chosen is None:
        raise LayoutImpossible(f"page {page} leaves no room for its code")
    (corners, content) = chosen
    return PageLayout(page, ink_map.size, corners.qr, corners.barcode, content)


def _corner_pairs(size: PageSize) -> dict[CodeCorner, _Corners]:
    """In order of preference, by the code's corner."""

    def placed(extent: tuple[int, int], *, right: bool, bottom: bool) -> Box:
        x = size.width_um - EDGE_UM - extent[0] if right else EDGE_UM
        y = size.height_um - EDGE_UM - extent[1] if bottom else EDGE_UM
        return Box(x, y, *extent)

    return {
        CodeCorner(f"{'bottom' if bottom else 'top'}-{'right' if right else 'left'}"): _Corners(
            placed(QR_BOX_UM, right=right, bottom=bottom),
            placed(BARCODE_BOX_UM, right=not right, bottom=not bottom),
        )
        for bottom, right in product((False, True), (True, False))
    }


def _free(ink: _Ink, corners: _Corners, content: ContentTransform) -> bool:
    """Whether the moved content leaves both boxes empty: asked of the unmoved ink, with the boxes moved back."""
    return all(ink.empty(_moved_back(box, content)) for box in (corners.qr, corners.barcode))


def _moved_back(box: Box, content: ContentTransform) -> Box:
    def back(at: int, offset: int) -> int:
        return (at - offset) * WHOLE // content.scale_ppm

    left, top = back(box.x_um - CLEARANCE_UM, content.x_um), back(box.y_um - CLEARANCE_UM, content.y_um)
    right, bottom = back(box.right_um + CLEARANCE_UM, content.x_um), back(box.bottom_um + CLEARANCE_UM, content.y_um)
    return Box(left, top, right - left, bottom - top)


def _least_change(ink: _Ink, pairs: tuple[_Corners, ...], size: PageSize) -> tuple[_Corners, ContentTransform] | None:
    """The cheapest change that frees a pair of corners; a page's middle may move, but no further than its margins."""
    extent = ink.extent
    if extent is None:
        return None
    best: tuple[float, _Corners, ContentTransform] | None = None
    for scale in range(WHOLE, _SMALLEST_PPM - 1, -_STEP_PPM):
        loss = (WHOLE - scale) * _COST_OF_PPM
        if best and loss >= best[0]:
            break
        for corners in pairs:
            for content in _transforms(extent, corners, scale, size):
                cost = loss + _shift(extent, content) * _COST_OF_UM
                if (best is None or cost < best[0]) and _free(ink, corners, content):
                    best = cost, corners, content
    return best[1:] if best else None


def _shift(extent: Box, content: ContentTransform) -> int:
    """How far the middle of the ink moves."""
    middle = extent.x_um + extent.width_um // 2, extent.y_um + extent.height_um // 2
    moved = content.apply(*middle)
    return abs(moved[0] - middle[0]) + abs(moved[1] - middle[1])


def _transforms(extent: Box, corners: _Corners, scale: int, size: PageSize) -> Iterator[ContentTransform]:
    boxes = (corners.qr, corners.barcode)
    columns = _starts(extent.x_um, extent.right_um, size.width_um, scale, [(box.x_um, box.right_um) for box in boxes])
    rows = _starts(extent.y_um, extent.bottom_um, size.height_um, scale, [(box.y_um, box.bottom_um) for box in boxes])
    for left, top in product(columns, rows):
        x, y = (start * scale // WHOLE for start in (extent.x_um, extent.y_um))
        yield ContentTransform(scale, left - x, top - y)


def _starts(start: int, end: int, length: int, scale: int, boxes: Iterable[tuple[int, int]]) -> list[int]:
    """Where the scaled ink may begin along one axis: at its old start, middle or end, or just clear of a box.

    It stays within its own margins, or within the edge of the marks where its margins are wider.
    """
    extent = -((start - end) * scale // WHOLE)
    first, last = min(start, EDGE_UM), max(end, length - EDGE_UM) - extent
    wanted = [start, end - extent, (start + end - extent) // 2, first, last]
    for box_start, box_end in boxes:
        # Two cells more than the clearance, because ink is known by the cell.
        wanted += [box_end + CLEARANCE_UM + 2 * CELL_UM, box_start - CLEARANCE_UM - 2 * CELL_UM - extent]
    return sorted({at for at in wanted if first <= at <= last})
