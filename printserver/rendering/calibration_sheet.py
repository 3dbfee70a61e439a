"""The sheet from which a person chooses a printer's lattices: cells with a hidden word, and lines of microtext.

Nothing stands in the corners that codes take, so that the sheet may also be handed in and printed as a document.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pikepdf
from pikepdf import Dictionary

from printserver.foundation.serials import CopySerial
from printserver.rendering.calibration import BACKGROUNDS, cells
from printserver.rendering.drawing import VectorCanvas, forms_drawn
from printserver.rendering.microtext import SIZES_UM, microtext_form, microtext_words
from printserver.rendering.pantograph import Bits, Lattice, MaskSize, image_mask, packed, word_area, woven
from printserver.rendering.pdf_files import add_page, page_points, saved
from printserver.rendering.typeface import SANS, SANS_BOLD, Typeface, draw_text, missing_glyphs
from printserver.rendering.units import A4_PORTRAIT, to_points
from printserver.rendering.vector import numbers

TITLE: Final = "校准样张 · 不是任何文件的副本"
TITLE_ENGLISH: Final = "CALIBRATION SHEET · NOT A COPY OF ANY DOCUMENT"
_WORD: Final = "COPY"
_LEFT_UM: Final = 15_000
_TOP_UM: Final = 66_000
_CELL_UM: Final = (42_000, 20_000)
_STEP_UM: Final = (46_000, 29_000)
_COLUMNS: Final = 4
_GLYPH_UM: Final = 12_000
_SAMPLE: Final = CopySerial(bytes(10))
_ADVICE: Final = (
    "按 100 % 原尺寸打印，不缩放，不用省墨模式；然后用复印机的文字模式复印本页。",
    "Print at 100 %, not scaled, without toner saving; then photocopy this page in the copier's text mode.",
    "选原件上看不出字、复印件上字最清楚的格，把格号登记在该打印机的校准页上。",
    "Choose the cell whose word cannot be seen here and stands out most on the photocopy; store its name.",
)


def draw_calibration_sheet(resolution_dpi: int, printer: str) -> bytes:
    """A PDF of one page of A4, to be printed on the printer of that name and resolution.

    Characters of the name that cannot be drawn are left out.   Raises PantographNotPossible.
    """
    lattices = cells(resolution_dpi)
    with pikepdf.new() as pdf:
        size = MaskSize.of(A4_PORTRAIT, resolution_dpi)
        mask = image_mask(pdf, size, packed(_all_cells(lattices, resolution_dpi, size)))
        (words,) = forms_drawn(_texts(lattices, resolution_dpi, printer), pdf)
        parts = {"/Cells": mask, "/Words": words}
        width, height = (side * 72 / resolution_dpi for side in (size.width, size.height))
        paper_width, paper_height = page_points(A4_PORTRAIT)
        content = f"q 0 g {numbers(width, 0, 0, height, 0, paper_height - height)} cm /Cells Do Q\n/Words Do\n"
        for at, microtext_um in enumerate(SIZES_UM):
            words_of_line = microtext_words(_SAMPLE, 1, 1)
            parts[f"/Line{at}"] = microtext_form(pdf, words_of_line, microtext_um, width_um=90_000)
            base = paper_height - to_points(_line_top(at))
            content += f"q 1 0 0 1 {numbers(to_points(_LEFT_UM + 22_000), base)} cm /Line{at} Do Q\n"
        resources = Dictionary(XObject=Dictionary(parts))
        add_page(pdf, paper_width, paper_height, content.encode("ascii"), resources)
        return saved(pdf)


def _corner(at: int) -> tuple[int, int]:
    """Of a cell's box, in micrometres from the page's top-left corner."""
    return _LEFT_UM + at % _COLUMNS * _STEP_UM[0], _TOP_UM + at // _COLUMNS * _STEP_UM[1]


def _line_top(at: int) -> int:
    return _TOP_UM + 4 * _STEP_UM[1] + 10_000 + at * 5_000


def _all_cells(lattices: dict[str, Lattice], resolution_dpi: int, size: MaskSize) -> Bits:
    dots = np.zeros((size.height, size.width), np.bool_)
    cell = MaskSize(*(side * resolution_dpi // 25_400 for side in _CELL_UM))
    word = word_area([_WORD], cell, resolution_dpi, glyph_um=_GLYPH_UM, line_um=4 * _CELL_UM[1] // 5)
    for at, lattice in enumerate(lattices.values()):
        left, top = (edge * resolution_dpi // 25_400 for edge in _corner(at))
        dots[top : top + cell.height, left : left + cell.width] = woven(word, BACKGROUNDS[resolution_dpi], lattice)
    return dots


def _texts(lattices: dict[str, Lattice], resolution_dpi: int, printer: str) -> VectorCanvas:
    canvas = VectorCanvas()
    canvas.setPageSize(page_points(A4_PORTRAIT))
    canvas.setFillGray(0)
    _say(canvas, SANS_BOLD, TITLE, _LEFT_UM, 24_000, 6_000)
    _say(canvas, SANS_BOLD, TITLE_ENGLISH, _LEFT_UM, 31_000, 3_800)
    drawable = printer
    for character in missing_glyphs(printer, SANS):
        drawable = drawable.replace(character, "")
    _say(canvas, SANS, f"{drawable} · {resolution_dpi} dpi", _LEFT_UM, 37_500, 3_600)
    for at, line in enumerate(_ADVICE):
        _say(canvas, SANS, line, _LEFT_UM, 44_000 + at * 5_000, 2_900)
    for at, (name, lattice) in enumerate(lattices.items()):
        left, top = _corner(at)
        label = f"{name}   {lattice.dots} × {lattice.dots}, {lattice.pitch / 1000:g}"
        _say(canvas, SANS_BOLD, label, left, top + _CELL_UM[1] + 4_000, 3_000)
    for at, microtext_um in enumerate(SIZES_UM):
        _say(canvas, SANS, f"{round(microtext_um / 352.8, 1):g} pt", _LEFT_UM, _line_top(at), 3_000)
    canvas.showPage()
    return canvas


def _say(canvas: VectorCanvas, typeface: Typeface, text: str, x_um: int, base_um: int, size_um: int) -> None:
    y = to_points(A4_PORTRAIT.height_um - base_um)
    draw_text(canvas, typeface, text, x=to_points(x_um), y=y, size=to_points(size_um))
