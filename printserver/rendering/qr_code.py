"""The verification code's symbol: a QR code of vector modules whose digits are packed as digits.

Source: ISO/IEC 18004 as implemented by the `qrcode` library (the standard's text unverified).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError
from qrcode.util import MODE_8BIT_BYTE, MODE_NUMBER, QRData
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from printserver.foundation.errors import Malformed
from printserver.rendering.drawing import fill
from printserver.rendering.units import to_points

SYMBOL_UM: Final = 28_000
"""Side of the symbol without its quiet zone."""
QUIET_ZONE_MODULES: Final = 4
BOX_UM: Final = 32_300
"""Side of the white square with the symbol in its middle: room for four modules of version 9 on each side."""

_SMALLEST_VERSION: Final = 9
_LARGEST_VERSION: Final = 15  # 77 modules of 0.36 mm: smaller ones are not read from an ordinary scan
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


def draw_qr_code(canvas: Canvas, modules: Sequence[Sequence[bool]], *, left: float, top: float) -> None:
    """The white square with the symbol in its middle. left, top: its corner in points, y upwards."""
    side, symbol = to_points(BOX_UM), to_points(SYMBOL_UM)
    module, margin = symbol / len(modules), (side - symbol) / 2
    canvas.saveState()
    canvas.setFillGray(1)
    canvas.rect(left, top - side, side, side, stroke=0, fill=1)
    canvas.setFillGray(0)
    canvas.transform(module, 0, 0, module, left + margin, top - margin)
    fill(canvas, PDFPathObject([_bar(row, *run) for row, line in enumerate(modules, 1) for run in _runs(line)]))
    canvas.restoreState()


@lru_cache(maxsize=1 << 15)
def _bar(row: int, start: int, length: int) -> str:
    """The path operator of a run of dark modules; kept, because most runs recur and reportlab is slow with numbers.

    Rows overlap by a hair, so that no renderer shows a seam between them.
    """
    operators: list[str] = []
    PDFPathObject(operators).rect(start, -row, length, 1.01)
    return operators[-1]


def _runs(line: Sequence[bool]) -> list[tuple[int, int]]:
    """Start and length of each run of dark modules."""
    runs: list[tuple[int, int]] = []
    for at, dark in enumerate(line):
        if dark and runs and sum(runs[-1]) == at:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        elif dark:
            runs.append((at, 1))
    return runs
