"""Which copy and page a scanned page is."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from printserver.cli.demo.paper import Image, office_scan, rasterise
from printserver.foundation.serials import PageCode
from printserver.returns.matching import (
    Evidence,
    FoundCode,
    PageCodes,
    Rung,
    completeness,
    every_code,
    find_codes,
    identify_page,
    upright,
)
from tests.unit.returns.conftest import DPI, SERIAL
from tests.unit.returns.made_pages import contract_lines, issued_copy, read_unsigned, verification_text

PAGE_1 = PageCode(SERIAL, 1)
NOWHERE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def without_qr(page: Image) -> Image:
    """A page whose QR corner is torn off."""
    torn = page.copy()
    torn[: page.shape[0] // 6, page.shape[1] * 2 // 3 :] = 255
    return torn


def paper(seed: int, dpi: int = DPI) -> Image:
    """An empty sheet on the scanner."""
    sheet = np.full((round(297 / 25.4 * dpi), round(210 / 25.4 * dpi), 3), 255, np.uint8)
    return office_scan(sheet, dpi, np.random.default_rng(seed))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_page_is_read_however_it_lies_and_can_be_turned_upright(scanned: Image, rotation: int) -> None:
    lying = np.ascontiguousarray(np.rot90(scanned, -rotation // 90))
    codes = find_codes(lying, DPI)
    assert codes.qr_texts == (verification_text(SERIAL, 1),)
    assert codes.rotation == rotation
    assert np.array_equal(upright(lying, rotation), scanned)


@pytest.mark.parametrize("skew", [-7.0, -3.0, 3.0, 7.0])
def test_a_skewed_page_is_read(issued_pages: list[Image], skew: float) -> None:
    scan = office_scan(issued_pages[1], DPI, np.random.default_rng(1), skew_degrees=skew)
    codes = find_codes(scan, DPI)
    assert identify_page(codes, read_unsigned).code == PageCode(SERIAL, 2)
    assert codes.rotation == 0


@pytest.mark.parametrize("dpi", [150, 200, 300])
def test_the_cheap_reading_suffices_for_an_ordinary_scan(issued_pdf: Path, dpi: int) -> None:
    scan = office_scan(rasterise(issued_pdf, 3, dpi), dpi, np.random.default_rng(2), skew_degrees=-1.0)
    assert find_codes(scan, dpi).rung is Rung.QR_CORNER_GREY


def test_the_resolution_may_be_left_out_for_a4_and_the_image_may_be_grey(scanned: Image) -> None:
    grey = cv2.cvtColor(scanned, cv2.COLOR_BGR2GRAY)
    assert find_codes(np.asarray(grey, np.uint8)).qr_texts == (verification_text(SERIAL, 1),)


def test_a_red_seal_over_the_code_vanishes_in_the_red_channel(scanned: Image) -> None:
    stamped = scanned.copy()
    x, y = (round(axis / 25.4 * DPI) for axis in (210 - 26, 26))
    over = stamped.copy()
    for radius in range(2, 20, 3):
        cv2.circle(over, (x, y), round(radius / 25.4 * DPI), (30, 20, 150), 12)
    stamped = np.minimum(stamped, np.where(over == scanned, 255, over)).astype(np.uint8)
    stamped[:, :, 2] = scanned[:, :, 2]
    codes = find_codes(stamped, DPI)
    assert codes.qr_texts == (verification_text(SERIAL, 1),)
    assert codes.rung is Rung.QR_CORNER_RED


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_codes_place_begins_at_the_upright_codes_top_left(issued_pages: list[Image], turns: int) -> None:
    for code in every_code(np.ascontiguousarray(np.rot90(issued_pages[0], -turns))):
        top, side = np.subtract(code.quad[1], code.quad[0]), np.subtract(code.quad[3], code.quad[0])
        for _ in range(turns):
            top, side = np.array([top[1], -top[0]]), np.array([side[1], -side[0]])
        assert top[0] > 100 > abs(top[1])
        assert side[1] > 40 > abs(side[0])


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_with_its_qr_torn_off_a_page_is_known_by_the_code_128(scanned: Image, turns: int) -> None:
    codes = find_codes(np.ascontiguousarray(np.rot90(without_qr(scanned), -turns)), DPI)
    assert codes.qr_texts == ()
    assert identify_page(codes, read_unsigned).code == PAGE_1
    assert identify_page(codes, read_unsigned).evidence is Evidence.CODE_128
    assert codes.rotation == turns * 90


def test_with_its_code_128_torn_off_a_page_is_known_by_the_qr(scanned: Image) -> None:
    torn = scanned.copy()
    torn[scanned.shape[0] * 5 // 6 :] = 255
    assert identify_page(find_codes(torn, DPI), read_unsigned).evidence is Evidence.QR


@pytest.mark.parametrize("seed", range(5))
def test_a_blank_back_costs_no_full_reading(seed: int) -> None:
    codes = find_codes(paper(seed), DPI)
    assert codes.blank
    assert codes.codes == ()


def test_a_back_with_the_front_shining_through_is_blank(scanned: Image) -> None:
    front = cv2.GaussianBlur(np.fliplr(scanned).astype(np.float32), (0, 0), 2.5)
    through = paper(3).astype(np.float32)[: front.shape[0], : front.shape[1]]
    back = np.clip(through - (255 - front[: through.shape[0]]) * 0.12, 0, 255).astype(np.uint8)
    assert find_codes(back, DPI).blank


def test_a_page_of_text_without_codes_is_unread_but_not_blank() -> None:
    pdf = issued_copy(SERIAL, [contract_lines(4)], seal=False, codes=False)
    codes = find_codes(_only_page(pdf), DPI)
    assert codes.rung is Rung.UNREAD
    assert codes.rotation is None


def test_foreign_barcodes_are_ignored_and_do_not_hide_ours(scanned: Image) -> None:
    page = scanned.copy()
    for text, kind, x, y in (
        ("https://example.com/menu", zxingcpp.BarcodeFormat.QRCode, 60, 60),
        ("http://127.0.0.1:8080/q/123", zxingcpp.BarcodeFormat.QRCode, 400, 60),
        ("PARCEL-0815", zxingcpp.BarcodeFormat.Code128, 900, 2000),
        ("12345678901234567890123456789012", zxingcpp.BarcodeFormat.Code128, 500, 700),
    ):
        code = np.array(zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(text, kind), scale=3))
        height, width = min(code.shape[0], 150), code.shape[1]
        page[y : y + height, x : x + width] = code[:height, :, None]
    assert [code.text for code in find_codes(page, DPI).codes] == [verification_text(SERIAL, 1)]
    foreign = without_qr(page)
    foreign[scanned.shape[0] * 5 // 6 :] = 255
    assert find_codes(foreign, DPI).codes == ()


def test_every_code_of_a_clean_page_is_found_with_its_place(issued_pages: list[Image]) -> None:
    qr, bars = sorted(every_code(issued_pages[0]), key=lambda code: not code.is_qr)
    assert (qr.text, bars.text) == (verification_text(SERIAL, 1), PAGE_1.digits())
    side = np.linalg.norm(np.subtract(qr.quad[1], qr.quad[0])) / DPI * 25.4
    assert side == pytest.approx(28, abs=0.5)
    assert qr.quad[0][0] > bars.quad[0][0]


def test_code_places_on_an_enlarged_reading_are_those_of_the_page(issued_pages: list[Image]) -> None:
    small = np.asarray(cv2.resize(issued_pages[0], None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA), np.uint8)
    here, there = find_codes(small, DPI * 0.3), find_codes(issued_pages[0], DPI)
    assert (here.rung, there.rung) == (Rung.QR_CORNER_DOUBLED, Rung.QR_CORNER_GREY)
    assert np.array(here.codes[0].quad) / 0.3 == pytest.approx(np.array(there.codes[0].quad), abs=6)


def test_the_signed_qr_wins_over_a_different_code_128() -> None:
    codes = page_codes(qr=[verification_text(SERIAL, 2)], bars=[PAGE_1])
    assert identify_page(codes, read_unsigned).code == PageCode(SERIAL, 2)
    assert identify_page(codes, read_unsigned).evidence is Evidence.QR


def test_agreeing_codes_are_the_best_evidence() -> None:
    codes = page_codes(qr=[verification_text(SERIAL, 1)], bars=[PAGE_1])
    assert identify_page(codes, read_unsigned).evidence is Evidence.AGREEMENT


def test_a_forged_qr_leaves_the_code_128() -> None:
    codes = page_codes(qr=[verification_text(SERIAL, 2)], bars=[PAGE_1])
    identity = identify_page(codes, lambda text: None)
    assert (identity.code, identity.evidence) == (PAGE_1, Evidence.CODE_128)


@pytest.mark.parametrize("signed", [True, False])
def test_two_different_answers_of_equal_weight_are_none(signed: bool) -> None:
    texts = [verification_text(SERIAL, 1), verification_text(SERIAL, 2)]
    codes = page_codes(qr=texts) if signed else page_codes(bars=[PAGE_1, PageCode(SERIAL, 2)])
    assert identify_page(codes, read_unsigned).code is None
    assert identify_page(codes, read_unsigned).evidence is Evidence.CONFLICT


def test_a_page_without_codes_is_nothing() -> None:
    assert identify_page(PageCodes(Rung.UNREAD), read_unsigned).evidence is Evidence.NONE


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 90), st.integers(1, 90), st.sampled_from([1, 3]))))
def test_strange_images_yield_no_code_and_no_error(image: Image) -> None:
    codes = find_codes(np.squeeze(image, 2) if image.shape[2] == 1 else image, 72)
    assert codes.codes == ()


@given(st.binary(min_size=1, max_size=120))
def test_a_qr_of_any_bytes_is_foreign_and_ends_nothing(content: bytes) -> None:
    code = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode)
    image = np.pad(np.array(zxingcpp.write_barcode_to_image(code, scale=4)), 40, constant_values=255)
    assert find_codes(image, 200).codes == ()


def test_all_pages_once_in_order_are_complete() -> None:
    found = completeness(3, [1, 2, 3])
    assert found.complete
    assert found.in_order


def test_missing_doubled_and_unexpected_pages_are_named() -> None:
    found = completeness(4, [4, 1, 1, 9])
    assert (found.missing, found.doubled, found.unexpected) == ((2, 3), (1,), (9,))
    assert not found.complete
    assert not found.in_order


def test_nothing_found_is_not_complete_and_a_copy_without_pages_is_refused() -> None:
    assert not completeness(2, []).complete
    with pytest.raises(ValueError, match="at least one page"):
        completeness(0, [])


@given(st.integers(1, 12), st.lists(st.integers(-2, 15), max_size=30))
def test_a_copy_is_complete_exactly_when_the_found_pages_are_its_pages(pages: int, found: list[int]) -> None:
    answer = completeness(pages, found)
    assert answer.complete == (set(found) == set(range(1, pages + 1)))
    assert set(answer.missing).isdisjoint(found)
    assert len(found) == len(set(found)) or answer.doubled


def page_codes(qr: list[str] | None = None, bars: list[PageCode] | None = None) -> PageCodes:
    found = [FoundCode(text, True, NOWHERE, 0) for text in qr or []]
    return PageCodes(Rung.PAGE_GREY, (*found, *(FoundCode(code.digits(), False, NOWHERE, 0) for code in bars or [])))


def _only_page(pdf: bytes) -> Image:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return np.array(document[0].render(scale=DPI / 72).to_numpy()[:, :, :3], np.uint8)
    finally:
        document.close()
