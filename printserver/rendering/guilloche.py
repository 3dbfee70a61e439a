"""The guilloché frame: fine lines woven around the page's edge, others for every copy.

It deters from redrawing a page; it does not show whether a page was copied. The same serial gives the same frame.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object

from printserver.foundation.serials import CopySerial
from printserver.rendering.units import PageSize, to_points
from printserver.rendering.vector import numbers

MIDDLE_UM: Final = 7_000
"""Of the band, from the page's edge; outside of the edge that codes keep free, inside of what printers can print."""
HALF_UM: Final = 2_000
INNER_UM: Final = MIDDLE_UM + 2_600
"""Beyond this there is nothing of the frame, from the page's edge; with room for a sheet that lies a little aslant."""
LINE_UM: Final = 85
"""Two dots of an engine of 600 dpi."""
_TILE_UM: Final = 24_000
_STRANDS: Final = 8
_PIECES: Final = 32
_CORNER_UM: Final = 2_400

Point = tuple[float, float]


def frame_form(pdf: pikepdf.Pdf, serial: CopySerial, page: PageSize) -> Object:
    """The frame of a page of this size as a form of `pdf`, in points from the page's bottom-left corner."""
    dice = sha256(b"guilloche" + serial.value).digest()
    band = _form(pdf, _tile(dice), (0, -HALF_UM, _TILE_UM, HALF_UM))
    rosette = _form(pdf, _rosette(dice), (-HALF_UM, -HALF_UM, HALF_UM, HALF_UM))
    width, height = to_points(page.width_um), to_points(page.height_um)
    form = pdf.make_stream("".join(_sides(page) + _corners(page)).encode("ascii"))
    form.Type, form.Subtype = Name.XObject, Name.Form
    form.BBox = Array([0, 0, round(width, 4), round(height, 4)])
    form.Resources = Dictionary(XObject=Dictionary(Band=band, Rosette=rosette))
    return form


def _form(pdf: pikepdf.Pdf, strands: Sequence[str], box: tuple[int, int, int, int]) -> Object:
    """In micrometres; whoever draws it brings the scale."""
    form = pdf.make_stream(f"{LINE_UM} w 1 j 0 G\n{''.join(strands)}".encode("ascii"))
    form.Type, form.Subtype = Name.XObject, Name.Form
    left, bottom, right, top = box
    form.BBox = Array([left - LINE_UM, bottom - LINE_UM, right + LINE_UM, top + LINE_UM])
    form.Resources = Dictionary()
    return form


def _sides(page: PageSize) -> list[str]:
    """Each side takes a whole number of tiles, stretched or pressed a little."""
    um = to_points(1)
    drawn = []
    for across in (True, False):
        length = (page.width_um if across else page.height_um) - 2 * (MIDDLE_UM + _CORNER_UM)
        count = round(length / _TILE_UM)
        stretch = length / count / _TILE_UM
        for far in (False, True):
            middle = (page.height_um if across else page.width_um) - MIDDLE_UM if far else MIDDLE_UM
            for at in range(count):
                along = MIDDLE_UM + _CORNER_UM + at * _TILE_UM * stretch
                x, y = (along, middle) if across else (middle, along)
                turn = (stretch * um, 0, 0, um) if across else (0, stretch * um, -um, 0)
                drawn.append(_placed("Band", turn, x, y))
    return drawn


def _corners(page: PageSize) -> list[str]:
    um = to_points(1)
    return [
        _placed("Rosette", (um, 0, 0, um), x, y)
        for x in (MIDDLE_UM, page.width_um - MIDDLE_UM)
        for y in (MIDDLE_UM, page.height_um - MIDDLE_UM)
    ]


def _placed(name: str, turn: tuple[float, float, float, float], x_um: float, y_um: float) -> str:
    scale = " ".join(f"{value:.8f}" for value in turn)
    return f"q {scale} {numbers(to_points(round(x_um)), to_points(round(y_um)))} cm /{name} Do Q\n"


def _tile(dice: bytes) -> list[str]:
    """Strands that fit on to those of the next tile, because each wave runs a whole number of times."""
    long, short = 1 + dice[0] % 2, 3 + dice[1] % 3
    lift, bend = 0.45 + dice[2] / 1024, dice[3] / 256

    def wave(phase: float) -> Callable[[float], Point]:
        def point(part: float) -> Point:
            slow = math.sin(math.tau * (long * part + phase))
            fast = math.sin(math.tau * (short * part + bend - phase))
            return part * _TILE_UM, HALF_UM * (lift * slow + (1 - lift) * fast)

        return point

    return [_curve(wave(strand / _STRANDS)) for strand in range(_STRANDS)]


def _rosette(dice: bytes) -> list[str]:
    leaves, depth = 5 + dice[4] % 5, 0.35 + dice[5] / 1024

    def petals(shift: float) -> Callable[[float], Point]:
        def point(part: float) -> Point:
            radius = HALF_UM * (1 - depth * (1 + math.sin(math.tau * (leaves * part + shift))) / 2)
            return radius * math.cos(math.tau * part), radius * math.sin(math.tau * part)

        return point

    return [_curve(petals(dice[6] / 256 + strand / 3), pieces=2 * _PIECES) for strand in range(3)]


def _curve(point: Callable[[float], Point], pieces: int = _PIECES) -> str:
    """Cubic pieces through the points, with the curve's own direction at each."""
    ends = [at / pieces for at in range(pieces + 1)]
    x, y = point(0)
    return f"{x:.0f} {y:.0f} m\n" + "".join(_pieces(point, ends)) + "S\n"


def _pieces(point: Callable[[float], Point], ends: Sequence[float]) -> Iterator[str]:
    for before, after in pairwise(ends):
        third = (after - before) / 3
        (x0, y0), (x3, y3) = point(before), point(after)
        (run0, rise0), (run3, rise3) = _slope(point, before), _slope(point, after)
        x1, y1, x2, y2 = x0 + run0 * third, y0 + rise0 * third, x3 - run3 * third, y3 - rise3 * third
        yield f"{x1:.0f} {y1:.0f} {x2:.0f} {y2:.0f} {x3:.0f} {y3:.0f} c\n"


def _slope(point: Callable[[float], Point], part: float) -> Point:
    near = 1e-4
    (x0, y0), (x1, y1) = point(part - near), point(part + near)
    return (x1 - x0) / (2 * near), (y1 - y0) / (2 * near)
