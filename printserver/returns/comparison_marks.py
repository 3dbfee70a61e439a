"""Follows everything that was issued on a page: its characters one by one, and whatever else is drawn there. Pure.

Characters come from the issued file's text layer, see `glyphs`. Everything else (rules, logos, text without a layer)
is taken from the drawn page: connected ink, large drawings cut into pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from printserver.rendering.page_glyphs import Glyph
from printserver.returns import glyphs
from printserver.returns.additions import Mask
from printserver.returns.glyphs import Box, Sighting
from printserver.returns.matching import Image
from printserver.returns.registration import Aligned, Ink, best_shift

_AGREES_FROM: Final = 0.8
_DIFFERS_BELOW: Final = 0.5
_GLYPH_DIFFERS_BELOW: Final = 0.55
_SPREAD: Final = 8.0
_GONE_BELOW: Final = 0.55
_BLANK_BELOW: Final = 0.25
_COVERED_FROM: Final = 0.85
_POINT_MM: Final = 0.9
_DASH_MM: Final = 0.4
_POINT_COVERED_FROM: Final = 0.5
_OTHER_DIGIT_BELOW: Final = -0.1
_DOUBTFUL_DIGIT_BELOW: Final = 0.02
_PICTURE_MM: Final = 8
_PICTURE_FILL: Final = 0.5
_CHROMATIC_FROM: Final = 60
_CHROMATIC_SHARE: Final = 0.3
_OVER_SHARE: Final = 0.1
_PADDING: Final = 2
_MARGIN: Final = glyphs.SEARCH + _PADDING


class Fate(StrEnum):
    THERE = "there"
    GONE = "gone"
    """Something else is there."""
    BLANK = "blank"
    """Gone, and hardly any ink is in its place."""
    DOUBTFUL = "doubtful"
    COVERED = "covered"
    """Its ink is there, and more lies over it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """`clearness`: how far the measure lies from the limit, on either side; 0 to about 1.   line: of a character."""

    box: Box
    fate: Fate
    clearness: float
    line: int | None = None


@dataclass(frozen=True, eq=False)
class Marks:
    seen: list[Mark]
    hidden: int
    """How many lie outside the scan."""
    pictures: int
    """How many are shaded or coloured, and so were not compared."""

    def of(self, *fates: Fate) -> list[Mark]:
        return [mark for mark in self.seen if mark.fate in fates]

    def under(self, ink: Mask) -> Marks:
        """What coloured ink of somebody's lies over is covered, not gone: nobody can tell what stands beneath."""
        seen = [
            replace(mark, fate=Fate.COVERED)
            if mark.fate in (Fate.GONE, Fate.DOUBTFUL) and ink[_inside(mark.box)].mean() > _OVER_SHARE
            else mark
            for mark in self.seen
        ]
        return replace(self, seen=seen)

    @property
    def found_share(self) -> float:
        return 1 - sum(mark.fate is not Fate.THERE for mark in self.seen) / max(1, len(self.seen))


def follow_marks(
    issued: Image,
    issued_ink: Ink,
    aligned: Aligned,
    compared: NDArray[np.bool_],
    dpi: float,
    characters: Sequence[Glyph] = (),
) -> Marks:
    """What became of each mark.   issued, issued_ink, compared: the issued page at `dpi`."""
    placed = glyphs.dark(glyphs.boxes(characters, dpi), issued_ink)
    placed = [(glyph, box) for glyph, box in placed if _is_compared(box, compared)]
    visible = [(glyph, box) for glyph, box in placed if aligned.sheet[_inside(box)].all()]
    sightings = glyphs.sighted(visible, issued_ink, aligned.ink, dpi)
    rest = _without(issued_ink, [box for _, box in placed], dpi) if placed else issued_ink
    other = _follow_drawings(issued, rest, issued_ink, aligned, compared, dpi)
    seen = _glyph_marks(sightings, dpi) + other.seen
    return Marks(seen, len(placed) - len(visible) + other.hidden, other.pictures)


def chromatic(issued: Image) -> NDArray[np.bool_]:
    """Coloured on the issued page. Toner scatters in scans, so that a colour's ink is no measure of its shape."""
    if issued.ndim == 2:
        return np.zeros(issued.shape, np.bool_)
    blue, green, red = cv2.split(issued)
    spread = cv2.subtract(cv2.max(cv2.max(blue, green), red), cv2.min(cv2.min(blue, green), red))
    return np.asarray(spread > _CHROMATIC_FROM, np.bool_)


def _glyph_marks(sightings: Sequence[Sighting], dpi: float) -> list[Mark]:
    values = np.array([each.value for each in sightings])
    large = _are_large(np.array([each.box for each in sightings]).reshape(-1, 4), dpi)
    limit = _limit(values[large], _GLYPH_DIFFERS_BELOW)
    marks = []
    for each, is_large in zip(sightings, large, strict=True):
        fate, clearness = _judged(each.value, each.coverage, each.ink, limit, is_large=bool(is_large))
        margin = each.own_value - each.other_value
        if each.other and margin < _OTHER_DIGIT_BELOW:
            fate, clearness = Fate.GONE, max(clearness, min(1.0, -2 * margin))
        elif each.other and margin < _DOUBTFUL_DIGIT_BELOW and fate is Fate.THERE:
            fate, clearness = Fate.DOUBTFUL, 0.0
        marks.append(Mark(each.box, fate, clearness, each.glyph.line))
    return marks


def _judged(value: float, coverage: float, ink: float, limit: float, *, is_large: bool) -> tuple[Fate, float]:
    """Points and dashes are too small to correlate; of them it only counts whether the ink is there."""
    measure, least = (value, limit) if is_large else (coverage, _POINT_COVERED_FROM)
    if measure >= least:
        return Fate.THERE, (measure - least) / max(1e-3, 1 - least)
    if ink < _BLANK_BELOW:
        fate = Fate.BLANK
    elif coverage >= _COVERED_FROM:
        fate = Fate.COVERED
    else:
        fate = Fate.GONE if value < _GONE_BELOW else Fate.DOUBTFUL
    return fate, (least - measure) / least


def _limit(values: NDArray[np.float64], least: float = _DIFFERS_BELOW) -> float:
    """A mark that correlates badly, or clearly worse than this page's usual marks, is not simply there."""
    usual, lower = np.percentile(values, [50, 25]) if len(values) else (1.0, 1.0)
    return float(min(_AGREES_FROM, max(least, usual - _SPREAD * (usual - lower))))


def _are_large(boxes: NDArray[np.int32], dpi: float) -> NDArray[np.bool_]:
    sides = np.sort(boxes[:, 2:], axis=1) / dpi * 25.4
    return np.asarray((sides[:, 0] >= _DASH_MM) & (sides[:, 1] >= _POINT_MM), np.bool_)


def _follow_drawings(
    issued: Image, ink: Ink, whole: Ink, aligned: Aligned, compared: NDArray[np.bool_], dpi: float
) -> Marks:
    """ink: without the characters that are followed one by one.   whole: with them."""
    coloured = chromatic(issued)
    smooth = np.asarray(cv2.GaussianBlur(whole, (0, 0), 0.6 * dpi / 150), np.float32)
    boxes, values, inks, hidden, pictures = [], [], [], 0, 0
    for box, is_filled in _drawn_boxes(ink, dpi):
        inside = _inside(box)
        if not _is_compared(box, compared):
            continue
        if not aligned.sheet[inside].all():
            hidden += 1
            continue
        if is_filled or coloured[inside].mean() > _CHROMATIC_SHARE * (ink[inside] > 0.4).mean():
            pictures += 1
            continue
        x, y, width, height = box
        window = smooth[y - _PADDING : y + height + _PADDING, x - _PADDING : x + width + _PADDING]
        around = aligned.ink[y - _MARGIN : y + height + _MARGIN, x - _MARGIN : x + width + _MARGIN]
        across, down, value = best_shift(around, window)
        boxes.append(box)
        values.append(value)
        inks.append(glyphs.amounts(around, window, round(across), round(down)))
    found, large = np.array(values), _are_large(np.array(boxes, np.int32).reshape(-1, 4), dpi)
    limit = _limit(found[large])
    seen = [
        Mark(box, *_judged(value, *ink, limit, is_large=bool(is_large)))
        for box, value, ink, is_large in zip(boxes, values, inks, large, strict=True)
    ]
    return Marks(seen, hidden, pictures)


def _is_compared(box: Box, compared: NDArray[np.bool_]) -> bool:
    x, y, width, height = box
    whole = compared.shape
    if x < _MARGIN or y < _MARGIN or x + width + _MARGIN > whole[1] or y + height + _MARGIN > whole[0]:
        return False
    return bool(compared[_inside(box)].all())


def _inside(box: Box) -> tuple[slice, slice]:
    x, y, width, height = box
    return slice(y, y + height), slice(x, x + width)


def _without(ink: Ink, boxes: Iterable[Box], dpi: float) -> Ink:
    """What is left of the ink when these places are wiped, with their soft edges."""
    left, edge = ink.copy(), max(1, round(0.2 * dpi / 25.4))
    for x, y, width, height in boxes:
        left[max(0, y - edge) : y + height + edge, max(0, x - edge) : x + width + edge] = 0
    return left


def _drawn_boxes(ink: Ink, dpi: float) -> Iterable[tuple[Box, bool]]:
    """Connected ink, the parts of a drawing joined, large drawings cut into pieces.

    With each, whether it belongs to a large filled area, which no text is.
    """
    pixels_a_mm = dpi / 25.4
    joined = cv2.morphologyEx(
        (ink > 0.4).astype(np.uint8),
        cv2.MORPH_CLOSE,
        np.ones((max(1, int(0.5 * pixels_a_mm)), max(1, int(0.25 * pixels_a_mm))), np.uint8),
    )
    piece = int(5 * pixels_a_mm)
    _, _, statistics, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    for x, y, width, height, area in statistics[1:].tolist():
        is_wide = min(width, height) > _PICTURE_MM * pixels_a_mm
        is_filled = is_wide and area > _PICTURE_FILL * width * height
        for top in range(y, y + height, piece):
            for left in range(x, x + width, piece):
                w, h = min(piece, x + width - left), min(piece, y + height - top)
                if ink[top : top + h, left : left + w].max() > 0.4:
                    yield (left, top, w, h), is_filled
