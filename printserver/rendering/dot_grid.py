"""The dots of a printer's engine, so that every module of a code and every bar gets equally many of them. Pure.

Dots are counted from a page's bottom-left corner, the origin of PDF, which engines put on the edge of a dot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reportlab.pdfgen.canvas import Canvas

from printserver.foundation.errors import Malformed

USUAL_DPI: Final = 600
INSET_DOTS: Final = 0.25
"""Ink ends so far within its outermost dots: then renderers that paint each dot which ink touches, and those that ask
for a dot's middle, paint the same dots, also where a sheet's edge lies up to a quarter of a dot beside the grid."""
_UM_PER_INCH: Final = 25_400
_COARSEST_DPI: Final = 100
_FINEST_DPI: Final = 4_800


class DotsMalformed(Malformed):
    code = "dots-malformed"


@dataclass(frozen=True)
class DotGrid:
    """`dpi`: dots an inch in both directions, 100 to 4,800."""

    dpi: int

    def __post_init__(self) -> None:
        if type(self.dpi) is not int or not _COARSEST_DPI <= self.dpi <= _FINEST_DPI:
            raise DotsMalformed(f"no engine has {self.dpi} dots an inch")

    def nearest(self, at_um: int) -> int:
        """The edge between dots that is nearest to a place."""
        return (2 * at_um * self.dpi + _UM_PER_INCH) // (2 * _UM_PER_INCH)

    def length_um(self, dots: int) -> float:
        return dots * _UM_PER_INCH / self.dpi

    def module(self, room_um: int, modules: int) -> int:
        """The most whole dots that each of so many modules can have within the room."""
        return room_um * self.dpi // (_UM_PER_INCH * modules)

    def first(self, start_um: int, room_um: int, dots: int) -> int:
        """Where so many dots begin that lie in the middle of a room."""
        used_um = dots * _UM_PER_INCH // self.dpi
        return self.nearest(start_um + (room_um - used_um) // 2)

    def lay_on(self, canvas: Canvas) -> None:
        """Henceforth one unit of the canvas, whose origin is the page's, is a dot; y stays upwards."""
        canvas.scale(72 / self.dpi, 72 / self.dpi)
