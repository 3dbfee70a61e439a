"""The picture of a company seal as outlines: ring, star, name in the upper arc, registration number in the lower.

Source of the proportions: seals in use (40 mm, ring 1.2 mm, star 14 mm); GB/T 33481 unverified.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from fontTools.misc.transform import Transform
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from printserver.foundation.errors import Malformed
from printserver.rendering.drawing import VectorCanvas, fill, page_drawn
from printserver.rendering.typeface import SANS_BOLD, SERIF_BOLD, GlyphMissing, Typeface, glyph
from printserver.rendering.typeface import missing_glyphs as _missing_glyphs
from printserver.rendering.units import to_points

__all__ = ["GlyphMissing", "SealTextRefused", "draw_company_seal", "missing_glyphs"]

SEAL_RED: Final = (0.85, 0.06, 0.06)
MAXIMUM_NAME_LENGTH: Final = 40
_NUMBER_LENGTH: Final = range(1, 19)

# All lengths are parts of the radius.
_RING: Final = 0.06
_STAR: Final = 0.35
_NAME_HEIGHT: Final = 0.335
_NAME_GAP: Final = 0.055
_NUMBER_HEIGHT: Final = 0.095
_NUMBER_GAP: Final = 0.06
_UPPER_ARC: Final = math.radians(262)
_LOWER_ARC: Final = math.radians(66)


class SealTextRefused(Malformed):
    code = "seal-text-refused"


@dataclass(frozen=True)
class _Arc:
    """Characters stand evenly on a circle, each `step` radians further; `radius` leads to their middle."""

    radius: float
    step: float
    width: float
    height: float
    inward: bool


def missing_glyphs(text: str) -> tuple[str, ...]:
    """The characters of a company's name that a seal cannot show; empty when all is well."""
    return _missing_glyphs(text, SERIF_BOLD)


def draw_company_seal(name: str, registration_number: str, *, diameter_um: int = 40_000) -> bytes:
    """A one-page vector PDF, diameter × diameter, red on nothing; the same words give the same bytes.

    name: 1 to 40 characters, condensed when long.   registration_number: 1 to 18 characters.
    diameter_um: 10,000 to 100,000.
    Raises GlyphMissing, SealTextRefused.
    """
    _check(name, registration_number, diameter_um)
    radius = to_points(diameter_um) / 2
    canvas = VectorCanvas()
    canvas.setFillColorRGB(*SEAL_RED)
    shapes = canvas.beginPath()
    _add_ring(shapes, radius, radius, _RING * radius)
    _add_star(shapes, radius, _STAR * radius)
    fill(canvas, shapes)
    _draw_arc(canvas, SERIF_BOLD, name, radius, _name_arc(len(name), radius))
    _draw_arc(canvas, SANS_BOLD, registration_number, radius, _number_arc(len(registration_number), radius))
    return page_drawn(canvas, 2 * radius, 2 * radius)


def _check(name: str, registration_number: str, diameter_um: int) -> None:
    missing = missing_glyphs(name) + _missing_glyphs(registration_number, SANS_BOLD)
    if missing:
        raise GlyphMissing(missing)
    if not 1 <= len(name.strip()) <= len(name) <= MAXIMUM_NAME_LENGTH:
        raise SealTextRefused(f"the name on a seal has 1 to {MAXIMUM_NAME_LENGTH} characters")
    if len(registration_number) not in _NUMBER_LENGTH:
        raise SealTextRefused("the number on a seal has 1 to 18 characters")
    if not 10_000 <= diameter_um <= 100_000:
        raise SealTextRefused("a seal is 10 to 100 mm wide")


def _name_arc(length: int, radius: float) -> _Arc:
    """Few characters stand broad and wide apart; many are condensed, then also made lower, to fit the arc."""
    height = _NAME_HEIGHT * radius * (1.0 if length <= 18 else max(0.72, 18 / length))
    middle = radius * (1 - _RING - _NAME_GAP) - height / 2
    step = min(math.radians(30), _UPPER_ARC / length)
    # Condensed characters are narrowest where they come closest: at their feet.
    inner = (middle - height / 2) * step
    return _Arc(middle, step, min(height * 0.78, inner * 1.06), height, inward=False)


def _number_arc(length: int, radius: float) -> _Arc:
    height = _NUMBER_HEIGHT * radius
    middle = radius * (1 - _RING - _NUMBER_GAP) - height / 2
    step = min(math.radians(5.4), _LOWER_ARC / length)
    return _Arc(middle, step, min(height * 0.62, middle * step * 0.8), height, inward=True)


def _draw_arc(canvas: Canvas, typeface: Typeface, text: str, centre: float, arc: _Arc) -> None:
    for at, character in enumerate(text):
        turn = (at - (len(text) - 1) / 2) * arc.step
        angle = math.pi / 2 - turn if not arc.inward else -math.pi / 2 + turn
        upright = angle - math.pi / 2 if not arc.inward else angle + math.pi / 2
        place = Transform().translate(centre + arc.radius * math.cos(angle), centre + arc.radius * math.sin(angle))
        _draw_fitted(canvas, typeface, character, place.rotate(upright), arc)


def _draw_fitted(canvas: Canvas, typeface: Typeface, character: str, place: Transform, arc: _Arc) -> None:
    """Full-width characters fill their box by their em, so that 一 stays flat; letters and digits by capital height."""
    drawn = glyph(typeface, character)
    if ord(character) > 0xFF:
        fitted = place.scale(arc.width, arc.height * 1.04).translate(-drawn.advance / 2, -0.38)
    else:
        height = arc.height / 0.74
        fitted = place.scale(min(height, arc.width * 0.95 / drawn.advance), height)
        fitted = fitted.translate(-drawn.advance / 2, -0.37)
    canvas.saveState()
    canvas.transform(*fitted)
    drawn.draw(canvas)
    canvas.restoreState()


def _add_ring(path: PDFPathObject, centre: float, outer: float, width: float) -> None:
    path.circle(centre, centre, outer)
    path.close()
    inner = outer - width
    path.arc(centre - inner, centre - inner, centre + inner, centre + inner, 0, -360)
    path.close()


def _add_star(path: PDFPathObject, centre: float, radius: float) -> None:
    """Five points, one upright."""
    inner = radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    for at in range(10):
        length, angle = (inner if at % 2 else radius), math.pi / 2 + at * math.pi / 5
        corner = (centre + length * math.cos(angle), centre + length * math.sin(angle))
        (path.lineTo if at else path.moveTo)(*corner)
    path.close()
