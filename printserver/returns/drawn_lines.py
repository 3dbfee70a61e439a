"""Tells lines that somebody drew in empty places from the shadows of folds and a scanner's streaks. Pure.

A streak and a fold run on across the whole sheet, faintly where they are not dark; a line that was drawn ends. So each
thin straight line is followed beyond its ends: when the paper there is no darker than beside, somebody drew the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from printserver.returns.registration import Ink

Mask = NDArray[np.uint8]
_Point = NDArray[np.float64]

_LEAST_MM: Final = 8.0
_WIDEST_MM: Final = 2.2
_WHOLE_SHEET: Final = 0.8
"""Of its height or width: folds and streaks that cross."""
_DARK_FROM: Final = 0.4
_MOST: Final = 80
"""Of one page; where there are more, it is covered with something else."""
_STRAIGHT_MM: Final = 0.5
_STRAIGHT_SHARE: Final = 0.02
_AVERAGED_MM: Final = 3.0
_PAST_THE_END_MM: Final = 2.0
_ASIDE_MM: Final = 6.0
_WITHIN_MM: Final = 1.2
_WANDERS: Final = 0.04
"""How far a line may lie off its own direction, as a share of the way from its end."""
_FAINT_FROM: Final = 0.05
_STREAK_FROM: Final = 0.5
_LEAST_BEYOND_MM: Final = 20.0
_UPRIGHT: Final = 0.05


@dataclass(frozen=True, eq=False)
class _Line:
    """`middle`, `along`: column and row; `along` has length 1.   length, bend: in pixels."""

    middle: _Point
    along: _Point
    length: float
    bend: float


def drawn_lines(ink: Ink, empty: NDArray[np.bool_], mm: float) -> Mask:
    """Where thin lines of 8 mm or more are drawn that end on the page.

    ink: of the scan in the issued page's frame.   empty: where nothing was issued and ink would be seen.
    mm: pixels a millimetre.
    """
    dark = ((ink > _DARK_FROM) & empty).astype(np.uint8)
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    drawn = np.zeros_like(dark)
    long = np.flatnonzero(np.hypot(statistics[1:, 2], statistics[1:, 3]) >= _LEAST_MM * mm) + 1
    for label in long[np.argsort(-statistics[long, 4])][:_MOST].tolist():
        left, top, width, height, _ = statistics[label].tolist()
        part = (slice(top, top + height), slice(left, left + width))
        here = labels[part] == label
        line = _line(here, left, top)
        if line.length < _LEAST_MM * mm or _width(here) > _WIDEST_MM * mm:
            continue
        is_straight = line.bend <= max(_STRAIGHT_MM * mm, _STRAIGHT_SHARE * line.length)
        crosses = height > _WHOLE_SHEET * ink.shape[0] or width > _WHOLE_SHEET * ink.shape[1]
        if _ends_on_the_page(line, ink, empty, mm) if is_straight else not crosses:
            drawn[part][here] = 1
    return drawn


def _width(here: NDArray[np.bool_]) -> float:
    """Of the pen, in pixels."""
    inside = cv2.distanceTransform(np.pad(here.astype(np.uint8), 1), cv2.DIST_L2, 3)
    return 2 * float(inside.max())


def _line(here: NDArray[np.bool_], left: int, top: int) -> _Line:
    y, x = np.nonzero(here)
    points = np.stack([x + left, y + top], 1).astype(np.float64)
    middle = points.mean(axis=0)
    _, directions = np.linalg.eigh(np.cov((points - middle).T))
    aside, along = (points - middle) @ directions[:, 0], (points - middle) @ directions[:, 1]
    ends = float(along.min()), float(along.max())
    middle = middle + directions[:, 1] * sum(ends) / 2
    return _Line(middle, directions[:, 1], ends[1] - ends[0] + 1, float(aside.std()))


def _ends_on_the_page(line: _Line, ink: Ink, empty: NDArray[np.bool_], mm: float) -> bool:
    """Whether the paper beyond its ends bears no trace of it; where no paper is left, whether it lies aslant."""
    reach = float(np.hypot(*ink.shape))
    beyond = line.length / 2 + _PAST_THE_END_MM * mm
    step = np.arange(beyond, reach, mm / 2)
    way = np.concatenate([-step[::-1], step])
    aside = np.arange(-_ASIDE_MM, _ASIDE_MM + 0.01, 1 / 4) * mm
    x = (line.middle[0] + way[:, None] * line.along[0] - aside * line.along[1]).astype(np.float32)
    y = (line.middle[1] + way[:, None] * line.along[1] + aside * line.along[0]).astype(np.float32)
    average = (1, max(1, round(_AVERAGED_MM * 2)))
    dark = cv2.blur(cv2.remap(ink, x, y, cv2.INTER_LINEAR), average)
    bare = cv2.remap(empty.astype(np.uint8), x, y, cv2.INTER_NEAREST)
    near = np.abs(aside) <= np.minimum(_WITHIN_MM * mm + _WANDERS * (np.abs(way) - beyond), 4 * mm)[:, None]
    seen = (bare | ~near).all(axis=1) & (bare.mean(axis=1) > 0.6)
    if seen.sum() * mm / 2 < _LEAST_BEYOND_MM * mm:
        return float(np.abs(line.along).min()) > _UPRIGHT
    traced = np.where(near, dark, 0)[seen].max(axis=1) - np.median(dark[seen], axis=1) > _FAINT_FROM
    return bool(traced.mean() < _STREAK_FROM)
