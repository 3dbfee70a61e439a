"""The symbol says what it was given, at the promised size."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from printserver.rendering.drawing import VectorCanvas
from printserver.rendering.qr_code import CodeRefused, draw_qr_code, qr_modules
from tests.unit.rendering.papers import canvas_content


def read(modules: tuple[tuple[bool, ...], ...]) -> list[str]:
    picture = np.where(np.array(modules), 0, 255).astype(np.uint8)
    picture = np.pad(np.kron(picture, np.ones((6, 6), np.uint8)), 24, constant_values=255)
    return [found.text for found in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)]


def drawn(modules: tuple[tuple[bool, ...], ...]) -> str:
    canvas = VectorCanvas()
    draw_qr_code(canvas, modules, left=10, top=800)
    return canvas_content(canvas)


@settings(max_examples=15)
@given(st.from_regex(r"https?://[a-z0-9.:]{1,30}/q/", fullmatch=True), st.from_regex(r"[0-9]{1,340}", fullmatch=True))
def test_an_independent_reader_reads_every_address_and_number(address, digits):
    assert read(qr_modules(address + digits)) == [address + digits]


def test_the_profile_fits_version_9_and_keeps_its_size():
    modules = qr_modules("https://" + "h" * 25 + "/q/" + "7" * 316)
    assert len(modules) == 53
    assert all(len(row) == 53 for row in modules)


def test_a_short_text_has_no_larger_modules_so_that_its_quiet_zone_fits():
    assert len(qr_modules("1")) == 53


def test_the_same_text_gives_the_same_symbol():
    assert qr_modules("https://a/q/123") == qr_modules("https://a/q/123")
    modules = qr_modules("https://a/q/123")
    assert drawn(modules) == drawn(modules)


@pytest.mark.parametrize("text", ["", "合同", "a" * 500, "9" * 5000])
def test_a_text_that_paper_cannot_carry_is_refused(text):
    with pytest.raises(CodeRefused):
        qr_modules(text)
