"""Marks against copying and altering: which there are, and how they lie on the pages of one copy.

They are drawn over the page's content, as black dots and lines, or pale and multiplied: what stands there stays
legible, and a page that paints its own white ground does not hide them. Seals, codes and barcodes come above, and
nothing comes near their places. Who compares pages takes the marks off first: see `without_security`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object

from printserver.foundation.errors import Malformed
from printserver.foundation.serials import ELECTRONIC_ORIGINAL, CopySerial
from printserver.rendering.guilloche import frame_form
from printserver.rendering.microtext import SIZES_UM, USUAL_UM, base_line, microtext_form, microtext_words
from printserver.rendering.page_layout import PageLayout
from printserver.rendering.pantograph import Pantograph, mask_object
from printserver.rendering.pdf_files import page_points, saved
from printserver.rendering.units import PageSize, to_points
from printserver.rendering.vector import numbers
from printserver.rendering.watermark import Watermark, watermark_form

LAYER: Final = "/Security"
"""The marks' form among the page's resources."""
KEEP_OUT_UM: Final = 2_000
"""White kept around a code's or a barcode's box, beyond their own quiet zones."""


class SecurityMarksMalformed(Malformed):
    code = "security-marks-malformed"


@dataclass(frozen=True)
class MarksChoice:
    """What a class of documents asks for. The printer's lattices come with the printer."""

    microtext: bool = True
    pantograph: bool = False
    guilloche: bool = False
    watermark: Watermark | None = None

    def to_json(self) -> dict[str, Any]:
        watermark = None if self.watermark is None else self.watermark.to_json()
        return {**vars(self), "watermark": watermark}

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> MarksChoice:
        """What is not named is as usual.   Raises SecurityMarksMalformed, WatermarkMalformed."""
        given = dict(value or {})
        watermark = given.pop("watermark", None)
        if set(given) - {"microtext", "pantograph", "guilloche"} or not all(type(on) is bool for on in given.values()):
            raise SecurityMarksMalformed("marks are microtext, pantograph and guilloche, each true or false")
        return replace(cls(**given), watermark=None if watermark is None else _watermark(watermark))


USUAL_CHOICE: Final = MarksChoice()


@dataclass(frozen=True)
class SecurityMarks:
    """What is drawn on every page of a copy.   microtext_um: size of its em, 0 for none."""

    microtext_um: int = USUAL_UM
    pantograph: Pantograph | None = None
    guilloche: bool = False
    watermark: Watermark | None = None

    def __post_init__(self) -> None:
        if self.microtext_um not in (0, *SIZES_UM):
            raise SecurityMarksMalformed("microtext has 1.5, 2, 2.5 or 3 points")

    def on_file(self) -> SecurityMarks:
        """Those of an electronic original: a pantograph belongs to one printer's engine."""
        return replace(self, pantograph=None)

    def to_json(self) -> dict[str, Any]:
        """For the manifest: by the mark's name what is drawn, or nothing; integers, words and truths only."""
        return {
            "microtext": {"em_um": self.microtext_um} if self.microtext_um else None,
            "pantograph": None if self.pantograph is None else self.pantograph.to_json(),
            "guilloche": self.guilloche,
            "watermark": None if self.watermark is None else self.watermark.to_json(),
        }


USUAL_MARKS: Final = SecurityMarks()


@dataclass(frozen=True)
class MarkedCopy:
    """Which copy it is."""

    serial: CopySerial
    number: int
    copies: int

    @property
    def words(self) -> str:
        return which_copy(self.number, self.copies)

    @property
    def on_paper(self) -> bool:
        return self.number != ELECTRONIC_ORIGINAL


def which_copy(number: int, copies: int) -> str:
    """What every page says of the copy it belongs to."""
    if number == ELECTRONIC_ORIGINAL:
        return "电子原件，打印件无效 · Electronic original, not valid on paper"
    return f"第 {number} 份 共 {copies} 份 · Copy {number} of {copies}"


def security_layers(
    pdf: pikepdf.Pdf, layout: Sequence[PageLayout], marks: SecurityMarks, copy: MarkedCopy
) -> list[Object | None]:
    """One form a page, in points of the page, or None where nothing is to be drawn. Parts are shared between pages."""
    if not copy.on_paper:
        marks = marks.on_file()
    shared = {size: _shared_parts(pdf, size, marks, copy) for size in {page.size for page in layout}}
    line = None
    if marks.microtext_um:
        words = microtext_words(copy.serial, copy.number, copy.copies)
        line = microtext_form(pdf, words, marks.microtext_um)
    return [_layer(pdf, page, shared[page.size], line, marks) for page in layout]


@dataclass(frozen=True)
class BarePages:
    """`framed`: whether a frame was taken off; the paper has lines then up to `guilloche.INNER_UM` from its edge."""

    pdf: bytes
    framed: bool


def without_security(pdf: bytes) -> BarePages:
    """The pages of a rendition without these marks, for whoever compares what else is on them."""
    found = framed = False
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for page in document.pages:
            parts = page.resources.get(Name.XObject)
            if isinstance(parts, pikepdf.Dictionary) and LAYER in parts:
                found, framed = True, framed or "/Frame" in parts[LAYER].Resources.XObject
                parts[LAYER] = document.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 0, 0])
        return BarePages(saved(document) if found else pdf, framed)


def _watermark(value: object) -> Watermark:
    if not isinstance(value, Mapping) or set(value) - {"text", "number", "tiled"}:
        raise SecurityMarksMalformed("a watermark has a text, number and tiled")
    text, number, tiled = value.get("text", ""), value.get("number", False), value.get("tiled", False)
    if not isinstance(text, str) or type(number) is not bool or type(tiled) is not bool:
        raise SecurityMarksMalformed("a watermark has a text, number and tiled")
    return Watermark(text, number, tiled)


def _shared_parts(
    pdf: pikepdf.Pdf, size: PageSize, marks: SecurityMarks, copy: MarkedCopy
) -> list[tuple[str, Object, bytes]]:
    """Name, form or mask, and the operators that draw it: of what every page of this size has."""
    parts: list[tuple[str, Object, bytes]] = []
    if marks.watermark is not None:
        form = watermark_form(pdf, marks.watermark, copy.words, size)
        parts.append(("/Watermark", form, b"/Watermark Do\n"))
    if marks.pantograph is not None:
        mask, pixels = mask_object(pdf, marks.pantograph, size)
        # From the page's top-left corner, where printers begin, one pixel of the mask for one of the engine.
        width, height = (side * 72 / marks.pantograph.resolution_dpi for side in (pixels.width, pixels.height))
        matrix = numbers(width, 0, 0, height, 0, to_points(size.height_um) - height)
        parts.append(("/Pantograph", mask, f"q 0 g {matrix} cm /Pantograph Do Q\n".encode("ascii")))
    if marks.guilloche:
        parts.append(("/Frame", frame_form(pdf, copy.serial, size), b"/Frame Do\n"))
    return parts


def _layer(
    pdf: pikepdf.Pdf,
    page: PageLayout,
    shared: list[tuple[str, Object, bytes]],
    line: Object | None,
    marks: SecurityMarks,
) -> Object | None:
    if not shared and line is None:
        return None
    parts = {name: part for name, part, _ in shared}
    content = b"q " + _outside_codes(page) + b"".join(drawn for _, _, drawn in shared) + b"Q\n" if shared else b""
    if line is not None:
        parts["/Microtext"] = line
        place = numbers(*base_line(page, marks.microtext_um))
        content += f"q 1 0 0 1 {place} cm /Microtext Do Q\n".encode("ascii")
    form = pdf.make_stream(content)
    form.Type, form.Subtype = Name.XObject, Name.Form
    form.BBox = Array([0, 0, *(round(side, 4) for side in page_points(page.size))])
    form.Resources = Dictionary(XObject=Dictionary(parts))
    return form


def _outside_codes(page: PageLayout) -> bytes:
    """A clip: the whole page but the places of code and barcode."""
    width, height = page_points(page.size)
    path = f"0 0 {numbers(width, height)} re\n"
    for box in (page.qr, page.barcode):
        left, right = to_points(box.x_um - KEEP_OUT_UM), to_points(box.right_um + KEEP_OUT_UM)
        top, bottom = (height - to_points(y) for y in (box.y_um - KEEP_OUT_UM, box.bottom_um + KEEP_OUT_UM))
        path += f"{numbers(left, bottom, right - left, top - bottom)} re\n"
    return f"{path}W* n\n".encode("ascii")
