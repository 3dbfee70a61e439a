"""Code 128 in set C: pairs of digits as bars. It carries a page's serial in a form that a plain scanner reads.

Source: ISO/IEC 15417, tables as published in many places (the standard's text unverified).
"""

from __future__ import annotations

import re
from typing import Final

from reportlab.pdfgen.canvas import Canvas

from printserver.foundation.errors import Malformed
from printserver.rendering.dot_grid import INSET_DOTS, DotGrid
from printserver.rendering.drawing import fill

MODULE_UM: Final = 360
"""The widest; a printer draws as many whole dots as fit into it."""
HEIGHT_UM: Final = 8_500
QUIET_ZONE_MODULES: Final = 10

_START_C: Final = 105
# Widths of bar, space, bar, space, bar, space: six digits for each of the 106 symbol characters.
_WIDTHS: Final = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222"
    "123122123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321"
    "232121111323131123131321112313132113132311211313231113231311112133112331132131113123113321133121"
    "313121211331231131213113213311213131311123311321331121312113312311332111314111221411431111111224"
    "111422121124121421141122141221112214112412122114122411142112142211241211221114413111241112134111"
    "111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141114113"
    "114311411113411311113141114131311141411131211412211214211232"
)
_STOP_WIDTHS: Final = "2331112"


class BarcodeRefused(Malformed):
    code = "barcode-refused"


def barcode_widths(digits: str) -> tuple[int, ...]:
    """Widths in modules, a bar first, then space and bar by turns.

    Raises BarcodeRefused unless the digits come in pairs.
    """
    if not re.fullmatch(r"(?:[0-9]{2})+", digits, re.ASCII):
        raise BarcodeRefused("set C of Code 128 carries pairs of digits")
    values = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    check = (_START_C + sum(at * value for at, value in enumerate(values, 1))) % 103
    symbols = (_WIDTHS[6 * value : 6 * value + 6] for value in (_START_C, *values, check))
    return tuple(map(int, "".join(symbols) + _STOP_WIDTHS))


def barcode_width_um(pairs: int) -> int:
    """Width of the symbol for so many pairs of digits, with its quiet zones."""
    return (11 * (pairs + 2) + 13 + 2 * QUIET_ZONE_MODULES) * MODULE_UM


def draw_barcode(canvas: Canvas, digits: str, grid: DotGrid, *, left_um: int, bottom_um: int) -> None:
    """The black bars, in the middle of their room; every module gets the same number of the grid's dots.

    canvas: after `grid.lay_on`.   left_um, bottom_um: corner of the room that `barcode_width_um` states, from the
    page's bottom-left one.   Raises BarcodeRefused.
    """
    widths = barcode_widths(digits)
    module = grid.module(MODULE_UM, 1)
    position = grid.first(left_um, barcode_width_um(len(digits) // 2), module * sum(widths))
    bottom, top = grid.nearest(bottom_um), grid.nearest(bottom_um + HEIGHT_UM)
    canvas.setFillGray(0)
    bars = canvas.beginPath()
    for at, width in enumerate(widths):
        if at % 2 == 0:
            bars.rect(position + INSET_DOTS, bottom, module * width - 2 * INSET_DOTS, top - bottom)
        position += module * width
    fill(canvas, bars)
