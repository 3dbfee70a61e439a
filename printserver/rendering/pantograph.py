"""The void pantograph: a page's background of two lattices of dots that look alike until a copier loses the finer one.

The background has many small dots, the hidden words fewer large ones of the same mean tint. A copier in its text mode
drops the small dots, so that the words stand out. Photo mode mostly defeats it, and a careful eye sees the texture.

Each dot is whole pixels of the printer's own engine, so the layer is an image mask of one bit a pixel, drawn at 100 %.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pikepdf
from pikepdf import Name, Object
from PIL import Image, ImageDraw, ImageFont

from printserver.foundation.errors import Malformed
from printserver.rendering.typeface import SANS_BOLD
from printserver.rendering.units import PageSize

Bits = npt.NDArray[np.bool_]
"""Rows × columns of the engine's pixels, true for toner."""

WORDS: Final = ("复印无效", "COPY")
WHOLE_PIXEL: Final = 1_000
_UM_PER_INCH: Final = 25_400
_EDGE_UM: Final = 9_500
_GLYPH_UM: Final = 15_000
_LINE_UM: Final = 31_000
_GAP_UM: Final = 26_000


class LatticeMalformed(Malformed):
    code = "lattice-malformed"


@dataclass(frozen=True)
class Lattice:
    """Square dots of `dots` × `dots` pixels in rows, each second row moved by half a pitch.

    `pitch`: from dot to dot and from row to row, in thousandths of a pixel.
    """

    dots: int
    pitch: int

    def __post_init__(self) -> None:
        if not (1 <= self.dots <= 16 and (self.dots + 1) * WHOLE_PIXEL <= self.pitch <= 64 * WHOLE_PIXEL):
            raise LatticeMalformed("a lattice has dots of 1 to 16 pixels, with room between them")

    def to_json(self) -> dict[str, int]:
        return {"dots": self.dots, "pitch": self.pitch}


@dataclass(frozen=True)
class Pantograph:
    """`resolution_dpi`: of the printer's engine.   words: hidden ones, in lines by turns."""

    resolution_dpi: int
    background: Lattice
    word: Lattice
    words: tuple[str, ...] = WORDS

    def to_json(self) -> dict[str, object]:
        return {
            "resolution_dpi": self.resolution_dpi,
            "background": self.background.to_json(),
            "word": self.word.to_json(),
            "words": list(self.words),
        }


@dataclass(frozen=True)
class MaskSize:
    """Whole pixels of the engine that fit on the page."""

    width: int
    height: int

    @classmethod
    def of(cls, page: PageSize, resolution_dpi: int) -> MaskSize:
        return cls(*(side * resolution_dpi // _UM_PER_INCH for side in (page.width_um, page.height_um)))


def page_mask(pantograph: Pantograph, page: PageSize) -> Bits:
    """The whole page's dots. A margin of 9.5 mm stays free, for the frame and what printers cannot print."""
    size = MaskSize.of(page, pantograph.resolution_dpi)
    hidden = _words_over_page(pantograph, size)
    dots = woven(hidden, pantograph.background, pantograph.word)
    edge = _EDGE_UM * pantograph.resolution_dpi // _UM_PER_INCH
    dots[:edge] = dots[-edge:] = False
    dots[:, :edge] = dots[:, -edge:] = False
    return dots


def woven(hidden: Bits, background: Lattice, word: Lattice) -> Bits:
    """Dots of `word` where `hidden` is, of `background` elsewhere; each dot is drawn whole or not at all.

    hidden: rows × columns.   A dot of the background that would touch one of the word's is left out.
    """
    dots = _drawn(hidden, word)
    # The ring around a large dot that belongs to it in its own lattice, less what the small lattice keeps free itself.
    ring = round((word.pitch - background.pitch) / WHOLE_PIXEL / 2 - word.dots / 2 + background.dots / 2)
    taken = _grown(dots, max(1, ring))
    for rows, columns in _places(hidden.shape, background):
        middles = np.ix_(rows + background.dots // 2, columns + background.dots // 2)
        drawn = ~hidden[middles]
        for down in range(background.dots):
            for across in range(background.dots):
                drawn &= ~taken[np.ix_(rows + down, columns + across)]
        _stamp(dots, rows, columns, drawn, background.dots)
    return dots


def word_area(words: Sequence[str], size: MaskSize, resolution_dpi: int, *, glyph_um: int, line_um: int) -> Bits:
    """The words in lines by turns over the whole area, each second line moved."""
    font = ImageFont.truetype(SANS_BOLD.path, _pixels(glyph_um, resolution_dpi), index=SANS_BOLD.index)
    picture = Image.new("1", (size.width, size.height), 0)
    draw = ImageDraw.Draw(picture)
    gap, line = _pixels(_GAP_UM, resolution_dpi), _pixels(line_um, resolution_dpi)
    for row, y in enumerate(range(line // 4, size.height, line)):
        text = words[row % len(words)]
        step = round(draw.textlength(text, font=font)) + gap
        for x in range(-step * (row % 3) // 3, size.width, step):
            draw.text((x, y), text, font=font, fill=1)
    return np.asarray(picture, np.bool_)


def mask_object(pdf: pikepdf.Pdf, pantograph: Pantograph, page: PageSize) -> tuple[Object, MaskSize]:
    """The page's dots as an image mask of `pdf`; drawing it paints the dots with the current colour."""
    size, octets = MaskSize.of(page, pantograph.resolution_dpi), _packed_page(pantograph, page)
    return image_mask(pdf, size, octets), size


def image_mask(pdf: pikepdf.Pdf, size: MaskSize, octets: bytes) -> Object:
    """octets: from `packed`."""
    mask = pdf.make_stream(b"")
    mask.write(octets, filter=Name.FlateDecode)
    mask.Type, mask.Subtype = Name.XObject, Name.Image
    mask.Width, mask.Height, mask.BitsPerComponent = size.width, size.height, 1
    mask.ImageMask, mask.Interpolate = True, False
    return mask


def packed(dots: Bits) -> bytes:
    """Compressed; a bit is 0 where toner is, as image masks have it."""
    return zlib.compress(np.packbits(~dots, axis=1).tobytes(), 6)


@lru_cache(maxsize=8)
def _packed_page(pantograph: Pantograph, page: PageSize) -> bytes:
    """Kept, because every page of every copy for one printer has the same."""
    return packed(page_mask(pantograph, page))


def _words_over_page(pantograph: Pantograph, size: MaskSize) -> Bits:
    return word_area(pantograph.words, size, pantograph.resolution_dpi, glyph_um=_GLYPH_UM, line_um=_LINE_UM)


def _pixels(length_um: int, resolution_dpi: int) -> int:
    return round(length_um * resolution_dpi / _UM_PER_INCH)


def _drawn(where: Bits, lattice: Lattice) -> Bits:
    dots = np.zeros(where.shape, np.bool_)
    for rows, columns in _places(where.shape, lattice):
        middles = np.ix_(rows + lattice.dots // 2, columns + lattice.dots // 2)
        _stamp(dots, rows, columns, where[middles], lattice.dots)
    return dots


def _places(shape: tuple[int, ...], lattice: Lattice) -> list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Top rows and left columns of whole dots: of the even rows, and of the odd ones between them."""
    height, width = shape[0] - lattice.dots, shape[1] - lattice.dots
    pitch = lattice.pitch / WHOLE_PIXEL
    rows = np.round(np.arange(0, height, pitch)).astype(np.int64)
    rows = rows[rows <= height]
    found = []
    for odd in (0, 1):
        columns = np.round(np.arange(odd * pitch / 2, width, pitch)).astype(np.int64)
        found.append((rows[odd::2], columns[columns <= width]))
    return found


def _stamp(dots: Bits, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], drawn: Bits, side: int) -> None:
    for down in range(side):
        for across in range(side):
            dots[np.ix_(rows + down, columns + across)] |= drawn


def _grown(dots: Bits, by: int) -> Bits:
    """With every pixel within `by` rows and columns of a dot."""
    grown = dots.copy()
    for step in range(1, by + 1):
        grown[step:] |= dots[:-step]
        grown[:-step] |= dots[step:]
    wide = grown.copy()
    for step in range(1, by + 1):
        wide[:, step:] |= grown[:, :-step]
        wide[:, :-step] |= grown[:, step:]
    return wide
