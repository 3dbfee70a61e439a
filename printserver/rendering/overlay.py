"""Put seals, serial, barcode and at last the signed codes on the pages of a safe document.

Both steps are deterministic: the same input gives the same bytes, so a copy's digest can be computed again.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object
from reportlab.pdfgen.canvas import Canvas

from printserver.foundation.errors import Malformed
from printserver.foundation.serials import PageCode
from printserver.rendering.code128 import HEIGHT_UM as BARS_UM
from printserver.rendering.code128 import draw_barcode
from printserver.rendering.dot_grid import USUAL_DPI, DotGrid
from printserver.rendering.drawing import VectorCanvas, forms_drawn
from printserver.rendering.marks import CopyMarks, PlacedSeal, SealPlace, SealPlaceRefused, check_places
from printserver.rendering.page_layout import LINE_UM, WHOLE, Box, PageLayout
from printserver.rendering.pdf_files import content_as_form, page_points, page_size, saved
from printserver.rendering.qr_code import BOX_UM as QR_SQUARE_UM
from printserver.rendering.qr_code import draw_qr_code, qr_modules
from printserver.rendering.seal_forms import SealArtwork
from printserver.rendering.security_marks import LAYER, MarkedCopy, security_layers, which_copy
from printserver.rendering.typeface import SANS, SANS_BOLD, Typeface, draw_text, text_width
from printserver.rendering.units import PageSize, to_points
from printserver.rendering.vector import numbers

__all__ = ["CopyMarks", "PlacedSeal", "SealPlace", "SealPlaceRefused", "check_places", "put_codes", "render_copy"]

TEST_WATERMARK: Final = "测试 无效 TEST – NOT VALID"
_LARGEST_TEXT: Final = to_points(2_500)
_BASE_LINE: Final = to_points(LINE_UM - 600)


class LayoutMismatch(Malformed):
    """The layout, or the list of codes, belongs to another document."""

    code = "layout-mismatch"


def render_copy(safe_pdf: bytes, layout: Sequence[PageLayout], marks: CopyMarks) -> bytes:
    """A copy's pages, complete but for the codes, whose place stays free.

    Each page gets the marks against copying, over them the seals (multiplied into the text, so that both stay legible),
    the barcode with the line that says which copy and page this is, and the serial for people under the code's place.
    safe_pdf: from `make_safe`.   layout: from `plan_layout` of the same document.
    Raises LayoutMismatch, SealPlaceRefused, CodeRefused, BarcodeRefused.
    """
    check_places(layout, marks.seals)
    with pikepdf.open(io.BytesIO(safe_pdf)) as pdf:
        _check_pages(pdf, layout)
        seals = [SealArtwork.of(pdf, seal) for seal in marks.seals]
        layers = security_layers(pdf, layout, marks.security, MarkedCopy(marks.serial, marks.number, marks.copies))
        overlays = forms_drawn(_marks_drawn(layout, marks), pdf)
        for page, place, layer, overlay in zip(pdf.pages, layout, layers, overlays, strict=True):
            _compose(pdf, page, place, layer, seals, overlay)
        return saved(pdf)


def put_codes(rendition: bytes, layout: Sequence[PageLayout], codes: Sequence[str], dpi: int = USUAL_DPI) -> bytes:
    """Add each page's signed code in the place kept free for it; nothing else of the pages changes.

    rendition: from `render_copy`, with the same layout.   codes: one text a page, in their order.
    dpi: of the printer, as for `render_copy`.
    Raises LayoutMismatch, CodeRefused.
    """
    if len(codes) != len(layout):
        raise LayoutMismatch("every page takes exactly one code")
    with pikepdf.open(io.BytesIO(rendition)) as pdf:
        _check_pages(pdf, layout)
        overlays = forms_drawn(_codes_drawn(layout, codes, DotGrid(dpi)), pdf)
        for page, overlay in zip(pdf.pages, overlays, strict=True):
            page.add_resource(overlay, Name.XObject, Name.Code)
            page.obj.Contents = Array([page.obj.Contents, pdf.make_stream(_placed("/Code"))])
        return saved(pdf)


def _check_pages(pdf: pikepdf.Pdf, layout: Sequence[PageLayout]) -> None:
    expected = [(place.page, place.size) for place in layout]
    if expected != [(at, page_size(page)) for at, page in enumerate(pdf.pages, 1)]:
        raise LayoutMismatch("the layout belongs to another document")


def _compose(
    pdf: pikepdf.Pdf,
    page: pikepdf.Page,
    place: PageLayout,
    security: Object | None,
    seals: Sequence[SealArtwork],
    overlay: Object,
) -> None:
    """The content, over it the marks against copying, the seals, and on top what `overlay` draws."""
    xobjects = {"/Page": content_as_form(pdf, page), "/Marks": overlay}
    operators = [_placed("/Page", matrix=_content_matrix(place))]
    if security is not None:
        xobjects[LAYER] = security
        operators.append(_placed(LAYER))
    for at, artwork in enumerate(seals, 1):
        drawn = artwork.drawn_on(place, f"/Seal{at}")
        if drawn:
            xobjects[f"/Seal{at}"] = artwork.form
            operators += drawn
    operators.append(_placed("/Marks"))
    page.obj.Resources = Dictionary(
        XObject=Dictionary(xobjects), ExtGState=Dictionary(Multiply=Dictionary(Type=Name.ExtGState, BM=Name.Multiply))
    )
    page.obj.Contents = pdf.make_stream(b"".join(operators))


def _placed(name: str, *, matrix: Sequence[float] = (1, 0, 0, 1, 0, 0)) -> bytes:
    """The operators that put a form on the page, and leave the page's state as it was."""
    return f"q {numbers(*matrix)} cm {name} Do Q\n".encode("ascii")


def _content_matrix(place: PageLayout) -> tuple[float, ...]:
    """The content's transform, turned from the top-left corner to PDF's bottom-left one."""
    scale = place.content.scale_ppm / WHOLE
    height = to_points(place.size.height_um)
    x, y = to_points(place.content.x_um), height * (1 - scale) - to_points(place.content.y_um)
    return (scale, 0, 0, scale, x, y)


def _corner(size: PageSize, box: Box) -> tuple[float, float]:
    """The box's top-left corner in points, y upwards."""
    return to_points(box.x_um), to_points(size.height_um - box.y_um)


def _codes_drawn(layout: Sequence[PageLayout], codes: Sequence[str], grid: DotGrid) -> VectorCanvas:
    canvas = VectorCanvas()
    for place, code in zip(layout, codes, strict=True):
        canvas.setPageSize(page_points(place.size))
        grid.lay_on(canvas)
        bottom_um = place.size.height_um - place.qr.y_um - QR_SQUARE_UM
        draw_qr_code(canvas, qr_modules(code), grid, left_um=place.qr.x_um, bottom_um=bottom_um)
        canvas.showPage()
    return canvas


def _marks_drawn(layout: Sequence[PageLayout], marks: CopyMarks) -> VectorCanvas:
    canvas = VectorCanvas()
    for place in layout:
        canvas.setPageSize(page_points(place.size))
        _draw_copy_line(canvas, place, marks, len(layout))
        if marks.test:
            _draw_test_watermark(canvas, place.size)
        canvas.showPage()
    return canvas


def _draw_copy_line(canvas: Canvas, place: PageLayout, marks: CopyMarks, pages: int) -> None:
    serial = str(marks.serial)
    line = f"{serial} · {which_copy(marks.number, marks.copies)} · page {place.page}/{pages}"
    grid, digits = DotGrid(marks.dpi), PageCode(marks.serial, place.page).digits()
    bottom_um = place.size.height_um - place.barcode.y_um - BARS_UM
    canvas.saveState()
    grid.lay_on(canvas)
    draw_barcode(canvas, digits, grid, left_um=place.barcode.x_um, bottom_um=bottom_um)
    canvas.restoreState()
    _fit_line(canvas, SANS, line, place.size, place.barcode, BARS_UM)
    _fit_line(canvas, SANS_BOLD, serial, place.size, place.qr, QR_SQUARE_UM)


def _fit_line(canvas: Canvas, typeface: Typeface, text: str, size: PageSize, box: Box, above_um: int) -> None:
    """One centred line in the lower part of the box, which begins `above_um` below its top."""
    width, room = text_width(typeface, text), to_points(box.width_um)
    em = min(_LARGEST_TEXT, room / width)
    left, top = _corner(size, box)
    base = top - to_points(above_um) - _BASE_LINE
    draw_text(canvas, typeface, text, x=left + (room - em * width) / 2, y=base, size=em)


def _draw_test_watermark(canvas: Canvas, size: PageSize) -> None:
    """Across the middle of the page, pale enough to read the text through it."""
    width, height = page_points(size)
    length = text_width(SANS_BOLD, TEST_WATERMARK)
    em = 0.8 * min(width, height) / length
    canvas.saveState()
    canvas.setBlendMode("Multiply")
    canvas.setFillGray(0.82)
    canvas.transform(0.8, 0.6, -0.6, 0.8, width / 2, height / 2)
    draw_text(canvas, SANS_BOLD, TEST_WATERMARK, x=-em * length / 2, y=-0.35 * em, size=em)
    canvas.restoreState()
