"""Looks for every character of the issued page at its place on the scan, without reading it. Pure.

A character is there when the ink of the scan correlates with the ink that was issued. Digits resemble each other, so a
digit is weighed against the other digits that the page has in the same size: another one that fits better was printed
there. What correlates badly gets a second look with the means of rows and columns taken off, which a fold's shadow or a
scanner's streak does not survive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from printserver.rendering.page_glyphs import Glyph
from printserver.returns.registration import Ink, best_shift

SEARCH: Final = 3
_PADDING: Final = 2
_DARK_FROM: Final = 0.5
_SAMPLE: Final = 50
_BLURS: Final = (0.35, 0.6, 0.95, 1.4)
_SECOND_LOOK_BELOW: Final = 0.75
_SECOND_LOOKS: Final = 100
"""On a page where more is amiss, no shadow is the reason."""
_DIGITS: Final = frozenset("0123456789")
_UM_PER_INCH: Final = 25_400

Box = tuple[int, int, int, int]
"""Left, top, width, height in working pixels."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the scan shows at the place of one issued character.

    value: correlation with what was issued, -1 to 1.   coverage: share of its ink that is there, 0 to 1.
    ink: how much ink there is, whatever its shape; 1 for as much as was issued.
    other: the digit that fits better than any other digit but the issued one, and its correlation; both empty else.
    own: the issued digit's correlation, measured in the same way as the other's.
    """

    glyph: Glyph
    box: Box
    value: float
    coverage: float
    ink: float
    other: str = ""
    other_value: float = -1.0
    own_value: float = 1.0


def boxes(glyphs: Iterable[Glyph], dpi: float) -> list[tuple[Glyph, Box]]:
    """Where the characters lie in working pixels; whole pixels around their ink."""
    found = []
    for glyph in glyphs:
        left, top = (int(side * dpi / _UM_PER_INCH) for side in (glyph.box.x_um, glyph.box.y_um))
        right, bottom = (-int(-side * dpi // _UM_PER_INCH) for side in (glyph.box.right_um, glyph.box.bottom_um))
        found.append((glyph, (left, top, right - left, bottom - top)))
    return found


def dark(placed: Sequence[tuple[Glyph, Box]], issued: Ink) -> list[tuple[Glyph, Box]]:
    """Those printed in black or nearly: coloured text is no mark that a red channel keeps."""
    return [(glyph, box) for glyph, box in placed if _cut(issued, box, 0).max(initial=0) >= _DARK_FROM]


def sighted(placed: Sequence[tuple[Glyph, Box]], issued: Ink, scan: Ink, dpi: float) -> list[Sighting]:
    """Every character beside the scan.   issued, scan: in one frame, at `dpi`; each box SEARCH + 2 within them."""
    smooth = _as_blurred(placed, issued, scan, dpi)
    digits = _digits(placed)
    found, looked_again = [], 0
    for glyph, box in placed:
        window, around = _cut(smooth, box, _PADDING), _cut(scan, box, _PADDING + SEARCH)
        across, down, value = best_shift(around, window)
        if value < _SECOND_LOOK_BELOW and looked_again < _SECOND_LOOKS:
            looked_again += 1
            value = max(value, _second_look(around, window))
        coverage, ink = amounts(around, window, round(across), round(down))
        rivals = digits.get(_size(box), {}) if glyph.text in _DIGITS else {}
        found.append(Sighting(glyph, box, value, coverage, ink, *_weighed(glyph, box, rivals, smooth, scan)))
    return found


def amounts(around: Ink, window: Ink, across: int, down: int) -> tuple[float, float]:
    """How much of the window's ink is there, laid at that place: 1 all, 0 none; and how much ink there is at all.

    What was laid over it does not count in the first.
    """
    there = around[down : down + window.shape[0], across : across + window.shape[1]]
    whole = max(1e-3, float(window.sum()))
    return float(np.minimum(there, window).sum()) / whole, float(there.sum()) / whole


def _second_look(around: Ink, window: Ink) -> float:
    """Correlation at the best of all shifts once everything constant along a row or a column is taken off."""
    flat = _centred(window)
    energy = float((flat**2).sum())
    if energy < 0.25 * float(((window - window.mean()) ** 2).sum()):
        return -1.0
    height, width = window.shape
    best = -1.0
    for top in range(around.shape[0] - height + 1):
        for left in range(around.shape[1] - width + 1):
            there = _centred(around[top : top + height, left : left + width])
            best = max(best, float((there * flat).sum() / max(1e-6, float(np.sqrt((there**2).sum() * energy)))))
    return best


def _centred(ink: Ink) -> Ink:
    return np.asarray(ink - ink.mean(0, keepdims=True) - ink.mean(1, keepdims=True) + ink.mean(), np.float32)


def _as_blurred(placed: Sequence[tuple[Glyph, Box]], issued: Ink, scan: Ink, dpi: float) -> Ink:
    """The issued ink, made as soft as the scan is."""
    sample = [placed[at] for at in np.linspace(0, len(placed) - 1, min(_SAMPLE, len(placed))).astype(int)]
    best, kept = -2.0, issued
    for blur in _BLURS:
        smooth = np.asarray(cv2.GaussianBlur(issued, (0, 0), blur * dpi / 200), np.float32)
        fits = [best_shift(_cut(scan, box, _PADDING + SEARCH), _cut(smooth, box, _PADDING))[2] for _, box in sample]
        value = float(np.mean(fits)) if fits else -1.0
        if value > best:
            best, kept = value, smooth
    return kept


def _digits(placed: Iterable[tuple[Glyph, Box]]) -> dict[int, dict[str, Box]]:
    """By height in pixels: one place of each digit that the page has in that size."""
    found: dict[int, dict[str, Box]] = {}
    for glyph, box in placed:
        if glyph.text in _DIGITS:
            found.setdefault(_size(box), {}).setdefault(glyph.text, box)
    return found


def _size(box: Box) -> int:
    return round(box[3] / 3)


def _weighed(glyph: Glyph, box: Box, rivals: dict[str, Box], smooth: Ink, scan: Ink) -> tuple[str, float, float]:
    """The rival that fits best, its correlation, and the issued digit's own."""
    own = _fit(scan, box, _cut(smooth, box, 1))
    best = max(
        ((_fit(scan, box, _cut(smooth, rival, 1)), digit) for digit, rival in rivals.items() if digit != glyph.text),
        default=(-1.0, ""),
    )
    return best[1], best[0], own


def _fit(scan: Ink, box: Box, window: Ink) -> float:
    """Correlation of a window laid over the middle of the box."""
    height, width = window.shape
    left, top = round(box[0] + box[2] / 2 - width / 2) - SEARCH, round(box[1] + box[3] / 2 - height / 2) - SEARCH
    around = scan[max(0, top) : top + height + 2 * SEARCH, max(0, left) : left + width + 2 * SEARCH]
    if around.shape[0] < height or around.shape[1] < width:
        return -1.0
    return float(cv2.minMaxLoc(cv2.matchTemplate(around, window, cv2.TM_CCOEFF_NORMED))[1])


def _cut(ink: Ink, box: Box, margin: int) -> Ink:
    x, y, width, height = box
    return ink[max(0, y - margin) : y + height + margin, max(0, x - margin) : x + width + margin]
