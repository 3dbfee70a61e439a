"""Tells what was put on a page apart: seals of the other party, slices of seals across the edge, signatures. Pure.

Presence, not authenticity: a ring of red ink is called a seal whoever stamped it, and handwriting a signature whoever
wrote it. A seal is round or oval, in red, blue or black; a slice is ink that runs out at the page's edge. Straight
lines are told from handwriting: somebody crossed out, or underlined.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from printserver.returns.additions import Mask, disc, together
from printserver.returns.comparison_types import RegionKind
from printserver.returns.glyphs import Box
from printserver.returns.matching import Image

_SEAL_MM: Final = (11.0, 62.0)
_MOST_OBLONG: Final = 2.2
_RING_FROM: Final = 0.6
_RING_WITHIN: Final = 0.09
_SECTORS: Final = 36
_INKED_FROM_MM2: Final = 4.0
_WRITING_MM: Final = 6.0
_EDGE_MM: Final = 4.0
_SLICE_MM: Final = (8.0, 30.0)
_DARK_SLICE_MM: Final = (62.0, 2.0)
"""Of black ink: no longer along the edge, and no flatter."""
_LINE_MM: Final = 8.0
_STRAIGHT_MM: Final = 15.0
_STRAIGHT_SHARE: Final = 0.7
_STRAIGHT_WIDTH_MM: Final = 1.6
_STRAIGHT_FROM: Final = 0.85
_JOINED_MM: Final = 4.0
_SLICE_JOINED_MM: Final = 20.0
_APART_MM: Final = 1.0
_COLOURED_FROM: Final = 44
_RED_FROM: Final = 28
_LEAST_RED_MM2: Final = 1.0


@dataclass(frozen=True)
class AddedMark:
    """`box`: left, top, width, height in pixels of the issued page's frame."""

    box: Box
    kind: RegionKind


def added_marks(free: Mask, scan: Image, colour: Mask, dpi: float, at_edges: Mask | None = None) -> list[AddedMark]:
    """What the ink in empty places and the red ink over text is.

    free: dark ink that was not issued, away from text.   scan: laid over the issued page, at `dpi`.
    colour: `new_colour`; where it is empty, as in a grey scan, no red seal over text is found.
    at_edges: dark ink that was not issued, up to the sheet's edge; black slices are looked for in it.
    """
    mm = dpi / 25.4
    taken = np.zeros_like(free)
    marks = _straddling(_slices(colour, mm), taken, round(mm))
    if at_edges is not None:
        longest, flattest = (side * mm for side in _DARK_SLICE_MM)
        found = _slices(at_edges & (1 - _wide(taken, mm)), mm)
        marks += _straddling(
            (box for box in found if max(box[2:]) <= longest and min(box[2:]) >= flattest), taken, round(mm)
        )
    red = np.asarray(colour & _redness(scan) & (1 - taken), np.uint8)
    beside = _wide(red, mm)
    dark = np.asarray(free & (1 - taken) & (1 - beside), np.uint8)
    for ink, least in ((red, _LEAST_RED_MM2), (dark, 0.0)):
        marks += _separate(ink, least, mm)
    return sorted(_whole(marks), key=lambda mark: (mark.box[1], mark.box[0]))


def _straddling(boxes: Iterable[Box], taken: Mask, margin: int) -> list[AddedMark]:
    marks = [AddedMark(box, RegionKind.STRADDLE) for box in boxes]
    for mark in marks:
        _fill(taken, mark.box, margin)
    return marks


def _whole(marks: list[AddedMark]) -> Iterator[AddedMark]:
    """Without what lies inside a seal or slice: its star and its letters."""
    around = [mark.box for mark in marks if mark.kind in (RegionKind.COUNTER_SEAL, RegionKind.STRADDLE)]
    for mark in marks:
        x, y, width, height = mark.box
        middle = (x + width / 2, y + height / 2)
        if not any(
            box != mark.box
            and box[0] <= middle[0] <= box[0] + box[2]
            and box[1] <= middle[1] <= box[1] + box[3]
            and box[2] * box[3] > width * height
            for box in around
        ):
            yield mark


def new_colour(scan: Image, issued: Image, dpi: float) -> Mask:
    """Coloured ink where the issued page has none of any colour within 2 mm; none in a grey scan."""
    if scan.ndim == 2 or issued.ndim == 2:
        return np.zeros(scan.shape[:2], np.uint8)
    there, here = _colourfulness(scan), _colourfulness(issued)
    new = np.asarray(there & (1 - _wide(here, dpi / 25.4)), np.uint8)  # at half the resolution: 2 mm
    return np.asarray(cv2.resize(new, scan.shape[1::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def _colourfulness(image: Image) -> Mask:
    """At half the resolution. The paper's own colour is none."""
    half = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    paper = np.median(half[::8, ::8].reshape(-1, 3), axis=0)
    levels = np.arange(256)[:, None] * (245 / np.maximum(paper, 1))
    level = np.clip(levels, 0, 255).astype(np.uint8).reshape(1, 256, 3)
    blue, green, red = cv2.split(cv2.LUT(half, level.transpose(1, 0, 2).reshape(256, 1, 3)))
    spread = cv2.subtract(cv2.max(cv2.max(blue, green), red), cv2.min(cv2.min(blue, green), red))
    return np.asarray(spread > _COLOURED_FROM, np.uint8)


def _redness(image: Image) -> Mask:
    if image.ndim == 2:
        return np.zeros(image.shape, np.uint8)
    blue, green, red = cv2.split(image)
    return np.asarray(cv2.subtract(red, cv2.max(blue, green)) > _RED_FROM, np.uint8)


def _slices(ink: Mask, mm: float) -> Iterator[Box]:
    """Ink that reaches the right, left or upper edge and runs along it, and not far into the page: up to that edge."""
    width = ink.shape[1]
    depth, wide = round(_SLICE_MM[1] * mm), width - round(_SLICE_MM[1] * mm)
    for top, length in _along(ink[:, wide:][:, ::-1], mm):
        reach = _reach(ink[top : top + length, wide:][:, ::-1])
        yield width - reach, top, reach, length
    for top, length in _along(ink[:, :depth], mm):
        yield 0, top, _reach(ink[top : top + length, :depth]), length
    for left, length in _along(ink[:depth].T, mm):
        yield left, 0, length, _reach(ink[:depth, left : left + length].T)


def _along(band: Mask, mm: float) -> Iterator[tuple[int, int]]:
    """Start and length of what lies along the band's left side and reaches it."""
    kernel = np.ones((round(_SLICE_JOINED_MM * mm), round(_JOINED_MM * mm)), np.uint8)
    for box, there in together(np.ascontiguousarray(band), kernel, cv2.MORPH_CLOSE):
        for start, end in _one_by_one(there, mm):
            part = there[start:end]
            reaches = box[0] + int(np.flatnonzero(part.any(axis=0)).min()) <= _EDGE_MM * mm
            if reaches and end - start >= _SLICE_MM[0] * mm and int(part.sum()) >= _INKED_FROM_MM2 * mm * mm:
                yield box[1] + start, end - start


def _one_by_one(ink: Mask, mm: float) -> list[tuple[int, int]]:
    """First row and the one after the last: of two seals that stand close together along the edge each its own.

    A seal's ring reaches every row of its slice; what is broken more than once is a shadow or a fold.
    """
    rows = np.flatnonzero(ink.any(axis=1))
    apart = np.flatnonzero(np.diff(rows) >= _APART_MM * mm)
    if ink.shape[0] <= _SEAL_MM[1] * mm or len(apart) != 1:
        return [(0, ink.shape[0])]
    at = int(apart[0])
    return [(0, int(rows[at]) + 1), (int(rows[at + 1]), ink.shape[0])]


def _reach(part: Mask) -> int:
    """How far into the page the ink goes."""
    return int(np.flatnonzero(part.any(axis=0)).max()) + 1


def _separate(ink: Mask, least_mm2: float, mm: float) -> Iterator[AddedMark]:
    for box, there in together(ink, disc(_JOINED_MM * mm), cv2.MORPH_CLOSE):
        if there.sum() > least_mm2 * mm * mm:
            yield AddedMark(box, _kind(there, mm))


def _kind(ink: Mask, mm: float) -> RegionKind:
    down, across = (side / mm for side in ink.shape)
    shorter, longer = sorted((across, down))
    if _SEAL_MM[0] <= shorter and longer <= _SEAL_MM[1] and longer <= _MOST_OBLONG * shorter and _is_ring(ink):
        return RegionKind.COUNTER_SEAL
    if longer >= _LINE_MM and _is_drawn_straight(ink, mm):
        return RegionKind.WRITTEN_ON
    is_line = longer > 6 * shorter and shorter < 2.2
    if longer >= _WRITING_MM and not is_line and int(ink.sum()) >= _INKED_FROM_MM2 * mm * mm / 2:
        return RegionKind.COUNTER_SIGNATURE
    return RegionKind.ADDED


def _is_drawn_straight(ink: Mask, mm: float) -> bool:
    """Whether hardly any of the ink lies off long straight lines."""
    least = min(_STRAIGHT_MM * mm, _STRAIGHT_SHARE * float(np.hypot(*ink.shape)))
    found = cv2.HoughLinesP(ink * 255, 1, np.pi / 180, round(least / 2), minLineLength=least, maxLineGap=2 * mm)
    lines = np.zeros_like(ink)
    ends: list[list[int]] = [] if found is None else np.reshape(found, (-1, 4)).astype(int).tolist()
    for x0, y0, x1, y1 in ends:
        cv2.line(lines, (x0, y0), (x1, y1), 1, max(1, round(_STRAIGHT_WIDTH_MM * mm)))
    return float((ink & lines).sum()) >= _STRAIGHT_FROM * float(ink.sum())


def _is_ring(ink: Mask) -> bool:
    """Whether ink lies along one ellipse in most directions, and hardly any lies outside it."""
    down, across = ink.shape
    y, x = np.nonzero(ink)
    u, v = (x + 0.5) / across * 2 - 1, (y + 0.5) / down * 2 - 1
    radius, angle = np.hypot(u, v), np.arctan2(v, u)
    on = np.abs(radius - _radius_of_ring(radius, angle)) < _RING_WITHIN
    sectors = ((angle[on] + np.pi) / (2 * np.pi) * _SECTORS).astype(int) % _SECTORS
    covered = len(np.unique(sectors)) / _SECTORS
    return bool(covered >= _RING_FROM and float((radius > 1.12).mean()) < 0.08)


def _radius_of_ring(radius: NDArray[np.float64], angle: NDArray[np.float64]) -> float:
    """The usual distance of the outermost ink, by direction."""
    sectors = ((angle + np.pi) / (2 * np.pi) * _SECTORS).astype(int) % _SECTORS
    outermost = [radius[sectors == sector].max() for sector in np.unique(sectors)]
    return float(np.median(outermost)) - _RING_WITHIN / 2


def _wide(mask: Mask, pixels: float) -> Mask:
    return np.asarray(cv2.dilate(mask, disc(2 * pixels)), np.uint8) if mask.any() else mask


def _fill(mask: Mask, box: Box, margin: int) -> None:
    x, y, width, height = box
    mask[max(0, y - margin) : y + height + margin, max(0, x - margin) : x + width + margin] = 1
