"""The bars say what they were given."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from printserver.rendering.code128 import BarcodeRefused, barcode_width_um, barcode_widths


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


@pytest.mark.parametrize("digits", ["", "1", "12a4", "12٣٤"])
def test_anything_but_pairs_of_digits_is_refused(digits):
    with pytest.raises(BarcodeRefused):
        barcode_widths(digits)
