"""Write a PDF so that the same content gives the same bytes: no dates, an /ID made of the content, one revision."""

from __future__ import annotations

import io

import pikepdf
from pikepdf import Array, Dictionary, Name, Object

from printserver.rendering.units import PageSize, to_micrometres, to_points


def saved(pdf: pikepdf.Pdf) -> bytes:
    """The bytes of `pdf`: PDF 1.7, a plain cross-reference table, nothing that depends on when or where."""
    target = io.BytesIO()
    pdf.save(
        target,
        deterministic_id=True,
        force_version="1.7",
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        compress_streams=True,
    )
    return target.getvalue()


def single_page(width: float, height: float, content: bytes) -> bytes:
    """A PDF of one page, width × height points, with `content` and no resources."""
    with pikepdf.new() as pdf:
        add_page(pdf, width, height, content, Dictionary())
        return saved(pdf)


def add_page(pdf: pikepdf.Pdf, width: float, height: float, content: bytes, resources: Dictionary) -> None:
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, round(width, 4), round(height, 4)]),
        Resources=resources,
        Contents=pdf.make_stream(content),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))


def page_points(size: PageSize) -> tuple[float, float]:
    return to_points(size.width_um), to_points(size.height_um)


def page_size(page: pikepdf.Page) -> PageSize:
    """Of a page made by this product: no rotation, crop box or origin of its own."""
    left, bottom, right, top = (float(side) for side in page.mediabox)
    return PageSize(to_micrometres(right - left), to_micrometres(top - bottom))


def content_as_form(pdf: pikepdf.Pdf, page: pikepdf.Page) -> Object:
    """Turn the page's content into a form XObject, so that nothing drawn later depends on the state it leaves behind.

    A single content stream is used as it is, not copied: the form is the same object.
    """
    content = page.obj.get("/Contents")
    if not isinstance(content, pikepdf.Stream):
        page.contents_coalesce()
        content = page.obj.get("/Contents", None)
    form = content if isinstance(content, pikepdf.Stream) else pdf.make_stream(b"")
    form.Type = Name.XObject
    form.Subtype = Name.Form
    form.BBox = Array(list(page.mediabox))
    form.Resources = page.resources
    return form
