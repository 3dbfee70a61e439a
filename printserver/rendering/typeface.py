"""Glyph outlines of the installed Noto CJK fonts: text on paper that needs no font in the printer.

A missing glyph raises nothing in any PDF library: ask `missing_glyphs` first.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final, cast

from fontTools.misc.transform import Transform
from fontTools.pens.basePen import BasePen
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from printserver.foundation.errors import Malformed
from printserver.rendering.drawing import fill

_FOLDER: Final = "/usr/share/fonts/opentype/noto/"
# fontTools reads lazily from one shared file position.
_READING: Final = threading.RLock()


class GlyphMissing(Malformed):
    code = "glyph-missing"

    def __init__(self, characters: tuple[str, ...]) -> None:
        listed = ", ".join(f"{character} (U+{ord(character):04X})" for character in characters)
        super().__init__(f"these characters cannot be drawn: {listed}")
        self.characters = characters


@dataclass(frozen=True)
class Typeface:
    """`index`: of the simplified Chinese member of the font collection."""

    path: str
    index: int


SERIF_BOLD: Final = Typeface(_FOLDER + "NotoSerifCJK-Bold.ttc", 2)
SANS: Final = Typeface(_FOLDER + "NotoSansCJK-Regular.ttc", 2)
SANS_BOLD: Final = Typeface(_FOLDER + "NotoSansCJK-Bold.ttc", 2)


@dataclass(frozen=True)
class Glyph:
    """Everything in em. `bounds`: left, bottom, right, top of the ink, or None for a space."""

    advance: float
    bounds: tuple[float, float, float, float] | None
    path: PDFPathObject

    def draw(self, canvas: Canvas) -> None:
        """At the origin, one unit of the canvas an em large."""
        if self.bounds:
            fill(canvas, self.path)


class _PathPen(BasePen):
    """BasePen hands on quadratic curves as cubic ones."""

    def __init__(self, glyphs: Any, path: PDFPathObject) -> None:
        super().__init__(glyphs)
        self._path = path

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802 - named by fontTools
        self._path.moveTo(*pt)

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
        self._path.lineTo(*pt)

    def _curveToOne(  # noqa: N802
        self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]
    ) -> None:
        self._path.curveTo(*pt1, *pt2, *pt3)

    def _closePath(self) -> None:  # noqa: N802
        self._path.close()


def missing_glyphs(text: str, typeface: Typeface = SERIF_BOLD) -> tuple[str, ...]:
    """The characters of `text` that the typeface cannot draw, each once, in their order."""
    with _READING:
        known = _cmap(typeface)
    return tuple(character for character in dict.fromkeys(text) if ord(character) not in known)


@lru_cache(maxsize=8192)
def glyph(typeface: Typeface, character: str) -> Glyph:
    """Raises GlyphMissing."""
    with _READING:
        name = _cmap(typeface).get(ord(character))
        if name is None:
            raise GlyphMissing((character,))
        font, glyphs = _font(typeface)
        em = Transform().scale(1 / font["head"].unitsPerEm)
        path, bounds = PDFPathObject(), BoundsPen(glyphs)
        glyphs[name].draw(TransformPen(_PathPen(glyphs, path), em))
        glyphs[name].draw(TransformPen(bounds, em))
        return Glyph(glyphs[name].width * em[0], bounds.bounds, path)


def text_width(typeface: Typeface, text: str) -> float:
    """In em. Raises GlyphMissing."""
    return sum(glyph(typeface, character).advance for character in text)


def draw_text(canvas: Canvas, typeface: Typeface, text: str, *, x: float, y: float, size: float) -> None:
    """Set one line from left to right. x, y: start of the base line; size: of the em. Raises GlyphMissing."""
    glyphs = [glyph(typeface, character) for character in text]
    canvas.saveState()
    canvas.transform(size, 0, 0, size, x, y)
    for drawn in glyphs:
        drawn.draw(canvas)
        canvas.translate(drawn.advance, 0)
    canvas.restoreState()


@cache
def _font(typeface: Typeface) -> tuple[Any, Any]:
    font = TTFont(typeface.path, fontNumber=typeface.index, lazy=True)
    return font, font.getGlyphSet()


@cache
def _cmap(typeface: Typeface) -> dict[int, str]:
    return cast("dict[int, str]", _font(typeface)[0].getBestCmap())
