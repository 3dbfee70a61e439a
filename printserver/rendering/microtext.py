"""The microtext line: the copy's serial, so small that copiers blur it, under the line that says which copy it is.

There nothing else of the page can be: the layout keeps a millimetre around the barcode's box free.
"""

from __future__ import annotations

from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object

from printserver.foundation.serials import CopySerial
from printserver.rendering.page_layout import BARCODE_BOX_UM, PageLayout
from printserver.rendering.text_forms import ABOVE_EDGE, line_form, line_width
from printserver.rendering.typeface import SANS_BOLD
from printserver.rendering.units import to_points
from printserver.rendering.vector import numbers

SIZES_UM: Final = (529, 706, 882, 1_058)
"""Of the em: 1.5, 2, 2.5 and 3 points. 2 points are read from an original of 600 dpi, 1.5 hardly."""
USUAL_UM: Final = 706
_SPACING: Final = 0.12
_CAPITALS: Final = 0.733
_ABOVE_UM: Final = 150


def microtext_words(serial: CopySerial, number: int, copies: int) -> str:
    """What stands there, again and again."""
    return f"{serial} {number}/{copies} "


def microtext_form(pdf: pikepdf.Pdf, words: str, size_um: int, width_um: int = BARCODE_BOX_UM[0]) -> Object:
    """As often as the width holds it, black, as a form of `pdf` on a base line from its origin. Raises GlyphMissing."""
    size = to_points(size_um)
    unit = line_form(pdf, SANS_BOLD, words, size=size, spacing=_SPACING)
    step = size * line_width(SANS_BOLD, words, spacing=_SPACING)
    count, lower = max(1, int(to_points(width_um) / step)), -ABOVE_EDGE * size
    units = "".join(f"q 1 0 0 1 {numbers(at * step, lower)} cm /Unit Do Q\n" for at in range(count))
    form = pdf.make_stream(f"0 g\n{units}".encode("ascii"))
    form.Type, form.Subtype = Name.XObject, Name.Form
    form.BBox = Array([0, round(lower, 4), round(count * step, 4), round(1.5 * size, 4)])
    form.Resources = Dictionary(XObject=Dictionary(Unit=unit))
    return form


def base_line(layout: PageLayout, size_um: int) -> tuple[float, float]:
    """Where the line begins on the page, in points from the bottom-left corner."""
    below = layout.barcode.bottom_um + _ABOVE_UM + round(_CAPITALS * size_um)
    return to_points(layout.barcode.x_um), to_points(layout.size.height_um - below)
