"""Text is set as outlines, and a character without a glyph is named before anything is drawn."""

from __future__ import annotations

import pytest

from printserver.rendering.drawing import VectorCanvas
from printserver.rendering.typeface import (
    SANS,
    SANS_BOLD,
    SERIF_BOLD,
    GlyphMissing,
    draw_text,
    glyph,
    missing_glyphs,
    text_width,
)
from tests.unit.rendering.papers import canvas_content

FACES = [SANS, SANS_BOLD, SERIF_BOLD]


@pytest.mark.parametrize("typeface", FACES)
def test_a_full_width_character_is_one_em_wide_and_inside_its_box(typeface):
    drawn = glyph(typeface, "印")
    assert drawn.advance == pytest.approx(1)
    assert drawn.bounds is not None
    left, bottom, right, top = drawn.bounds
    assert 0 <= left < right <= 1
    assert -0.2 < bottom < top < 1


@pytest.mark.parametrize("typeface", FACES)
def test_missing_characters_are_named_once_in_their_order(typeface):
    assert missing_glyphs("第\U0001f984一\U0001f985份\U0001f984", typeface) == ("\U0001f984", "\U0001f985")
    assert missing_glyphs("第 1 份 Copy – A·", typeface) == ()


def test_a_line_is_as_wide_as_its_characters():
    assert text_width(SANS, "第1份") == sum(glyph(SANS, character).advance for character in "第1份")
    assert text_width(SANS, "") == 0


def test_a_space_draws_nothing_and_a_missing_character_is_refused():
    canvas = VectorCanvas()
    draw_text(canvas, SANS, "  ", x=0, y=0, size=10)
    assert "f" not in canvas_content(canvas).split()
    with pytest.raises(GlyphMissing):
        draw_text(VectorCanvas(), SANS, "\U0001f984", x=0, y=0, size=10)


def test_characters_stand_side_by_side_as_filled_paths():
    canvas = VectorCanvas()
    draw_text(canvas, SANS, "印章", x=30, y=40, size=10)
    lines = canvas_content(canvas).splitlines()
    assert "10 0 0 10 30 40 cm" in lines
    assert lines.count("f") == 2
    assert lines.count("1 0 0 1 1 0 cm") == 2
