"""A seal's artwork as one form of the PDF, drawn wherever the seal stands: whole, or the slice that a page shows.

Slices are clipped from the artwork itself, so their edges are as sharp as the printer is and fit each other exactly.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import pikepdf
from pikepdf import Array, Dictionary, Name, Object

from printserver.rendering.marks import PlacedSeal, SealPlace, seal_box, whole_box
from printserver.rendering.page_layout import Box, PageLayout
from printserver.rendering.pdf_files import content_as_form
from printserver.rendering.units import PageSize, to_points
from printserver.rendering.vector import numbers


@dataclass(frozen=True)
class SealArtwork:
    """`form`: of 1 × 1, with a group of its own, so that the seal is multiplied into the text as a whole."""

    seal: PlacedSeal
    form: Object
    by_page: Mapping[int, list[SealPlace]]

    @classmethod
    def of(cls, pdf: pikepdf.Pdf, seal: PlacedSeal) -> Self:
        """pdf: into which the artwork is copied."""
        with pikepdf.open(io.BytesIO(seal.artwork_pdf)) as artwork:
            page = artwork.pages[0]
            left, bottom, right, top = (float(side) for side in page.mediabox)
            form = pdf.copy_foreign(content_as_form(artwork, page))
        width, height = right - left, top - bottom
        form.Matrix = Array([1 / width, 0, 0, 1 / height, -left / width, -bottom / height])
        form.Group = Dictionary(S=Name.Transparency)
        by_page: dict[int, list[SealPlace]] = {}
        for place in seal.places:
            by_page.setdefault(place.page, []).append(place)
        return cls(seal, form, by_page)

    def drawn_on(self, layout: PageLayout, name: str) -> list[bytes]:
        """The operators of one page.   name: of the form; `/Multiply` is the graphics state that blends."""
        return [self._drawn(layout, place, name) for place in self.by_page.get(layout.page, ())]

    def _drawn(self, layout: PageLayout, place: SealPlace, name: str) -> bytes:
        whole = _matrix(layout.size, whole_box(layout, self.seal, place))
        clip = ""
        if place.part is not None:
            width, _, _, height, left, bottom = _matrix(layout.size, seal_box(layout, self.seal, place))
            clip = f"{numbers(left, bottom, width, height)} re W n "
        return f"q {clip}/Multiply gs {numbers(*whole)} cm {name} Do Q\n".encode("ascii")


def _matrix(size: PageSize, box: Box) -> tuple[float, ...]:
    """Of a form of 1 × 1 that is to fill the box."""
    left, top = to_points(box.x_um), to_points(size.height_um - box.y_um)
    width, height = to_points(box.width_um), to_points(box.height_um)
    return (width, 0, 0, height, left, top - height)
