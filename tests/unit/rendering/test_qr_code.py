"""The symbol says what it was given, at the promised size."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from printserver.rendering.dot_grid import INSET_DOTS, DotGrid, DotsMalformed
from printserver.rendering.drawing import VectorCanvas
from printserver.rendering.qr_code import BOX_UM, CodeRefused, draw_qr_code, module_dots, qr_modules
from tests.unit.rendering.papers import canvas_content


def read(modules: tuple[tuple[bool, ...], ...]) -> list[str]:
    picture = np.where(np.array(modules), 0, 255).astype(np.uint8)
    picture = np.pad(np.kron(picture, np.ones((6, 6), np.uint8)), 24, constant_values=255)
    return [found.text for found in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)]


def drawn(
    modules: tuple[tuple[bool, ...], ...], grid: DotGrid, left_um: int = 165_700, bottom_um: int = 252_700
) -> str:
    canvas = VectorCanvas()
    grid.lay_on(canvas)
    draw_qr_code(canvas, modules, grid, left_um=left_um, bottom_um=bottom_um)
    return canvas_content(canvas)


def ink(content: str, dpi: int) -> tuple[npt.NDArray[np.float64], float]:
    """Corners of the outlines in dots from the page's bottom-left corner, and how far ink is set in."""
    outer, inner = (
        [float(number) for number in found]
        for found in re.findall(r"([-.\d]+) ([-.\d]+) ([-.\d]+) ([-.\d]+) ([-.\d]+) ([-.\d]+) cm", content)
    )
    assert outer == pytest.approx([72 / dpi, 0, 0, 72 / dpi, 0, 0], abs=1e-9)
    assert (inner[0], inner[3]) == (INSET_DOTS, -INSET_DOTS)
    corners = np.array([[int(x), int(y)] for x, y in re.findall(r"(-?\d+) (-?\d+) [ml]\b", content)])
    return corners * [inner[0], inner[3]] + inner[4:], INSET_DOTS


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
    assert drawn(modules, DotGrid(600)) == drawn(modules, DotGrid(600))


@settings(max_examples=12)
@given(
    st.sampled_from([150, 200, 300, 400, 600, 720, 1200]),
    st.integers(12_000, 250_000),
    st.integers(12_000, 250_000),
    st.from_regex(r"[0-9]{1,316}", fullmatch=True),
)
def test_every_module_is_the_same_number_of_whole_dots_wherever_the_code_stands(dpi, left_um, bottom_um, digits):
    modules, grid = qr_modules("https://print.example.cn/q/" + digits), DotGrid(dpi)
    module, dot_um = module_dots(53, grid), 25_400 / dpi
    corners, inset = ink(drawn(modules, grid, left_um, bottom_um), dpi)
    nearest = np.round(corners)
    assert np.allclose(np.abs(corners - nearest), inset)
    start = nearest.min(axis=0)
    assert np.all((nearest - start) % module == 0)
    assert tuple(nearest.max(axis=0) - start) == (53 * module, 53 * module)
    assert 450 <= module * dot_um <= 28_000 / 53 + 2
    quiet = 4 * module * dot_um - dot_um
    assert np.all(start * dot_um >= [left_um + quiet, bottom_um + quiet])
    assert np.all(nearest.max(axis=0) * dot_um <= [left_um + BOX_UM - quiet, bottom_um + BOX_UM - quiet])


@pytest.mark.parametrize(("dpi", "side_um"), [(300, 26_924), (600, 26_924), (720, 28_046), (1200, 28_046)])
def test_the_code_is_as_near_to_28_mm_as_whole_dots_and_the_quiet_zone_allow(dpi, side_um):
    grid = DotGrid(dpi)
    assert round(grid.length_um(53 * module_dots(53, grid))) == side_um


def test_a_code_that_would_have_too_small_modules_at_a_resolution_is_refused():
    larger = qr_modules("https://print.example.cn/q/" + "7" * 700)
    assert module_dots(len(larger), DotGrid(1200)) == 19
    with pytest.raises(CodeRefused):
        module_dots(len(larger), DotGrid(300))


@pytest.mark.parametrize("dpi", [0, 99, 4801, 600.0, True])
def test_no_engine_has_such_dots(dpi):
    with pytest.raises(DotsMalformed):
        DotGrid(dpi)


@pytest.mark.parametrize("text", ["", "合同", "a" * 500, "9" * 5000])
def test_a_text_that_paper_cannot_carry_is_refused(text):
    with pytest.raises(CodeRefused):
        qr_modules(text)
