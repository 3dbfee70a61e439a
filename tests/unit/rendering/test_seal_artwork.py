"""A company seal is red vector artwork of the right size, or it is refused."""

from __future__ import annotations

import io

import numpy as np
import pikepdf
import pytest

from printserver.rendering.seal_artwork import (
    GlyphMissing,
    SealDesign,
    SealTextRefused,
    draw_company_seal,
    draw_seal,
    missing_glyphs,
    seal_svg,
)
from printserver.rendering.seal_artwork_types import STYLES, Outline, SealType, of_person
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


LONG = "北京测试印务科技有限公司上海浦东新区第一分公司"


def long_name(kind: SealType) -> str:
    return "阿卜杜拉买买提" if STYLES[kind].outline is Outline.SQUARE else LONG


@pytest.mark.parametrize("kind", list(SealType))
def test_every_type_is_drawn_in_its_usual_size_with_short_and_long_names(tmp_path, kind):
    for name in ("张三", long_name(kind)):
        design = SealDesign.usual(kind, name, "1101080123456")
        seal = draw_seal(design)
        assert seal == draw_seal(design)
        assert qpdf_is_content(seal, tmp_path)
        with pikepdf.open(io.BytesIO(seal)) as pdf:
            size = [round(float(side) / 72 * 25.4, 2) for side in pdf.pages[0].mediabox]
        assert size == [0, 0, STYLES[kind].width_mm, STYLES[kind].height_mm]


@pytest.mark.parametrize("kind", list(SealType))
def test_the_ink_reaches_the_four_sides_and_nothing_lies_outside(tmp_path, kind):
    picture = np.asarray(raster(draw_seal(SealDesign.usual(kind, long_name(kind))), tmp_path, dpi=300))
    ink = picture.min(axis=-1) < 128
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert rows[0] <= 1
    assert columns[0] <= 1
    assert rows[-1] >= ink.shape[0] - 3
    assert columns[-1] >= ink.shape[1] - 3


def test_only_persons_seals_are_square_and_of_a_person():
    assert {kind for kind in SealType if of_person(kind)} == {SealType.LEGAL_REPRESENTATIVE, SealType.PERSONAL}
    assert not of_person("a type of another maker")


def test_a_star_and_the_line_within_are_there_when_they_are_asked_for(tmp_path):
    bare = SealDesign(SealType.FINANCE, NAME)
    for other in (
        SealDesign(SealType.FINANCE, NAME, star=True),
        SealDesign(SealType.FINANCE, NAME, inner="财务专用章"),
    ):
        assert draw_seal(other) != draw_seal(bare)


def test_the_picture_for_pages_shows_every_character_and_needs_no_style():
    svg = seal_svg(SealDesign.usual(SealType.CONTRACT, NAME, "1101080123456"))
    assert svg.count("<path ") == 2 + len(NAME) + len("1101080123456") + len("合同专用章")
    assert "style" not in svg
    assert "script" not in svg
    assert set(svg.lower()) <= set("abcdefghijklmnopqrstuvwxyz0123456789 <>/=\"'.:-()#")


def test_every_character_that_cannot_be_drawn_is_named_once():
    with pytest.raises(GlyphMissing) as refusal:
        SealDesign(SealType.CONTRACT, "测\U0001f984\U0001f984", "1", "章\U0001f98a")
    assert refusal.value.characters == ("\U0001f984", "\U0001f98a")


@pytest.mark.parametrize("wrong", [{"name": "测" * 17, "type": SealType.PERSONAL}, {"name": "  "}, {"inner": "章" * 13},
                                   {"number": "1" * 19}, {"number": "abc"}, {"width_um": 41_000},
                                   {"width_um": 9_999, "height_um": 9_999},
                                   {"width_um": 100_001, "height_um": 100_001}])  # fmt: skip
def test_a_design_that_cannot_be_engraved_is_refused(wrong):
    with pytest.raises(SealTextRefused):
        SealDesign(**{"type": SealType.COMPANY, "name": NAME, **wrong})
