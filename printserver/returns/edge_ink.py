"""Finds slices of seals at a page's edge where colour does not tell them: black ones, and the issued ones. Pure.

Of the seal that was issued across the edge, we know where each page's slice is printed; there its shape is looked for,
whatever ink the printer and the scan have. Black ink of others is a slice when it runs out at the edge, is no longer
than a seal and is no solid patch, as shadows at the edge of a sheet are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from printserver.rendering.page_layout import Box as PlaceUm
from printserver.rendering.places import Edge
from printserver.rendering.straddle import SeamSlice
from printserver.returns.additions import Mask, disc
from printserver.returns.glyphs import Box
from printserver.returns.matching import Image
from printserver.returns.registration import Aligned, Ink, best_shift

_Pixel = TypeVar("_Pixel", bound=np.generic)

_UM_PER_INCH: Final = 25_400
DEEPEST_MM: Final = 30.0
"""How far into the page a slice is looked for."""
_DARK_FROM: Final = 0.35
_ISSUED_FROM: Final = 0.15
_BESIDE_MM: Final = 1.2
_COLOURED_BESIDE_MM: Final = 4.0
_LONGEST_MM: Final = 64.0
_THINNEST_MM: Final = 0.45
"""What is thinner is a streak, a hair or a speck."""
_FOLD_MM: Final = (12.0, 1.6)
"""Longer and flatter than the rim of a seal, which is bent."""
_LEAST_SHADOW_MM: Final = 8.0
_AT_THE_EDGE_MM: Final = 4.0
_SOLID: Final = 0.75
_SHIFT_MM: Final = 1.5
_SOFT_MM: Final = 0.3
_ALIKE_FROM: Final = 0.45
_LEAST_LEFT: Final = 0.5
_LEAST_SIDE_MM: Final = 1.0
_PLAIN: Final = 0.02


def dark_ink(
    issued_ink: Ink, coloured: NDArray[np.bool_], aligned: Aligned, compared: NDArray[np.bool_], dpi: float
) -> Mask:
    """Dark ink that was not issued, up to the sheet's edge, without streaks, specks, long shadows and solid patches.

    coloured: where the issued page has colour, which is dark as well in a scan without.
    """
    issued = _issued(issued_ink, coloured, dpi)
    here = ((aligned.ink > _DARK_FROM) & aligned.sheet & compared & ~issued).astype(np.uint8)
    dark = np.asarray(cv2.morphologyEx(here, cv2.MORPH_OPEN, disc(_THINNEST_MM * dpi / 25.4)), np.uint8)
    shadows = np.zeros_like(dark)
    for seen in (here, dark):  # a long shadow that opening breaks into pieces is told before
        for band, found in zip(_bands(seen, dpi), _bands(shadows, dpi), strict=True):
            np.maximum(found, _shadows(np.ascontiguousarray(band), dpi / 25.4), out=found)
    return dark & (1 - shadows)


def _issued(ink: Ink, coloured: NDArray[np.bool_], dpi: float) -> NDArray[np.bool_]:
    """And around it; at the edges only, further in nothing is asked."""
    mm, issued = dpi / 25.4, np.ones(ink.shape, np.uint8)
    for beside, here, there in zip(
        *(_bands(each, dpi) for each in (ink, coloured.view(np.uint8), issued)), strict=True
    ):
        there[:] = cv2.dilate(np.ascontiguousarray(beside > _ISSUED_FROM, np.uint8), disc(_BESIDE_MM * mm))
        if here.any():
            np.maximum(there, cv2.dilate(np.ascontiguousarray(here), disc(_COLOURED_BESIDE_MM * mm)), out=there)
    return issued > 0


def _bands(image: NDArray[_Pixel], dpi: float) -> tuple[NDArray[_Pixel], ...]:
    """Along the right, left and upper edge, views in which that edge is on the left."""
    deep = round(DEEPEST_MM * dpi / 25.4)
    return image[:, -deep:][:, ::-1], image[:, :deep], image[:deep].T


def _shadows(dark: Mask, mm: float) -> Mask:
    """Longer than any seal, flat as a fold, or dark all the way from the edge.   dark: the edge is on its left."""
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    longer, flatter = statistics[:, 2:4].max(axis=1), statistics[:, 2:4].min(axis=1)
    shadows = (statistics[:, 3] > _LONGEST_MM * mm) | ((longer > _FOLD_MM[0] * mm) & (flatter < _FOLD_MM[1] * mm))
    for label in np.flatnonzero(~shadows & (statistics[:, 3] > _LEAST_SHADOW_MM * mm)).tolist():
        left, top, width, height, area = statistics[label].tolist()
        here = labels[top : top + height, left : left + width] == label
        inwards = width - here[:, ::-1].argmax(axis=1)
        shadows[label] = left <= _AT_THE_EDGE_MM * mm and area > _SOLID * inwards.sum()
    shadows[0] = False
    return np.asarray(shadows[labels], np.uint8)


def issued_slices_found(
    slices: Iterable[SeamSlice], issued: Image, laid_over: Image, sheet: NDArray[np.bool_], dpi: float
) -> Iterator[tuple[Box, Edge]]:
    """Of those whose shape is on the scan: the part of their place that lies on it, in pixels, and the page's edge.

    laid_over: the scan in the issued page's frame.   sheet: False where the scan does not reach.
    """
    for each in slices:
        box = _on_the_sheet(each.box, sheet, dpi)
        if box is not None and _is_alike(_darkness(issued, box, 0), _around(laid_over, box, dpi), dpi):
            on_the_left = each.box.x_um + each.box.right_um < issued.shape[1] * _UM_PER_INCH / dpi
            yield box, Edge.TOP if each.from_top else Edge.LEFT if on_the_left else Edge.RIGHT


def _on_the_sheet(place: PlaceUm, sheet: NDArray[np.bool_], dpi: float) -> Box | None:
    """None when less than half of it is left."""
    scale = dpi / _UM_PER_INCH
    left, top = max(0, round(place.x_um * scale)), max(0, round(place.y_um * scale))
    right, bottom = round(place.right_um * scale), round(place.bottom_um * scale)
    part = sheet[top:bottom, left:right]
    if not part.any():
        return None
    rows = np.flatnonzero(part.mean(axis=1) >= part.any(axis=0).mean() * 0.9)
    columns = np.flatnonzero(part.mean(axis=0) >= part.any(axis=1).mean() * 0.9)
    if not len(rows) or not len(columns):
        return None
    box = (left + int(columns[0]), top + int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
    least = max(_LEAST_LEFT * (right - left) * (bottom - top), 1)
    return box if box[2] * box[3] >= least and min(box[2:]) >= _LEAST_SIDE_MM * dpi / 25.4 else None


def _around(image: Image, box: Box, dpi: float) -> Ink:
    return _darkness(image, box, round(_SHIFT_MM * dpi / 25.4))


def _darkness(image: Image, box: Box, margin: int) -> Ink:
    """Of the box and its margin, white beyond the page: a colour is dark in one of its channels at least."""
    x, y, width, height = box
    x0, y0 = max(0, x - margin), max(0, y - margin)
    part = image[y0 : y + height + margin, x0 : x + width + margin]
    darkest = part if part.ndim == 2 else part.min(axis=2)
    below = max(0, y + height + margin - image.shape[0])
    right = max(0, x + width + margin - image.shape[1])
    paper = float(np.percentile(darkest, 95))
    ink = np.clip(1 - darkest.astype(np.float32) / max(1.0, paper), 0, 1)
    return np.asarray(cv2.copyMakeBorder(ink, y0 - (y - margin), below, x0 - (x - margin), right, cv2.BORDER_CONSTANT))


def _is_alike(issued: Ink, around: Ink, dpi: float) -> bool:
    soft = _SOFT_MM * dpi / 25.4
    shape, seen = (np.asarray(cv2.GaussianBlur(ink, (0, 0), soft), np.float32) for ink in (issued, around))
    return float(shape.std()) > _PLAIN and best_shift(seen, shape)[2] >= _ALIKE_FROM
