"""Lengths: integer micrometres in everything stored or hashed, points in PDF; converted here and nowhere else.

Origin in micrometres: top-left of the page as a person sees it. Origin in points: bottom-left, as PDF has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NewType

Micrometres = NewType("Micrometres", int)
Points = NewType("Points", float)

_UM_PER_POINT: Final = 25_400 / 72


def to_points(length_um: int) -> Points:
    return Points(length_um / _UM_PER_POINT)


def to_micrometres(length: float) -> Micrometres:
    """length: in points. Rounded to the nearest micrometre."""
    return Micrometres(round(length * _UM_PER_POINT))


@dataclass(frozen=True)
class PageSize:
    """A page as a person sees it: after rotation and crop."""

    width_um: int
    height_um: int


A4_PORTRAIT: Final = PageSize(210_000, 297_000)
A4_LANDSCAPE: Final = PageSize(297_000, 210_000)
