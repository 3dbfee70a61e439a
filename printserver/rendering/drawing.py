"""Vector drawing on reportlab's canvases, and what was drawn as pages and forms of PDF. Points, y upwards.

Nothing depends on when or where it was drawn: of reportlab's file only the pages' content is used.
"""

from __future__ import annotations

import io

import pikepdf
from pikepdf import Dictionary, Object
from reportlab.pdfgen.canvas import FILL_NON_ZERO, Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from printserver.rendering.pdf_files import content_as_form, single_page


class VectorCanvas(Canvas):
    """A canvas for shapes alone: text is drawn as outlines."""

    def __init__(self) -> None:
        # Compressed only once, when the finished file is saved.
        super().__init__(io.BytesIO(), invariant=1, pageCompression=0)

    def _make_preamble(self) -> None:
        """reportlab would begin each page by choosing a font, which no file has to bring then."""
        self._preamble = ""


def fill(canvas: Canvas, path: PDFPathObject) -> None:
    """By the non-zero rule: a hole runs against the direction of what it is cut from."""
    canvas.drawPath(path, stroke=0, fill=1, fillMode=FILL_NON_ZERO)


def page_drawn(canvas: VectorCanvas, width: float, height: float) -> bytes:
    """A PDF of one page, width × height points, with what was drawn; it must need no resources."""
    with pikepdf.open(io.BytesIO(canvas.getpdfdata())) as drawn:
        (page,) = drawn.pages
        return single_page(width, height, page.obj.Contents.read_bytes())


def forms_drawn(canvas: VectorCanvas, pdf: pikepdf.Pdf) -> tuple[Object, ...]:
    """Each page of the canvas as a form XObject of `pdf`, in their order; the canvas cannot be used further."""
    with pikepdf.open(io.BytesIO(canvas.getpdfdata())) as drawn:
        return tuple(pdf.copy_foreign(_form(drawn, page)) for page in drawn.pages)


def _form(drawn: pikepdf.Pdf, page: pikepdf.Page) -> Object:
    form = content_as_form(drawn, page)
    form.Resources = Dictionary({name: kind for name, kind in page.resources.items() if name == "/ExtGState"})
    return form
