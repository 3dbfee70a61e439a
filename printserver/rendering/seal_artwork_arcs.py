"""Characters of a seal in their places: evenly along an ellipse, or on a straight line. Pure geometry."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fontTools.misc.transform import Transform

_STEPS: Final = 720


@dataclass(frozen=True)
class Arc:
    """The middles of characters lie on the ellipse of half axes a × b around the origin, `span` radians of it.

    below: on the lower edge, heads to the middle and read from left to right; else on the upper one, heads outwards.
    width, height: of a character's box.
    """

    a: float
    b: float
    span: float
    width: float
    height: float
    below: bool = False


def along(arc: Arc, count: int) -> Iterator[Transform]:
    """To the middle of each of `count` characters, at equal distances along the arc, upright on it."""
    middle = -math.pi / 2 if arc.below else math.pi / 2
    forward = 1 if arc.below else -1
    first = middle - forward * arc.span / 2
    angles = [first + forward * arc.span * at / _STEPS for at in range(_STEPS + 1)]
    points = [(arc.a * math.cos(angle), arc.b * math.sin(angle)) for angle in angles]
    lengths = [0.0]
    for (x, y), (next_x, next_y) in itertools.pairwise(points):
        lengths.append(lengths[-1] + math.hypot(next_x - x, next_y - y))
    at = 0
    for number in range(count):
        wanted = lengths[-1] * (number + 0.5) / count
        while lengths[at + 1] < wanted:
            at += 1
        part = (wanted - lengths[at]) / (lengths[at + 1] - lengths[at])
        yield _upright(arc, angles[at] + part * (angles[at + 1] - angles[at]))


def length(arc: Arc) -> float:
    """Of the whole arc."""
    middle = -math.pi / 2 if arc.below else math.pi / 2
    angles = [middle - arc.span / 2 + arc.span * at / _STEPS for at in range(_STEPS + 1)]
    points = [(arc.a * math.cos(angle), arc.b * math.sin(angle)) for angle in angles]
    return sum(math.hypot(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(points))


def in_line(count: int, pitch: float, y: float) -> Iterator[Transform]:
    """To the middle of each of `count` characters on a line around x = 0."""
    for number in range(count):
        yield Transform().translate(pitch * (number - (count - 1) / 2), y)


def in_grid(count: int, width: float, height: float) -> Iterator[tuple[Transform, float, float]]:
    """As a name stands in a square: columns from the right, each from the top; with the size of its cell."""
    columns = math.ceil(math.sqrt(count)) if count != 2 else 1
    rows = math.ceil(count / columns)
    cell_width, cell_height = width / columns, height / rows
    for number in range(count):
        column, row = columns - 1 - number // rows, number % rows
        x, y = (column + 0.5) * cell_width - width / 2, height / 2 - (row + 0.5) * cell_height
        yield Transform().translate(x, y), cell_width, cell_height


def _upright(arc: Arc, angle: float) -> Transform:
    x, y = arc.a * math.cos(angle), arc.b * math.sin(angle)
    outwards = math.atan2(math.sin(angle) / arc.b, math.cos(angle) / arc.a)
    return Transform().translate(x, y).rotate(outwards + (math.pi / 2 if arc.below else -math.pi / 2))
