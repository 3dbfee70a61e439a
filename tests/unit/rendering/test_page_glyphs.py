"""Every character of a page is found with the place of its ink."""

from __future__ import annotations

import io

import numpy as np
import pytest
import typst
from PIL import Image

from printserver.rendering.page_glyphs import PageGlyphs, page_glyphs
from printserver.rendering.page_images import PageMissing, PageNotDrawable, page_image

_SOURCE = b"""
#set page(paper: "a4")
#set text(size: 12pt, font: ("Libertinus Serif", "Noto Serif CJK SC"))
Price 365,623.00 CNY \\
\xe5\x90\x88\xe5\x90\x8c\xe6\x80\xbb\xe4\xbb\xb7
#pagebreak()
"""


def test_characters_stand_where_their_ink_is():
    pdf = bytes(typst.compile(_SOURCE))
    found = page_glyphs(pdf, 1)
    assert [line.replace(" ", "") for line in found.lines] == ["Price365,623.00CNY", "合同总价"]
    assert "".join(glyph.text for glyph in found.glyphs) == "Price365,623.00CNY合同总价"
    assert [glyph.line for glyph in found.glyphs][-4:] == [1] * 4
    picture = Image.open(io.BytesIO(page_image(pdf, 1, dpi=254, format="png"))).convert("L")
    ink = np.asarray(picture) < 128
    for glyph in found.glyphs:
        x, y = glyph.box.x_um // 100, glyph.box.y_um // 100
        inside = ink[y : y + glyph.box.height_um // 100 + 1, x : x + glyph.box.width_um // 100 + 1]
        assert inside.any(axis=1).mean() > 0.6, glyph


def test_a_rare_character_that_pdfium_counts_as_two_halves_is_one():
    source = '#set text(font: "Noto Serif CJK SC")\n𠮷野'
    found = page_glyphs(bytes(typst.compile(source.encode())), 1)
    assert ([glyph.text for glyph in found.glyphs], found.lines) == (["𠮷", "野"], ("𠮷野",))


def test_a_page_without_text_has_no_characters_and_what_is_no_page_is_refused():
    pdf = bytes(typst.compile(_SOURCE))
    assert page_glyphs(pdf, 2).glyphs == PageGlyphs().glyphs
    with pytest.raises(PageMissing):
        page_glyphs(pdf, 3)
    with pytest.raises(PageNotDrawable):
        page_glyphs(b"%PDF-1.7 nothing", 1)
