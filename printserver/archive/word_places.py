"""Where a page's words stand on its scan: those of the issued page by its pose, those that were read as read. Pure.

Places are fractions of the upright scanned page, from its top left, so that they hold whatever the picture's size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from printserver.archive.issued_words import IssuedPage

UM_PER_INCH: Final = 25_400
Point = tuple[float, float]
_FARTHEST: Final = 0.02
"""Of the page: so far outside a word may begin or end, and is put at the edge."""


@dataclass(frozen=True)
class Picture:
    """The upright scanned page.   width, height: in pixels.   dpi: 0 when it is not known."""

    width: int
    height: int
    dpi: float


@dataclass(frozen=True)
class WordOnScan:
    """`start`, `end`: of the line under the word; `above`: over its start."""

    text: str
    start: Point
    end: Point
    above: Point


def by_pose(page: IssuedPage, pose: Sequence[float] | None, picture: Picture) -> tuple[WordOnScan, ...]:
    """The issued words; those that the scan does not show are left out.

    pose: nine numbers, row by row, from the issued page to the upright scan, in micrometres; without it, or without
    the scan's resolution, the scan is taken to show the whole page and nothing else.
    """
    place = _fitted(page) if pose is None or not picture.dpi else _mapped(pose, picture)
    placed = []
    for word in page.words:
        left, top, right, bottom = word.box
        corners = [place(x, y) for x, y in ((left, bottom), (right, bottom), (left, top))]
        if all(_shown(corner) for corner in corners):
            placed.append(WordOnScan(word.text, *(_kept(corner) for corner in corners)))
    return tuple(placed)


def as_read(text: str, box: tuple[int, int, int, int], picture: Picture) -> WordOnScan:
    """A line that was read.   box: left, top, width, height in the picture's pixels."""
    left, top, width, height = box
    across, down = 1 / picture.width, 1 / picture.height
    bottom = (top + height) * down
    return WordOnScan(text, (left * across, bottom), ((left + width) * across, bottom), (left * across, top * down))


def _fitted(page: IssuedPage) -> Callable[[float, float], Point]:
    return lambda x, y: (x / page.width_um, y / page.height_um)


def _mapped(pose: Sequence[float], picture: Picture) -> Callable[[float, float], Point]:
    a, b, c, d, e, f, g, h, i = pose
    width, height = (side * UM_PER_INCH / picture.dpi for side in (picture.width, picture.height))

    def place(x: float, y: float) -> Point:
        depth = g * x + h * y + i
        if abs(depth) < 1e-9:
            return (-1.0, -1.0)
        return (a * x + b * y + c) / depth / width, (d * x + e * y + f) / depth / height

    return place


def _shown(point: Point) -> bool:
    return all(-_FARTHEST <= each <= 1 + _FARTHEST for each in point)


def _kept(point: Point) -> Point:
    x, y = (round(min(1.0, max(0.0, each)), 5) for each in point)
    return x, y
