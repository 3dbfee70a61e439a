"""A company seal is red vector artwork of the right size, or it is refused."""

from __future__ import annotations

import io

import numpy as np
import pikepdf
import pytest

from printserver.rendering.seal_artwork import GlyphMissing, SealTextRefused, draw_company_seal, missing_glyphs
from tests.unit.rendering.papers import middle_of_colour, qpdf_is_content, raster

NAME = "北京测试印务科技有限公司"


def test_the_same_words_give_the_same_bytes():
    assert draw_company_seal(NAME, "1101080123456") == draw_company_seal(NAME, "1101080123456")


def test_the_seal_is_one_page_of_vectors_as_wide_as_asked_for(tmp_path):
    seal = draw_company_seal(NAME, "1101080123456", diameter_um=42_000)
    assert qpdf_is_content(seal, tmp_path)
    with pikepdf.open(io.BytesIO(seal)) as pdf:
        (page,) = pdf.pages
        assert [round(float(side) / 72 * 25.4, 3) for side in page.mediabox] == [0, 0, 42, 42]
        assert not page.resources


def test_the_ring_fills_the_page_and_the_star_its_middle(tmp_path):
    picture = raster(draw_company_seal(NAME, "1101080123456"), tmp_path, dpi=300)
    assert middle_of_colour(picture, dpi=300, red=True) == pytest.approx((20, 20), abs=0.2)
    pixels = np.asarray(picture)
    assert tuple(pixels[236, 236]) == (217, 15, 15)
    assert tuple(pixels[2, 2]) == (255, 255, 255)


@pytest.mark.parametrize("length", [1, 2, 12, 24, 40])
def test_names_of_any_allowed_length_stay_clear_of_the_ring_and_the_star(tmp_path, length):
    picture = raster(draw_company_seal("测" * length, "1101080123456"), tmp_path, dpi=300)
    pixels = np.asarray(picture).astype(int)
    rows, columns = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]]
    radius = np.hypot(rows - 236, columns - 236) / 236.2
    for inner, outer in ((0.905, 0.93), (0.37, 0.53)):
        assert (pixels[(radius > inner) & (radius < outer)].min(axis=-1) > 200).all()


def test_a_character_without_a_glyph_is_named_and_refused():
    assert missing_glyphs("测\U0001f984试") == ("\U0001f984",)
    with pytest.raises(GlyphMissing) as refusal:
        draw_company_seal("测\U0001f984试", "110108")
    assert "U+1F984" in str(refusal.value)


@pytest.mark.parametrize(("name", "number", "diameter"), [("", "1", 40_000), ("测" * 41, "1", 40_000),
                                                           ("测", "", 40_000), ("测", "1" * 19, 40_000),
                                                           ("测", "1", 9_999)])  # fmt: skip
def test_words_that_do_not_fit_are_refused(name, number, diameter):
    with pytest.raises(SealTextRefused):
        draw_company_seal(name, number, diameter_um=diameter)
