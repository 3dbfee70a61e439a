"""Red shapes of a seal, collected once and written as a vector PDF or as SVG; the same shapes give the same bytes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Final

from fontTools.misc.transform import Transform
from reportlab.pdfgen.pathobject import PDFPathObject

from printserver.rendering.drawing import VectorCanvas, fill, page_drawn
from printserver.rendering.typeface import Typeface, glyph
from printserver.rendering.vector import numbers

SEAL_RED: Final = (0.85, 0.06, 0.06)
_RED_WORD: Final = "#d90f0f"
_NUMBER: Final = r"-?[0-9]*\.?[0-9]+"
_OPERATOR: Final = re.compile(rf"((?:{_NUMBER} )*)([mlch])", re.ASCII)
_FULL_WIDTH_FROM: Final = 0xFF


@dataclass(frozen=True)
class SealPicture:
    """For SVG: the transform of all, and a transform and a path for each shape; numbers and letters alone."""

    view_box: str
    transform: str
    paths: tuple[tuple[str, str], ...]
    colour: str = _RED_WORD

    def element(self) -> str:
        """An `svg` element that needs no style sheet."""
        shapes = "".join(f'<path transform="{at}" d="{path}"/>' for at, path in self.paths)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{self.view_box}" role="img">'
            f'<g fill="{self.colour}" transform="{self.transform}">{shapes}</g></svg>'
        )


@dataclass
class SealShapes:
    """Points, origin at the seal's lower left corner, y upwards. A hole runs against what it is cut from."""

    width: float
    height: float
    _placed: list[tuple[Transform, PDFPathObject]] = field(default_factory=list)

    def add(self, path: PDFPathObject, at: Transform = Transform()) -> None:  # noqa: B008 -- it never changes
        self._placed.append((at, path))

    def add_character(self, typeface: Typeface, character: str, at: Transform, *, width: float, height: float) -> None:
        """`at` leads to the middle of its box, width × height.   Raises: GlyphMissing.

        Full-width characters fill their box by their em, so that 一 stays flat; letters and digits by capital height.
        """
        drawn = glyph(typeface, character)
        if drawn.bounds is None:
            return
        if ord(character) > _FULL_WIDTH_FROM:
            fitted = at.scale(width, height * 1.04).translate(-drawn.advance / 2, -0.38)
        else:
            tall = height / 0.74
            fitted = at.scale(min(tall, width * 0.95 / drawn.advance), tall).translate(-drawn.advance / 2, -0.37)
        self.add(drawn.path, fitted)

    def pdf(self) -> bytes:
        """One page, red on nothing, without resources."""
        canvas = VectorCanvas()
        canvas.setFillColorRGB(*SEAL_RED)
        for at, path in self._placed:
            canvas.saveState()
            canvas.transform(*at)
            fill(canvas, path)
            canvas.restoreState()
        return page_drawn(canvas, self.width, self.height)

    def svg(self) -> SealPicture:
        """The same for a page."""
        paths = tuple((f"matrix({numbers(*at)})", _svg_path(path)) for at, path in self._placed)
        turned = f"matrix(1 0 0 -1 0 {numbers(self.height)})"
        return SealPicture(numbers(0, 0, self.width, self.height), turned, paths)


def ring(width: float, height: float, thickness: float) -> PDFPathObject:
    """An ellipse of the whole box without the one that lies `thickness` within it."""
    path = PDFPathObject()
    path.ellipse(0, 0, width, height)
    path.close()
    path.arc(thickness, thickness, width - thickness, height - thickness, 0, -360)
    path.close()
    return path


def frame(width: float, height: float, thickness: float) -> PDFPathObject:
    """A rectangle without the one within it."""
    path = PDFPathObject()
    right, top = width - thickness, height - thickness
    _polygon(path, [(0, 0), (width, 0), (width, height), (0, height)])
    _polygon(path, [(thickness, thickness), (thickness, top), (right, top), (right, thickness)])
    return path


def star(x: float, y: float, radius: float) -> PDFPathObject:
    """Five points, one upright."""
    path = PDFPathObject()
    inner = radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    corners = []
    for at in range(10):
        length, angle = (inner if at % 2 else radius), math.pi / 2 + at * math.pi / 5
        corners.append((x + length * math.cos(angle), y + length * math.sin(angle)))
    _polygon(path, corners)
    return path


def _polygon(path: PDFPathObject, corners: list[tuple[float, float]]) -> None:
    path.moveTo(*corners[0])
    for corner in corners[1:]:
        path.lineTo(*corner)
    path.close()


def _svg_path(path: PDFPathObject) -> str:
    """PDF's path operators have their like in SVG: m, l, c and h."""
    return "".join(
        {"m": "M", "l": "L", "c": "C", "h": "Z"}[operator] + operands.strip()
        for operands, operator in _OPERATOR.findall(f"{path.getCode()} ")
    )
