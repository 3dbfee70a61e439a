"""A copy's pages: deterministic, readable by other people's readers, the seal at its place, nothing else touched."""

from __future__ import annotations

import hashlib
import io
import subprocess
from typing import Any

import numpy as np
import pikepdf
import pytest
import zxingcpp
from pikepdf import Array, Dictionary, Name

from printserver.documents.intake import make_safe
from printserver.foundation.serials import CopySerial, PageCode
from printserver.rendering.layout import plan_layout
from printserver.rendering.overlay import (
    CopyMarks,
    LayoutMismatch,
    PlacedSeal,
    SealPlace,
    SealPlaceRefused,
    put_codes,
    render_copy,
)
from printserver.rendering.qr_code import CodeRefused
from printserver.rendering.seal_artwork import draw_company_seal
from printserver.rendering.security_marks import which_copy
from tests.unit.rendering.papers import contract, middle_of_colour, pdf_of, qpdf_is_content, raster

SERIAL = CopySerial(bytes.fromhex("00f1a2b3c4d5e6f70819"))
ARTWORK = draw_company_seal("北京测试印务科技有限公司", "1101080123456")
DIGITS = str(int(hashlib.sha512(b"a code").hexdigest() * 3, 16))[:316]


def code(page: int) -> str:
    return f"https://print.example.cn/q/{page}{DIGITS[1:]}"


def sealed(*places: SealPlace) -> CopyMarks:
    return CopyMarks(SERIAL, 1, 2, (PlacedSeal(ARTWORK, 40_000, 40_000, places),))


@pytest.fixture(scope="module")
def safe():
    return make_safe(contract()).pdf


@pytest.fixture(scope="module")
def layout(safe):
    return plan_layout(safe)


@pytest.fixture(scope="module")
def marks(layout):
    return sealed(SealPlace(1, 110_000, 150_000), SealPlace(len(layout), 130_000, 120_000))


@pytest.fixture(scope="module")
def rendition(safe, layout, marks):
    return render_copy(safe, layout, marks)


@pytest.fixture(scope="module")
def issued(rendition, layout):
    return put_codes(rendition, layout, [code(page.page) for page in layout], 600)


def test_each_page_says_which_paper_it_is_of_or_that_it_is_none():
    assert which_copy(2, 3) == "第 2 份 共 3 份 · Copy 2 of 3"
    assert which_copy(0, 3) == "电子原件，打印件无效 · Electronic original, not valid on paper"


def test_the_same_input_gives_the_same_bytes(safe, layout, marks, rendition, issued):
    assert render_copy(safe, layout, marks) == rendition
    assert put_codes(rendition, layout, [code(page.page) for page in layout], 600) == issued


def test_copies_differ_by_their_serial(safe, layout, marks, rendition):
    other = CopyMarks(CopySerial(bytes(10)), 1, 2, marks.seals)
    assert render_copy(safe, layout, other) != rendition


def test_both_files_are_clean_by_qpdf(rendition, issued, tmp_path):
    assert qpdf_is_content(rendition, tmp_path)
    assert qpdf_is_content(issued, tmp_path)


@pytest.mark.parametrize("dpi", [200, 300])
def test_independent_readers_read_code_and_barcode_of_every_page(issued, layout, tmp_path, dpi):
    for page in layout:
        wanted = {code(page.page), PageCode(SERIAL, page.page).digits()}
        picture = raster(issued, tmp_path, dpi=dpi, page=page.page)
        assert {found.text for found in zxingcpp.read_barcodes(np.asarray(picture))} == wanted
        command = ["zbarimg", "--quiet", "--raw", str(tmp_path / "raster.png")]
        assert set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()) == wanted


def test_without_its_codes_a_rendition_has_no_code_to_read(rendition, tmp_path):
    picture = np.asarray(raster(rendition, tmp_path, dpi=200))
    formats = [str(found.format) for found in zxingcpp.read_barcodes(picture)]
    assert len(formats) == 1
    assert "128" in formats[0]


def test_putting_the_codes_changes_no_pixel_outside_their_place(rendition, issued, layout, tmp_path):
    for page in layout:
        before = np.asarray(raster(rendition, tmp_path, dpi=150, page=page.page))
        after = np.asarray(raster(issued, tmp_path, dpi=150, page=page.page))
        rows, columns = np.nonzero((before != after).any(axis=2))
        x, y = (columns + 0.5) / 150 * 25_400, (rows + 0.5) / 150 * 25_400
        square = page.qr.y_um + page.qr.width_um
        assert rows.size > 1000
        assert (x.min() > page.qr.x_um) and (x.max() < page.qr.right_um)  # noqa: PT018
        assert (y.min() > page.qr.y_um) and (y.max() < square)  # noqa: PT018


def test_the_place_of_the_code_is_white_before(rendition, layout, tmp_path):
    pixels = np.asarray(raster(rendition, tmp_path, dpi=100))
    box = layout[0].qr
    rows = slice(box.y_um * 100 // 25_400 + 1, (box.y_um + box.width_um) * 100 // 25_400)
    assert (pixels[rows, box.x_um * 100 // 25_400 + 1 : box.right_um * 100 // 25_400] == 255).all()


def test_the_seal_is_multiplied_so_that_the_text_below_it_stays(safe, layout, tmp_path):
    spot = SealPlace(1, 110_000, 150_000)
    bare = np.asarray(raster(render_copy(safe, layout, CopyMarks(SERIAL, 1, 2, ())), tmp_path, dpi=150)).astype(int)
    with_seal = np.asarray(raster(render_copy(safe, layout, sealed(spot)), tmp_path, dpi=150)).astype(int)
    dark = bare[..., 0] < 60
    assert (with_seal[..., 0][dark] <= 75).all()


CASES: dict[str, Any] = {
    "plain": Dictionary(),
    "turned": Dictionary(Rotate=90),
    "upside down": Dictionary(Rotate=180),
    "turned left": Dictionary(Rotate=270),
    "cropped": Dictionary(CropBox=Array([50, 100, 500, 700])),
    "cropped and turned": Dictionary(CropBox=Array([50, 100, 500, 700]), Rotate=270),
    "negative origin": Dictionary(MediaBox=Array([-100, -150, 495.276, 691.89])),
    "large": Dictionary(MediaBox=Array([0, 0, 1190.551, 841.89])),
    "in larger units": Dictionary(MediaBox=Array([0, 0, 396.85, 561.26]), UserUnit=1.5),
}


@pytest.mark.parametrize("case", CASES)
def test_the_seal_stands_where_it_was_placed(case, tmp_path):
    """A green square of the document marks the place; content and seal move together."""
    content = b"0 1 0 rg 250 350 20 20 re f 3 0 0 3 7 7 cm 1 0 0 1 rg"
    safe = make_safe(pdf_of(CASES[case], content=content)).pdf
    x, y = middle_of_colour(raster(safe, tmp_path, dpi=144), dpi=144, red=False)
    place = SealPlace(1, round(x * 1000), round(y * 1000))
    layout = plan_layout(safe)
    copy = render_copy(safe, layout, sealed(place))
    picture = raster(copy, tmp_path, dpi=144)
    expected = [at / 1000 for at in layout[0].content.apply(place.x_um, place.y_um)]
    assert middle_of_colour(picture, dpi=144, red=True) == pytest.approx(expected, abs=0.25)


def test_content_that_leaves_its_graphics_state_changed_does_not_move_the_marks(tmp_path):
    safe = make_safe(pdf_of(Dictionary(), content=b"q q 0.1 0 0 0.1 300 300 cm 0 1 0 rg 5 Tr 0 0 1 1 re W n")).pdf
    picture = raster(render_copy(safe, plan_layout(safe), sealed(SealPlace(1, 100_000, 150_000))), tmp_path, dpi=100)
    assert middle_of_colour(picture, dpi=100, red=True) == pytest.approx((100, 150), abs=0.3)


def test_a_test_copy_says_so_across_the_page(safe, layout, marks, tmp_path):
    tested = CopyMarks(marks.serial, marks.number, marks.copies, marks.seals, test=True)
    valid = np.asarray(raster(render_copy(safe, layout, marks), tmp_path, dpi=60))
    test = np.asarray(raster(render_copy(safe, layout, tested), tmp_path, dpi=60))
    assert (valid != test).any(axis=2).mean() > 0.01


def test_the_seal_is_stored_once_however_often_it_is_used(safe, layout):
    many = tuple(SealPlace(page, 40_000 + 42_000 * column, 150_000) for page in (1, 2) for column in range(3))
    once, often = render_copy(safe, layout, sealed(many[0])), render_copy(safe, layout, sealed(*many))
    assert len(often) - len(once) < 1_000


def test_nothing_is_rendered_for_a_seal_in_a_wrong_place(safe, layout):
    with pytest.raises(SealPlaceRefused):
        render_copy(safe, layout, sealed(SealPlace(99, 1, 1)))


def test_a_layout_of_another_document_is_refused(safe, layout, marks, rendition):
    with pytest.raises(LayoutMismatch):
        render_copy(safe, layout[:1], sealed(SealPlace(1, 100_000, 150_000)))
    with pytest.raises(LayoutMismatch):
        render_copy(safe, tuple(reversed(layout)), marks)
    with pytest.raises(LayoutMismatch):
        put_codes(rendition, layout, [code(1)], 600)
    with pytest.raises(CodeRefused):
        put_codes(rendition, layout, ["" for _ in layout], 600)


def test_the_issued_pages_refer_to_nothing_but_what_draws_them(issued):
    with pikepdf.open(io.BytesIO(issued)) as pdf:
        assert set(pdf.Root.keys()) == {"/Type", "/Pages"}
        assert all(page.get("/Type") == Name.Page and "/Annots" not in page for page in pdf.pages)
