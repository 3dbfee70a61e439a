"""A masked page shows the form of its seals, its headline where that is wanted, and not a letter of anything else."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import typst
from PIL import Image

from printserver.foundation.serials import CopySerial
from printserver.rendering.drawing import VectorCanvas
from printserver.rendering.layout import plan_layout
from printserver.rendering.marks import CopyMarks, PlacedSeal, SealPlace
from printserver.rendering.overlay import render_copy
from printserver.rendering.page_images import page_image

DPI = 100
PAGE = """
#set page(paper: "a4", margin: 25mm)
#set text(size: 10.5pt, font: "Noto Serif CJK SC")
#align(center, text(size: 20pt)[采购合同])
#v(8mm)
甲方应于合同生效之日起三十日内支付第一期款项人民币 SECRET 元整。
#place(top + left, dx: 62mm, dy: 115mm, text(size: 30pt)[密级 SECRET])
#place(top + left, dx: 20mm, dy: 200mm, text(fill: red)[红色的正文不是印章])
#pagebreak()
#text(size: 20pt)[第二页没有标题]
"""
NUMBERS = """
#set page(paper: "a4", margin: 25mm)
#set text(size: 10.5pt, font: ("Noto Sans", "Noto Serif CJK SC"))
乙方：张三丰 \\
#for line in range(30) [ace 0.#line 7 #h(1em) 1#line #h(1em) 2#line \\ ]
"""
SEAL = (25_000 + 60_000, 25_000 + 100_000, 40_000, 40_000)
CENTRE = SealPlace(1, 25_000 + 80_000, 25_000 + 120_000)


def rendition(source: str, *places: SealPlace) -> bytes:
    """With a seal that is red all over, so that whatever lies under it would be cut out of it."""
    canvas = VectorCanvas()
    canvas.setPageSize((100, 100))
    canvas.setFillColorRGB(0.82, 0.05, 0.05)
    canvas.circle(50, 50, 50, stroke=0, fill=1)
    canvas.showPage()
    safe = typst.compile(source.encode())
    seal = PlacedSeal(canvas.getpdfdata(), 40_000, 40_000, places)
    return render_copy(safe, plan_layout(safe), CopyMarks(CopySerial(bytes(10)), 1, 1, (seal,)))


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return rendition(PAGE, CENTRE)


def pixels(pdf: bytes, page: int = 1, **options: Any) -> np.ndarray:
    picture = Image.open(io.BytesIO(page_image(pdf, page, dpi=DPI, format="png", **options)))
    return np.asarray(picture.convert("RGB"))


def part(image: np.ndarray, left: float, top: float, width: float, height: float) -> np.ndarray:
    """In mm."""
    x, y, w, h = (round(side * DPI / 25.4) for side in (left, top, width, height))
    return image[y : y + h, x : x + w]


def test_the_headline_is_shown_as_it_is_where_wanted_and_text_becomes_grey_boxes(pdf: bytes):
    whole, masked = pixels(pdf), pixels(pdf, only_seals=[SEAL], headline=True)
    headline = (90, 24, 32, 9)
    assert part(whole, *headline).min() < 60
    assert np.array_equal(part(masked, *headline), part(whole, *headline))
    hidden = part(pixels(pdf, only_seals=[SEAL]), *headline)
    assert {tuple(colour) for colour in hidden.reshape(-1, 3)} == {(255, 255, 255), (214, 214, 214)}
    text = part(masked, 20, 38, 170, 30)
    assert {tuple(colour) for colour in text.reshape(-1, 3)} == {(255, 255, 255), (214, 214, 214)}


def test_a_seal_keeps_its_form_and_what_lies_under_it_stays_hidden(pdf: bytes):
    assert part(pixels(pdf), 87, 137, 36, 16).min() < 60
    masked = pixels(pdf, only_seals=[SEAL])
    assert {tuple(colour) for colour in part(masked, 91, 131, 28, 28).reshape(-1, 3)} == {(200, 32, 32)}
    seal = part(masked, 85, 125, 40, 40)
    assert {tuple(colour) for colour in seal.reshape(-1, 3)} == {(255, 255, 255), (214, 214, 214), (200, 32, 32)}
    assert 0.7 < (seal == (200, 32, 32)).all(axis=2).mean() < 0.85


def test_red_text_outside_a_seal_is_hidden_and_so_is_a_seal_that_nobody_named(pdf: bytes):
    for seals in ([SEAL], []):
        red_text = part(pixels(pdf, only_seals=seals), 40, 220, 80, 12)
        assert {tuple(colour) for colour in red_text.reshape(-1, 3)} == {(255, 255, 255), (214, 214, 214)}
    assert not (pixels(pdf, only_seals=[]) == (200, 32, 32)).all(axis=2).any()


def test_only_the_first_page_has_a_headline(pdf: bytes):
    masked = pixels(pdf, 2, only_seals=[], headline=True)
    assert {tuple(colour) for colour in masked.reshape(-1, 3)} == {(255, 255, 255), (214, 214, 214)}


def test_a_line_of_high_letters_among_low_ones_is_no_headline():
    masked = pixels(rendition(NUMBERS, CENTRE), only_seals=[], headline=True)
    assert {tuple(colour) for colour in masked.reshape(-1, 3)} == {(255, 255, 255), (214, 214, 214)}
