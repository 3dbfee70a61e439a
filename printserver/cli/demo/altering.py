"""Alters one digit of a printed page, the way somebody with a scanner and a printer would."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pypdfium2

from printserver.cli.demo.paper import Image, rasterise

_AMOUNT: Final = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+")
_SAME: Final = 0.4
"""Points by which two digits of one typeface and size may differ in width and height."""

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points from the page's bottom left."""


@dataclass(frozen=True)
class Alteration:
    """`issued`, `altered`: the number before and after.   picture: of the whole page."""

    page: int
    issued: str
    altered: str
    picture: Image


def first_alteration(printed: Path, dpi: float) -> Alteration | None:
    """A greater digit of the same size, cut out of its page, over the first of an amount.

    printed: with upright pages.   None where no page has an amount and such a digit.
    """
    pdf = pypdfium2.PdfDocument(printed)
    try:
        for number, sheet in enumerate(pdf, 1):
            words = sheet.get_textpage()
            text = words.get_text_range()
            digits = {index: words.get_charbox(index) for index, each in enumerate(text) if each.isdigit()}
            for amount in _AMOUNT.finditer(text):
                first = amount.start()
                donor = next((i for i in digits if text[i] > text[first] and _alike(digits[i], digits[first])), None)
                if donor is not None:
                    patched = _patched(rasterise(printed, number, dpi), digits[donor], digits[first], dpi / 72)
                    return Alteration(number, amount[0], text[donor] + amount[0][1:], patched)
        return None
    finally:
        pdf.close()


def _alike(one: Box, other: Box) -> bool:
    width, height = (abs((one[side + 2] - one[side]) - (other[side + 2] - other[side])) for side in (0, 1))
    return width < _SAME and height < _SAME


def _patched(picture: Image, donor: Box, place: Box, scale: float) -> Image:
    patched, margin = picture.copy(), round(0.6 * scale)
    height, width = (round((place[side + 2] - place[side]) * scale) + 2 * margin for side in (1, 0))

    def corner(box: Box) -> tuple[int, int]:
        return picture.shape[0] - round(box[3] * scale) - margin, round(box[0] * scale) - margin

    (from_y, from_x), (to_y, to_x) = corner(donor), corner(place)
    patched[to_y : to_y + height, to_x : to_x + width] = picture[from_y : from_y + height, from_x : from_x + width]
    return patched
