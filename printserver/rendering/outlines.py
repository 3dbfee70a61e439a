"""The outlines of the dark modules of a symbol: what touches by its sides is one shape, without seams. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_Step = tuple[int, int]
_Side = tuple[int, int, _Step]
"""Where it starts, and the way it goes: between dark and light, with the dark on its right."""


@dataclass(frozen=True)
class Corner:
    """x, y: in modules from the top-left corner, y downwards.   inwards: the way into the dark, -1 or 1 each."""

    x: int
    y: int
    inwards: _Step


def outlines(modules: Sequence[Sequence[bool]]) -> Iterator[tuple[Corner, ...]]:
    """Each outline as its corners in order, with the dark on its right: holes run the other way round.

    Modules that touch by a corner alone are apart from each other.
    """
    sides = _sides(modules)
    while sides:
        yield tuple(_followed(sides, next(iter(sides))))


def _sides(modules: Sequence[Sequence[bool]]) -> dict[_Side, None]:
    height, width = len(modules), len(modules[0])

    def dark(x: int, y: int) -> bool:
        return 0 <= x < width and 0 <= y < height and modules[y][x]

    found: dict[_Side, None] = {}
    for y in range(height):
        for x in range(width):
            if modules[y][x]:
                around = (
                    (dark(x, y - 1), (x, y, (1, 0))),
                    (dark(x + 1, y), (x + 1, y, (0, 1))),
                    (dark(x, y + 1), (x + 1, y + 1, (-1, 0))),
                    (dark(x - 1, y), (x, y + 1, (0, -1))),
                )
                found.update((side, None) for joined, side in around if not joined)
    return found


def _followed(sides: dict[_Side, None], start: _Side) -> Iterator[Corner]:
    """The corners of the outline with this side; all its sides are taken out of `sides`."""
    x, y, step = start
    while True:
        del sides[x, y, step]
        x, y, right = x + step[0], y + step[1], (-step[1], step[0])
        turns = (right, step, (step[1], -step[0]))
        turn = next(each for each in turns if (x, y, each) in sides or (x, y, each) == start)
        if turn != step:
            yield Corner(x, y, (right[0] - turn[1], right[1] + turn[0]))
        if (x, y, turn) == start:
            return
        step = turn
