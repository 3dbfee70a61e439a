"""Pictures of pages come in the asked size, and what is too large or hostile is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from pikepdf import Array, Dictionary
from PIL import Image

from printserver.rendering.page_images import (
    PREVIEW_WATERMARK,
    PageMissing,
    PageNotDrawable,
    PictureTooLarge,
    ink_maps,
    page_image,
)
from printserver.rendering.typeface import GlyphMissing
from printserver.rendering.units import A4_PORTRAIT
from tests.unit.rendering.papers import contract, pdf_of


def opened(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture))


def test_a_page_becomes_a_picture_of_the_asked_size():
    for encoding in ("webp", "png"):
        picture = opened(page_image(contract(3), 1, dpi=50, format=encoding))
        assert picture.format == encoding.upper()
        assert picture.size == (414, 585)


def test_a_watermark_reaches_every_part_of_the_page():
    blank = pdf_of(Dictionary())
    marked = np.asarray(opened(page_image(blank, 1, dpi=60, watermark=PREVIEW_WATERMARK, format="png")).convert("L"))
    rows, columns = marked.shape
    for row in range(4):
        for column in range(2):
            part = marked[rows * row // 4 : rows * (row + 1) // 4, columns * column // 2 : columns * (column + 1) // 2]
            assert part.min() < 250


def test_a_page_that_does_not_exist_is_missing():
    for page in (0, 2, -1):
        with pytest.raises(PageMissing):
            page_image(pdf_of(Dictionary()), page, dpi=50)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_drawn():
    huge = pdf_of(Dictionary(MediaBox=Array([0, 0, 14_000, 14_000])))
    with pytest.raises(PictureTooLarge):
        page_image(huge, 1, dpi=150)
    with pytest.raises(PictureTooLarge):
        page_image(pdf_of(Dictionary()), 1, dpi=601)


def test_a_watermark_that_cannot_be_drawn_is_refused():
    with pytest.raises(GlyphMissing):
        page_image(pdf_of(Dictionary()), 1, dpi=50, watermark="\U0001f984")


def test_bytes_that_are_no_document_are_refused():
    with pytest.raises(PageNotDrawable):
        page_image(b"%PDF-1.7 nonsense", 1, dpi=50)
    with pytest.raises(PageNotDrawable) as refusal:
        ink_maps(b"%PDF-1.7 nonsense")
    assert refusal.value.page is None


def test_the_ink_map_shows_where_the_page_is_not_white():
    (ink,) = ink_maps(pdf_of(Dictionary(), content=b"1 0 0 rg 0 0 283.465 283.465 re f"))
    assert ink.size == A4_PORTRAIT
    assert ink.cells.shape == (595, 421)  # the last row and column are begun
    assert ink.cells[396:, :199].all()
    assert not ink.cells[:392].any()
    assert not ink.cells[:, 203:].any()
