"""Hides what a page says, but for its seals and, where wanted, its headline. Runs where documents are drawn: in a
limited process.

Lines become flat grey boxes, drawn anew: nothing of their letters is left to be sharpened. Boxes join words, so that
only the length of a line is told.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
import pikepdf
import pypdfium2.raw as pdfium
from numpy.typing import NDArray
from pikepdf import Array, Dictionary, Name
from PIL import Image

from printserver.rendering.raster_limits import WHITE, Box

Pixels = NDArray[np.uint8]

_UM_PER_INCH: Final = 25_400
_GREY: Final = (214, 214, 214)
_SEAL_RED: Final = (200, 32, 32)
_REDNESS: Final = 60
_HEADLINE_LARGER: Final = 1.25
_HEADLINE_WITHIN: Final = 0.45
_MOST_HEADLINES: Final = 3
_JOIN_MM: Final = (5.0, 1.2)
_SEAL: Final = re.compile(r"/Seal[0-9]+", re.ASCII)
_PLACING: Final = frozenset({"q", "Q", "cm", "gs", "re", "W", "n", "Do"})


def seals_alone(pdf: bytes, page: int) -> bytes:
    """That page of a rendition as a PDF with nothing on it but its seals: what lies under them leaves no trace."""
    with pikepdf.open(io.BytesIO(pdf)) as document, pikepdf.new() as alone:
        alone.pages.append(document.pages[page - 1])
        shown = alone.pages[0]
        kept = [each for each in pikepdf.parse_content_stream(shown) if str(each.operator) in _PLACING]
        shown.contents_coalesce()
        shown.obj.Contents = alone.make_stream(pikepdf.unparse_content_stream(kept))
        forms = shown.resources.get("/XObject", Dictionary())
        nothing = alone.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 1, 1]))
        for name in forms.keys():  # noqa: SIM118 -- of pikepdf, which iterates over keys alone no other way
            if not _SEAL.fullmatch(name):
                forms[name] = nothing
        written = io.BytesIO()
        alone.save(written)
        return written.getvalue()


def masked(
    picture: Image.Image, sealed: Image.Image, page: Any, dpi: float, seals: Sequence[Box], *, headline: bool
) -> Image.Image:
    """The picture with everything boxed but red ink within `seals`.

    sealed: the same page with its seals alone.   page: of pypdfium2, the one drawn.
    headline: large type in the upper part is shown.
    """
    pixels = np.asarray(picture.convert("RGB"), np.uint8)
    shown = np.zeros(pixels.shape[:2], np.bool_)
    for left, top, right, bottom in _headlines(page, dpi) if headline else ():
        shown[top:bottom, left:right] = True
    red = _red_ink(np.asarray(sealed.convert("RGB"), np.uint8), seals, dpi)
    ink = (pixels.min(axis=2) < WHITE) & ~shown & ~red
    across, down = (max(1, round(side * dpi / 25.4)) for side in _JOIN_MM)
    boxed = cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((down, across), np.uint8))
    wider = np.asarray(cv2.dilate(boxed, np.ones((3, 3), np.uint8)), np.uint8)
    result = np.full_like(pixels, 255)
    result[_filled(wider) & ~shown] = _GREY
    result[shown] = pixels[shown]
    result[red & ~shown] = _SEAL_RED
    return Image.fromarray(result)


def _filled(boxed: Pixels) -> NDArray[np.bool_]:
    """Each connected piece as its whole upright box, so that no outline tells its letters."""
    _, _, statistics_of_pieces, _ = cv2.connectedComponentsWithStats(boxed, connectivity=8)
    filled = np.zeros(boxed.shape, np.bool_)
    for x, y, width, height, _ in statistics_of_pieces[1:]:
        filled[y : y + height, x : x + width] = True
    return filled


def _red_ink(pixels: Pixels, seals: Sequence[Box], dpi: float) -> NDArray[np.bool_]:
    """Red pixels within the seals' boxes.   pixels: of the seals alone."""
    within = np.zeros(pixels.shape[:2], np.bool_)
    for seal in seals:
        left, top, width, height = (max(0, round(side * dpi / _UM_PER_INCH)) for side in seal)
        within[top : top + height, left : left + width] = True
    colours = pixels.astype(np.int16)
    return within & (colours[:, :, 0] - np.maximum(colours[:, :, 1], colours[:, :, 2]) > _REDNESS)


def _headlines(page: Any, dpi: float) -> list[tuple[int, int, int, int]]:
    """Left, top, right, bottom in pixels of lines set clearly larger than most of the page, in its upper part."""
    height = page.get_height()
    text = page.get_textpage()
    rects = [text.get_rect(index) for index in range(text.count_rects())]
    letters = _letters(text)
    if not letters.size:
        return []
    least = _HEADLINE_LARGER * float(np.median(letters[:, 2]))
    large = [
        (left, bottom, right, top)
        for left, bottom, right, top in rects
        if height - top < _HEADLINE_WITHIN * height and _smallest_type(letters, left, bottom, right, top) >= least
    ]
    large.sort(key=lambda line: -line[3])
    scale = dpi / 72
    boxes = []
    for left, bottom, right, top in large[:_MOST_HEADLINES]:
        edges = [int(edge * scale) for edge in (left, height - top, right, height - bottom)]
        boxes.append((max(0, edges[0] - 2), max(0, edges[1] - 2), edges[2] + 3, edges[3] + 3))
    return boxes


def _letters(text: Any) -> NDArray[np.float64]:
    """A row each: the middle, x and y, and the size of its type, in points; not what pdfium adds between lines.

    The type's, not the letter's own size: digits and small letters are low, and would make all others large.
    """
    rows, matrix = [], pdfium.FS_MATRIX()
    for index in range(text.count_chars()):
        if pdfium.FPDFText_IsGenerated(text, index) == 0 and pdfium.FPDFText_GetMatrix(text, index, matrix):
            left, bottom, right, top = text.get_charbox(index)
            size = pdfium.FPDFText_GetFontSize(text, index) * float(np.hypot(matrix.c, matrix.d))
            rows.append(((left + right) / 2, (bottom + top) / 2, size))
    return np.array(rows, np.float64).reshape(-1, 3)


def _smallest_type(letters: NDArray[np.float64], left: float, bottom: float, right: float, top: float) -> float:
    """Of the letters in the middle of which this is; 0 without any."""
    x, y, size = letters.T
    return float(min(size[(left <= x) & (x <= right) & (bottom <= y) & (y <= top)], default=0.0))
