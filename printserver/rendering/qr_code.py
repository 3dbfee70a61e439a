"""The verification code's symbol: a QR code of vector modules whose digits are packed as digits.

Source: ISO/IEC 18004 as implemented by the `qrcode` library (the standard's text unverified).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError
from qrcode.util import MODE_8BIT_BYTE, MODE_NUMBER, QRData
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from printserver.foundation.errors import Malformed
from printserver.rendering.dot_grid import INSET_DOTS, DotGrid
from printserver.rendering.drawing import fill
from printserver.rendering.outlines import Corner, outlines

QUIET_ZONE_MODULES: Final = 4
BOX_UM: Final = 32_300
"""Side of the white square with the symbol in its middle: room for 28 mm of version 9 and four modules on each side."""
SMALLEST_MODULE_UM: Final = 360
"""Smaller ones are not read from an ordinary scan."""

_SMALLEST_VERSION: Final = 9
_LARGEST_VERSION: Final = 15  # with its quiet zone 85 modules: larger ones leave less than 0.36 mm a module
_MASK: Final = 2  # fixed: a search for the best mask costs most of the encoding and gains nothing on random digits


class CodeRefused(Malformed):
    code = "code-refused"


def qr_modules(text: str) -> tuple[tuple[bool, ...], ...]:
    """Rows of modules, dark is true, no quiet zone; version 9 or more, level M.

    text: ASCII; the digits it ends with become a numeric segment, what precedes them a byte segment.
    Raises CodeRefused when the text is empty, not ASCII, or too long for a module of 0.36 mm.
    """
    found = re.fullmatch(r"(|.*[^0-9])([0-9]*)", text, re.ASCII | re.DOTALL)
    if not text or not text.isascii() or not found:
        raise CodeRefused("a code carries ASCII text")
    code = qrcode.QRCode(_SMALLEST_VERSION, ERROR_CORRECT_M, border=0, mask_pattern=_MASK)
    for part, mode in zip(found.groups(), (MODE_8BIT_BYTE, MODE_NUMBER), strict=True):
        if part:
            code.add_data(QRData(part.encode("ascii"), mode=mode), optimize=0)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError):
        raise CodeRefused("the code's text is too long for any symbol") from None
    if code.version > _LARGEST_VERSION:
        raise CodeRefused("the code's text is too long to be read from paper")
    return tuple(tuple(bool(module) for module in row) for row in code.get_matrix())


def module_dots(modules: int, grid: DotGrid) -> int:
    """Dots a module's side has: the most with which symbol and quiet zone lie within the white square.

    modules: a side of the symbol.   Raises CodeRefused when the printer's dots leave too small a module.
    """
    dots = grid.module(BOX_UM, modules + 2 * QUIET_ZONE_MODULES)
    if grid.length_um(dots) < SMALLEST_MODULE_UM:
        raise CodeRefused(f"the code's text is too long for a printer of {grid.dpi} dots an inch")
    return dots


def draw_qr_code(
    canvas: Canvas, modules: Sequence[Sequence[bool]], grid: DotGrid, *, left_um: int, bottom_um: int
) -> None:
    """The white square with the symbol in its middle; every module gets the same number of the grid's dots.

    canvas: after `grid.lay_on`.   left_um, bottom_um: the square's corner, from the page's bottom-left one.
    Raises CodeRefused.
    """
    module = module_dots(len(modules), grid)
    left, bottom = (grid.first(at, BOX_UM, module * len(modules)) for at in (left_um, bottom_um))
    square = [grid.nearest(at) for at in (left_um, bottom_um, left_um + BOX_UM, bottom_um + BOX_UM)]
    canvas.setFillGray(1)
    canvas.rect(square[0], square[1], square[2] - square[0], square[3] - square[1], stroke=0, fill=1)
    canvas.setFillGray(0)
    canvas.translate(left, bottom + module * len(modules))
    canvas.scale(INSET_DOTS, -INSET_DOTS)
    side = round(module / INSET_DOTS)
    fill(canvas, PDFPathObject([_loop(corners, side) for corners in outlines(modules)]))


def _loop(corners: Sequence[Corner], side: int) -> str:
    """The path operators of one outline, set in by one unit of the canvas; a module is `side` units wide."""
    points = [f"{corner.x * side + corner.inwards[0]} {corner.y * side + corner.inwards[1]}" for corner in corners]
    return f"{points[0]} m {' l '.join(points[1:])} l h"
