"""The picture of a seal as outlines, for every type: ring or frame, star, name, registration number, its own words.

Source of the proportions: seals in use (40 mm, ring 1.2 mm, star 14 mm); GB/T 33481 unverified.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from fontTools.misc.transform import Transform

from printserver.foundation.errors import Malformed
from printserver.rendering import seal_artwork_arcs as arcs
from printserver.rendering.seal_artwork_arcs import Arc
from printserver.rendering.seal_artwork_shapes import SealPicture, SealShapes, frame, ring, star
from printserver.rendering.seal_artwork_types import STYLES, Outline, SealStyle, SealType
from printserver.rendering.typeface import SANS_BOLD, SERIF_BOLD, GlyphMissing, Typeface
from printserver.rendering.typeface import missing_glyphs as _missing_glyphs
from printserver.rendering.units import to_points

__all__ = [
    "GlyphMissing", "SealDesign", "SealTextRefused", "draw_company_seal", "draw_seal", "missing_glyphs", "seal_picture",
    "seal_svg",
]  # fmt: skip

MAXIMUM_NAME_LENGTH: Final = 40
LONGEST_PERSONS_NAME: Final = 16
LONGEST_INNER: Final = 12
LONGEST_NUMBER: Final = 18
SMALLEST_UM: Final = 10_000
LARGEST_UM: Final = 100_000
_NUMBER: Final = re.compile(r"[0-9A-Z-]*", re.ASCII)

# All lengths are parts of the radius, or of half the height of an oval or a square.
_RING: Final = 0.06
_STAR: Final = 0.35
_STAR_ABOVE_WORDS: Final = 0.29
_NAME_HEIGHT: Final = 0.335
_OVAL_NAME_HEIGHT: Final = 0.3
_NAME_GAP: Final = 0.055
_NUMBER_HEIGHT: Final = 0.095
_NUMBER_GAP: Final = 0.06
_INNER_HEIGHT: Final = 0.21
_INNER_BELOW: Final = 0.5
_INNER_ALONE: Final = 0.34
_UPPER_ARC: Final = math.radians(262)
_UPPER_ARC_OVER_WORDS: Final = math.radians(226)
_OVAL_ARC: Final = math.radians(208)
_LOWER_ARC: Final = math.radians(66)


class SealTextRefused(Malformed):
    code = "seal-text-refused"


@dataclass(frozen=True)
class SealDesign:
    """What a seal shows.   number: registration or tax number, may be empty.   inner: the line within, may be empty.

    width_um, height_um: 10,000 to 100,000; a round or square one is as high as wide.
    Raises GlyphMissing, SealTextRefused.
    """

    type: SealType
    name: str
    number: str = ""
    inner: str = ""
    width_um: int = 40_000
    height_um: int = 40_000
    star: bool = False

    @classmethod
    def usual(cls, type: SealType, name: str, number: str = "") -> SealDesign:
        """With the size, the star and the words that seals of the type usually have."""
        style = STYLES[type]
        size = (style.width_mm * 1_000, style.height_mm * 1_000)
        return cls(type, name, number, style.inner, *size, star=style.star)

    @property
    def style(self) -> SealStyle:
        return STYLES[self.type]

    def __post_init__(self) -> None:
        missing = dict.fromkeys(missing_glyphs(self.name + self.inner) + _missing_glyphs(self.number, SANS_BOLD))
        if missing:
            raise GlyphMissing(tuple(missing))
        longest = LONGEST_PERSONS_NAME if self.style.outline is Outline.SQUARE else MAXIMUM_NAME_LENGTH
        if not 1 <= len(self.name.strip()) <= len(self.name) <= longest:
            raise SealTextRefused(f"the name on a seal of this type has 1 to {longest} characters")
        if len(self.inner) > LONGEST_INNER:
            raise SealTextRefused(f"the line within a seal has at most {LONGEST_INNER} characters")
        if len(self.number) > LONGEST_NUMBER or not _NUMBER.fullmatch(self.number):
            raise SealTextRefused("the number on a seal has at most 18 digits and capital letters")
        if not all(SMALLEST_UM <= side <= LARGEST_UM for side in (self.width_um, self.height_um)):
            raise SealTextRefused("a seal is 10 to 100 mm wide and high")
        if self.style.outline is not Outline.OVAL and self.width_um != self.height_um:
            raise SealTextRefused("a round or square seal is as high as it is wide")


def missing_glyphs(text: str) -> tuple[str, ...]:
    """The characters of a name that a seal cannot show; empty when all is well."""
    return _missing_glyphs(text, SERIF_BOLD)


def draw_seal(design: SealDesign) -> bytes:
    """A one-page vector PDF of the design's size, red on nothing; the same design gives the same bytes."""
    return _shapes(design).pdf()


def seal_picture(design: SealDesign) -> SealPicture:
    """The same picture for a page."""
    return _shapes(design).svg()


def seal_svg(design: SealDesign) -> str:
    """The same picture as an `svg` element."""
    return seal_picture(design).element()


def draw_company_seal(name: str, registration_number: str, *, diameter_um: int = 40_000) -> bytes:
    """A round company seal with a star.

    name: 1 to 40 characters, condensed when long.   registration_number: 1 to 18 characters.
    diameter_um: 10,000 to 100,000.
    Raises GlyphMissing, SealTextRefused.
    """
    if not registration_number:
        raise SealTextRefused("the number on a company's seal has 1 to 18 characters")
    size = (diameter_um, diameter_um)
    return draw_seal(SealDesign(SealType.COMPANY, name, registration_number, "", *size, star=True))


def _shapes(design: SealDesign) -> SealShapes:
    shapes = SealShapes(to_points(design.width_um), to_points(design.height_um))
    _DRAWN_AS[design.style.outline](shapes, design)
    return shapes


def _draw_round(shapes: SealShapes, design: SealDesign) -> None:
    radius = shapes.width / 2
    shapes.add(ring(shapes.width, shapes.height, _RING * radius))
    if design.star:
        shapes.add(star(radius, radius, (_STAR_ABOVE_WORDS if design.inner else _STAR) * radius))
    span = _UPPER_ARC_OVER_WORDS if design.inner else _UPPER_ARC
    _put_along(shapes, SERIF_BOLD, design.name, _name_arc(len(design.name), radius, span))
    _put_number_below(shapes, design.number, radius, radius)
    _put_line(shapes, SERIF_BOLD, design.inner, _inner_place(design, radius), _INNER_HEIGHT * radius, 0.92 * radius)


def _draw_oval(shapes: SealShapes, design: SealDesign) -> None:
    a, b = shapes.width / 2, shapes.height / 2
    shapes.add(ring(shapes.width, shapes.height, _RING * b))
    height = _OVAL_NAME_HEIGHT * b * (1.0 if len(design.name) <= 18 else max(0.72, 18 / len(design.name)))
    inset = b * (_RING + _NAME_GAP) + height / 2
    arc = Arc(a - inset, b - inset, min(_OVAL_ARC, len(design.name) * math.radians(26)), 0, height)
    _put_along(shapes, SERIF_BOLD, design.name, _with_width(arc, len(design.name), 0.78))
    within = design.number if design.style.number_within else ""
    if not design.style.number_within:
        _put_number_below(shapes, design.number, a, b)
    _put_line(shapes, SANS_BOLD, within, 0, 0.22 * b, 1.5 * (a - inset))
    _put_line(shapes, SERIF_BOLD, design.inner, (-0.47 if within else -0.16) * b, 0.26 * b, 1.15 * a)


def _draw_square(shapes: SealShapes, design: SealDesign) -> None:
    """A short name is filled up, 之印 or 印, to the four characters that such a seal shows."""
    half = shapes.width / 2
    thickness = 0.09 * half
    shapes.add(frame(shapes.width, shapes.height, thickness))
    name = "".join(design.name.split())
    engraved = {2: f"{name}之印", 3: f"{name}印"}.get(len(name), name)
    room = shapes.width - 2 * thickness - 0.16 * half
    for character, (place, width, height) in zip(engraved, arcs.in_grid(len(engraved), room, room), strict=True):
        at = Transform().translate(half, half).transform(place)
        shapes.add_character(SERIF_BOLD, character, at, width=width * 0.96, height=height * 0.96)


_DRAWN_AS: Final = {Outline.ROUND: _draw_round, Outline.OVAL: _draw_oval, Outline.SQUARE: _draw_square}


def _inner_place(design: SealDesign, radius: float) -> float:
    return -(_INNER_BELOW if design.star else _INNER_ALONE) * radius


def _name_arc(count: int, radius: float, span: float) -> Arc:
    """Few characters stand broad and wide apart; many are condensed, then also made lower, to fit the arc."""
    height = _NAME_HEIGHT * radius * (1.0 if count <= 18 else max(0.72, 18 / count))
    middle = radius * (1 - _RING - _NAME_GAP) - height / 2
    arc = Arc(middle, middle, min(math.radians(30) * count, span), 0, height)
    return _with_width(arc, count, 0.78)


def _with_width(arc: Arc, count: int, widest: float) -> Arc:
    """Condensed characters are narrowest where they come closest: at their feet, on the inner side of the arc."""
    feet = Arc(arc.a - arc.height / 2, arc.b - arc.height / 2, arc.span, 0, 0)
    width = min(arc.height * widest, arcs.length(feet) / count * 1.06)
    return Arc(arc.a, arc.b, arc.span, width, arc.height, arc.below)


def _put_number_below(shapes: SealShapes, number: str, a: float, b: float) -> None:
    if not number:
        return
    height = _NUMBER_HEIGHT * b
    inset = b * (_RING + _NUMBER_GAP) + height / 2
    span = min(len(number) * math.radians(5.4), _LOWER_ARC) * b / a
    arc = Arc(a - inset, b - inset, span, 0, height, below=True)
    width = min(height * 0.62, arcs.length(arc) / len(number) * 0.8)
    _put_along(shapes, SANS_BOLD, number, Arc(arc.a, arc.b, span, width, height, below=True))


def _put_along(shapes: SealShapes, typeface: Typeface, text: str, arc: Arc) -> None:
    middle = Transform().translate(shapes.width / 2, shapes.height / 2)
    for character, place in zip(text, arcs.along(arc, len(text)), strict=True):
        shapes.add_character(typeface, character, middle.transform(place), width=arc.width, height=arc.height)


def _put_line(shapes: SealShapes, typeface: Typeface, text: str, y: float, height: float, room: float) -> None:
    """Around the seal's middle, at most `room` long: condensed when there are many characters."""
    if not text:
        return
    natural = height * (0.95 if ord(text[0]) > 0xFF else 0.72)
    pitch = min(natural, room / len(text))
    middle = Transform().translate(shapes.width / 2, shapes.height / 2)
    for character, place in zip(text, arcs.in_line(len(text), pitch, y), strict=True):
        shapes.add_character(typeface, character, middle.transform(place), width=pitch * 0.94, height=height)
