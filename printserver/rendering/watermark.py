"""The watermark: a text, the copy's number, or both, pale across the page, once or tiled."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object

from printserver.foundation.errors import Malformed
from printserver.rendering.pdf_files import page_points
from printserver.rendering.text_forms import ABOVE_EDGE, line_form, line_width
from printserver.rendering.typeface import SANS_BOLD, missing_glyphs
from printserver.rendering.units import PageSize, to_points
from printserver.rendering.vector import numbers

LONGEST_TEXT: Final = 40
_GREY: Final = 0.88
_MIDDLE: Final = ABOVE_EDGE + 0.35
"""Of capital letters, in em above the form's lower edge."""
_TURN: Final = math.atan2(3, 4)
_LARGEST_EM: Final = to_points(24_000)
_TILE_EM: Final = to_points(5_000)
_TILE_ROW: Final = to_points(32_000)


class WatermarkMalformed(Malformed):
    code = "watermark-malformed"


@dataclass(frozen=True)
class Watermark:
    """`text`: at most 40 characters, or none.   number: with the copy's number.   tiled: small, over the whole page."""

    text: str = ""
    number: bool = False
    tiled: bool = False

    def __post_init__(self) -> None:
        if not self.text.strip() and not self.number:
            raise WatermarkMalformed("a watermark says a text, or the copy's number")
        if len(self.text) > LONGEST_TEXT or not self.text.isprintable() or missing_glyphs(self.text, SANS_BOLD):
            raise WatermarkMalformed(f"a watermark has at most {LONGEST_TEXT} characters that can be drawn")

    def words(self, copy: str) -> str:
        """copy: in words, which copy of how many."""
        return " · ".join(part for part in (self.text.strip(), copy if self.number else "") if part)

    def to_json(self) -> dict[str, object]:
        return {"text": self.text.strip(), "number": self.number, "tiled": self.tiled}


def watermark_form(pdf: pikepdf.Pdf, watermark: Watermark, copy: str, page: PageSize) -> Object:
    """As a form of `pdf` in points of the page: pale enough to read the text through it, and multiplied.

    copy: in words, which copy of how many.
    """
    words, (width, height) = watermark.words(copy), page_points(page)
    length = line_width(SANS_BOLD, words)
    em = _TILE_EM if watermark.tiled else min(_LARGEST_EM, 0.85 * min(width, height) / length)
    places = list(_tiles(em * length, math.hypot(width, height))) if watermark.tiled else [(-em * length / 2, 0.0)]
    cosine, sine = math.cos(_TURN), math.sin(_TURN)
    lines = "".join(f"q 1 0 0 1 {numbers(x, y - _MIDDLE * em)} cm /Words Do Q\n" for x, y in places)
    turned = numbers(cosine, sine, -sine, cosine, width / 2, height / 2)
    form = pdf.make_stream(f"/Multiply gs {_GREY} g\nq {turned} cm\n{lines}Q\n".encode("ascii"))
    form.Type, form.Subtype = Name.XObject, Name.Form
    form.BBox = Array([0, 0, round(width, 4), round(height, 4)])
    form.Resources = Dictionary(
        XObject=Dictionary(Words=line_form(pdf, SANS_BOLD, words, size=em)),
        ExtGState=Dictionary(Multiply=Dictionary(Type=Name.ExtGState, BM=Name.Multiply)),
    )
    return form


def _tiles(length: float, diagonal: float) -> Iterator[tuple[float, float]]:
    """Starts of the texts, around the page's middle, each second row moved."""
    step, rows = length + 4 * _TILE_EM, math.ceil(diagonal / 2 / _TILE_ROW)
    columns = math.ceil(diagonal / 2 / step) + 1
    for row in range(-rows, rows + 1):
        for column in range(-columns, columns + 1):
            yield (column + row % 2 / 2) * step - length / 2, row * _TILE_ROW
