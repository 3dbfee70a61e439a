"""The bars say what they were given."""

from __future__ import annotations

import re

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from printserver.rendering.code128 import BarcodeRefused, barcode_width_um, barcode_widths, draw_barcode
from printserver.rendering.dot_grid import INSET_DOTS, DotGrid
from printserver.rendering.drawing import VectorCanvas
from tests.unit.rendering.papers import canvas_content


def read(digits: str) -> list[str]:
    bars = [at % 2 for at, width in enumerate(barcode_widths(digits)) for _ in range(width)]
    line = np.pad(np.kron(np.array(bars, np.uint8) * 255, np.ones(3, np.uint8)), 60, constant_values=255)
    picture = np.pad(np.tile(line, (60, 1)), 10, constant_values=255)
    return [found.text for found in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.Code128)]


@settings(max_examples=40)
@given(st.from_regex(r"([0-9]{2}){2,20}", fullmatch=True))
def test_an_independent_reader_reads_every_number(digits):
    assert read(digits) == [digits]


def test_every_symbol_character_is_eleven_modules_wide():
    for value in range(100):
        widths = barcode_widths(f"{value:02d}")
        assert sum(widths[:-7]) == 3 * 11
        assert sum(widths[-7:]) == 13


def test_the_stated_width_includes_the_quiet_zones():
    assert barcode_width_um(16) == (sum(barcode_widths("0" * 32)) + 20) * 360


@settings(max_examples=12)
@given(
    st.sampled_from([300, 600, 720, 1200]), st.integers(12_000, 120_000), st.from_regex(r"[0-9]{32}", fullmatch=True)
)
def test_every_bar_is_the_same_number_of_whole_dots_a_module_wherever_it_stands(dpi, left_um, digits):
    canvas, grid = VectorCanvas(), DotGrid(dpi)
    grid.lay_on(canvas)
    draw_barcode(canvas, digits, grid, left_um=left_um, bottom_um=12_000)
    rectangles = re.findall(r"([.\d]+) ([.\d]+) ([.\d]+) ([.\d]+) re", canvas_content(canvas))
    bars = [(float(x) - INSET_DOTS, float(width) + 2 * INSET_DOTS) for x, _, width, _ in rectangles]
    module = grid.module(360, 1)
    assert 330 <= grid.length_um(module) <= 360
    assert all(x.is_integer() and width.is_integer() for x, width in bars)
    assert [width / module for _, width in bars] == list(barcode_widths(digits)[::2])
    first, last = bars[0][0], bars[-1][0] + bars[-1][1]
    assert last - first == module * sum(barcode_widths(digits))
    quiet_um = 10 * grid.length_um(module) - grid.length_um(1)
    assert grid.length_um(1) * first >= left_um + quiet_um
    assert grid.length_um(1) * last <= left_um + barcode_width_um(16) - quiet_um


@pytest.mark.parametrize("digits", ["", "1", "12a4", "12٣٤"])
def test_anything_but_pairs_of_digits_is_refused(digits):
    with pytest.raises(BarcodeRefused):
        barcode_widths(digits)
