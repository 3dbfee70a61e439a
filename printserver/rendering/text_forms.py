"""One line of text as a form that many places of a PDF share: outlines, drawn once."""

from __future__ import annotations

from typing import Final

import pikepdf
from pikepdf import Object

from printserver.rendering.drawing import VectorCanvas, forms_drawn
from printserver.rendering.typeface import Typeface, glyph

ABOVE_EDGE: Final = 0.3
"""Where the form's base line is, in em above its lower edge."""


def line_width(typeface: Typeface, text: str, *, spacing: float = 0.0) -> float:
    """In em.   spacing: after each character, in em.   Raises GlyphMissing."""
    return sum(glyph(typeface, character).advance + spacing for character in text)


def line_form(pdf: pikepdf.Pdf, typeface: Typeface, text: str, *, size: float, spacing: float = 0.0) -> Object:
    """In the colour of the moment.   size: of the em, in points.   Raises GlyphMissing."""
    canvas = VectorCanvas()
    canvas.setPageSize((round(size * line_width(typeface, text, spacing=spacing), 4), round(1.5 * size, 4)))
    canvas.transform(size, 0, 0, size, 0, ABOVE_EDGE * size)
    for character in text:
        drawn = glyph(typeface, character)
        drawn.draw(canvas)
        canvas.translate(drawn.advance + spacing, 0)
    canvas.showPage()
    (form,) = forms_drawn(canvas, pdf)
    return form
