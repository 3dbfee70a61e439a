"""A scanned page beside the page that was issued."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printserver.cli.demo.paper import Image, office_scan, rasterise, with_counter_seal, with_handwriting
from printserver.rendering.page_glyphs import Glyph, page_glyphs
from printserver.returns.comparison import DIFFERS, Comparison, Kind, RegionKind, Verdict, compare
from tests.unit.returns.conftest import DPI, SERIAL
from tests.unit.returns.made_pages import contract_lines, issued_copy

LINES = contract_lines(0)


def random(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def printed(tmp_path: Path):
    """Prints other lines under the codes of page 1, as a forger would, and scans that."""

    def print_and_scan(lines: list[str], *, seal: bool = True, dpi: int = DPI, seed: int = 5) -> Image:
        path = tmp_path / "printed.pdf"
        path.write_bytes(issued_copy(SERIAL, [lines], seal=seal))
        return office_scan(rasterise(path, 1, dpi), dpi, random(seed), skew_degrees=-0.8)

    return print_and_scan


def replaced(number: int, old: str, new: str) -> list[str]:
    assert old in LINES[number]
    return [*LINES[:number], LINES[number].replace(old, new, 1), *LINES[number + 1 :]]


def kinds(found: Comparison) -> set[RegionKind]:
    return {region.kind for region in found.regions}


@pytest.mark.parametrize("seed", range(3))
def test_an_unchanged_page_is_the_same(issued_pages: list[Image], seed: int) -> None:
    skew = float(random(seed).uniform(-1.5, 1.5))
    for page in issued_pages:
        found = compare(office_scan(page, DPI, random(seed), skew_degrees=skew), page, DPI)
        assert (found.verdict, found.regions) == (Verdict.SAME, ())
        assert found.score > 0.995


@pytest.mark.parametrize("dpi", [150, 300])
def test_scan_and_issued_page_may_differ_in_resolution(issued_pages: list[Image], printed, dpi: int) -> None:
    assert compare(printed(LINES, dpi=dpi), issued_pages[0], dpi, issued_dpi=DPI).verdict is Verdict.SAME
    changed = printed(replaced(2, LINES[2], contract_lines(77)[0]), dpi=dpi)
    assert compare(changed, issued_pages[0], dpi, issued_dpi=DPI).verdict is Verdict.CHANGED


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_how_the_page_lies_makes_no_difference(issued_pages: list[Image], scanned: Image, turns: int) -> None:
    found = compare(np.ascontiguousarray(np.rot90(scanned, turns)), issued_pages[0], DPI)
    assert found.verdict is Verdict.SAME


@pytest.mark.parametrize(
    "lines",
    [
        replaced(3, LINES[3], contract_lines(78)[0]),
        replaced(5, "CNY", "USD"),
        replaced(1, ".00 CNY", " CNY"),
        LINES[:-1],
        [*LINES[:4], *contract_lines(90, 1), *LINES[4:]],
    ],
    ids=["a line", "a word", "cents dropped", "last line dropped", "line inserted"],
)
def test_changed_text_is_found_where_it_is(issued_pages: list[Image], printed, lines: list[str]) -> None:
    found = compare(printed(lines), issued_pages[0], DPI)
    assert found.verdict is Verdict.CHANGED
    assert kinds(found) & DIFFERS
    assert all(45_000 < region.y_um < 260_000 for region in found.regions if region.kind in DIFFERS)


@pytest.mark.parametrize("digit", [1, 3, 6, 8])
def test_one_changed_digit_never_passes_as_the_same(issued_pages: list[Image], printed, digit: int) -> None:
    position = LINES[6].rindex(",") - 1
    if LINES[6][position] == str(digit):
        digit = (digit + 1) % 10
    line = LINES[6][:position] + str(digit) + LINES[6][position + 1 :]
    found = compare(printed([*LINES[:6], line, *LINES[7:]]), issued_pages[0], DPI)
    assert found.verdict is not Verdict.SAME


def test_counter_seal_and_handwriting_in_empty_places_are_listed_and_change_nothing(issued_pages: list[Image]) -> None:
    signed = with_handwriting(with_counter_seal(issued_pages[0], DPI, random(1)), DPI, random(2))
    found = compare(office_scan(signed, DPI, random(3), skew_degrees=0.5), issued_pages[0], DPI)
    assert found.verdict is Verdict.SAME
    assert kinds(found) == {RegionKind.COUNTER_SEAL, RegionKind.COUNTER_SIGNATURE}
    largest = max(found.regions, key=lambda region: region.h_um)
    assert largest.w_um == pytest.approx(38_000, abs=4000)
    assert largest.h_um == pytest.approx(38_000, abs=4000)


def test_a_red_seal_over_the_text_leaves_the_text_readable(issued_pages: list[Image]) -> None:
    page = issued_pages[0].copy()
    part = np.full((320, 320, 3), 255, np.uint8)
    cv2.circle(part, (160, 160), 150, (40, 30, 205), 12)
    page[700:1020, 400:720] = np.minimum(page[700:1020, 400:720], part)
    found = compare(office_scan(page, DPI, random(3)), issued_pages[0], DPI)
    assert found.verdict is Verdict.SAME


def test_text_added_beside_text_is_for_a_person(issued_pages: list[Image], printed) -> None:
    short = min(range(len(LINES)), key=lambda number: len(LINES[number]))
    found = compare(printed(replaced(short, LINES[short], LINES[short] + " Net.")), issued_pages[0], DPI)
    assert found.verdict is not Verdict.SAME
    assert RegionKind.WRITTEN_ON in kinds(found)


def test_black_ink_over_text_is_for_a_person_or_changed(issued_pages: list[Image]) -> None:
    page = issued_pages[0].copy()
    cv2.line(page, (250, 480), (600, 520), (40, 40, 40), 5)
    found = compare(office_scan(page, DPI, random(3)), issued_pages[0], DPI)
    assert found.verdict is not Verdict.SAME


def test_a_scan_without_the_issued_seal_is_for_a_person(issued_pages: list[Image], printed) -> None:
    found = compare(printed(LINES, seal=False), issued_pages[0], DPI)
    assert found.verdict is Verdict.REVIEW
    assert "seal" in found.reason


def test_grey_and_black_and_white_scans_are_for_a_person(issued_pages: list[Image], scanned: Image) -> None:
    grey = np.asarray(cv2.cvtColor(scanned, cv2.COLOR_BGR2GRAY), np.uint8)
    black = np.where(grey > 128, 255, 0).astype(np.uint8)
    for scan in (grey, black, np.repeat(grey[:, :, None], 3, axis=2)):
        found = compare(scan, issued_pages[0], DPI)
        assert found.verdict is Verdict.REVIEW
        assert "colour" in found.reason


def test_a_coarse_scan_is_for_a_person(issued_pages: list[Image], scanned: Image) -> None:
    small = np.asarray(cv2.resize(scanned, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    found = compare(small, issued_pages[0], 100, issued_dpi=DPI)
    assert (found.verdict, found.score) == (Verdict.REVIEW, 0.0)
    assert "dpi" in found.reason


def test_a_page_of_which_a_part_is_cut_off_is_not_the_same(issued_pages: list[Image], scanned: Image) -> None:
    found = compare(np.ascontiguousarray(scanned[: scanned.shape[0] * 3 // 5]), issued_pages[0], DPI)
    assert found.verdict is Verdict.REVIEW
    assert "cut off" in found.reason


def test_without_readable_codes_the_page_is_laid_over_by_its_look(issued_pages: list[Image], scanned: Image) -> None:
    torn = scanned.copy()
    torn[:360, 1200:] = torn[1990:, :900] = 240
    turned = np.ascontiguousarray(np.rot90(torn, 2))
    assert compare(turned, issued_pages[0], DPI).verdict is Verdict.SAME


@pytest.mark.parametrize("colour", [True, False])
def test_another_text_under_the_right_codes_is_changed_even_in_grey(
    issued_pages: list[Image], printed, colour: bool
) -> None:
    for seed in (50, 51):
        scan = printed(contract_lines(seed))
        grey = np.asarray(cv2.cvtColor(scan, cv2.COLOR_BGR2GRAY), np.uint8)
        found = compare(scan if colour else grey, issued_pages[0], DPI)
        assert found.verdict is Verdict.CHANGED
        assert found.score < 0.9


def test_another_page_and_an_empty_sheet_are_never_the_same(issued_pages: list[Image], scanned: Image) -> None:
    empty = office_scan(np.full_like(scanned, 255), DPI, random(1))
    assert compare(scanned, issued_pages[1], DPI).verdict is not Verdict.SAME
    assert compare(empty, issued_pages[1], DPI).verdict is Verdict.REVIEW


def test_a_page_with_a_single_line_can_be_compared(tmp_path: Path) -> None:
    path = tmp_path / "short.pdf"
    path.write_bytes(issued_copy(SERIAL, [["End of the contract 合同结束"]]))
    page = rasterise(path, 1, DPI)
    assert compare(office_scan(page, DPI, random(1), skew_degrees=1), page, DPI).verdict is Verdict.SAME


@settings(max_examples=15)
@given(st.integers(0, 1 << 32), st.integers(1, 700), st.integers(1, 700), st.sampled_from([1, 3]))
def test_strange_scans_are_for_a_person_and_raise_nothing(seed: int, width: int, height: int, channels: int) -> None:
    noise = random(seed).integers(0, 256, (height, width, channels), np.uint8)
    scan = np.asarray(cv2.blur(noise, (9, 9)) if seed % 2 else noise, np.uint8).reshape(height, width, channels)
    issued = np.full((1170, 827, 3), 255, np.uint8)
    cv2.putText(issued, "issued", (100, 300), cv2.FONT_HERSHEY_SIMPLEX, 3, (0, 0, 0), 5)
    found = compare(scan[:, :, 0] if channels == 1 else scan, issued, 150, issued_dpi=100)
    assert found.verdict is Verdict.REVIEW


def with_picture(page: Image) -> Image:
    """A shaded photograph and a colour wheel in the page's empty lower half."""
    pictured = page.copy()
    height, width = page.shape[:2]
    top, left, side = round(height * 0.62), round(width * 0.3), round(width * 0.18)
    shade = np.tile(np.linspace(30, 220, side, dtype=np.uint8), (side, 1))
    pictured[top : top + side, left : left + side] = shade[:, :, None]
    for turn, colour in enumerate([(200, 60, 20), (40, 180, 60), (180, 40, 200)]):
        middle = (left + 2 * side, top + side // 2)
        cv2.ellipse(pictured, middle, (side // 2, side // 2), 0, turn * 120, turn * 120 + 120, colour, -1)
    return pictured


def test_a_page_with_pictures_is_for_review_and_its_text_is_still_compared(issued_pages: list[Image], printed) -> None:
    page = with_picture(issued_pages[0])
    unchanged = compare(office_scan(page, DPI, random(3)), page, DPI)
    assert (unchanged.verdict, unchanged.regions) == (Verdict.REVIEW, ())
    assert "pictures" in unchanged.reason
    forged = with_picture(printed(replaced(3, LINES[3], contract_lines(78)[0])))
    assert compare(forged, page, DPI).verdict is Verdict.CHANGED


@pytest.mark.parametrize("inset_mm", [0, 4])
def test_the_slice_of_a_straddle_seal_is_part_of_the_issued_page(issued_pages: list[Image], inset_mm: int) -> None:
    """It is no ink that was added, though it stands where nothing else is printed."""
    page, mm = issued_pages[0].copy(), DPI / 25.4
    end = round(page.shape[1] - inset_mm * mm)
    ring = np.full_like(page, 255)
    cv2.circle(ring, (end + round(12 * mm), page.shape[0] // 2), round(19 * mm), (30, 30, 200), round(1.2 * mm))
    start = end - round(8 * mm)
    page[:, start:end] = np.minimum(page[:, start:end], ring[:, start:end])
    found = compare(office_scan(page, DPI, random(3), skew_degrees=0.9), page, DPI)
    assert (found.verdict, found.regions) == (Verdict.SAME, ())


def glyphs_of(path: Path) -> tuple[Glyph, ...]:
    return page_glyphs(path.read_bytes(), 1).glyphs


def test_with_its_characters_one_look_alike_digit_is_changed_text(
    issued_pdf: Path, issued_pages: list[Image], printed
) -> None:
    line = next(number for number, line in enumerate(LINES) if set("5689") & set(line.rpartition(", ")[2]))
    at = max(LINES[line].rfind(digit) for digit in "5689")
    other = {"5": "6", "6": "5", "8": "3", "9": "8"}[LINES[line][at]]
    found = compare(
        printed([*LINES[:line], LINES[line][:at] + other + LINES[line][at + 1 :], *LINES[line + 1 :]]),
        issued_pages[0],
        DPI,
        glyphs=glyphs_of(issued_pdf),
    )
    assert (found.verdict, found.kind) == (Verdict.CHANGED, Kind.CHANGED_TEXT)
    assert [region.kind for region in found.regions] == [RegionKind.CHANGED_TEXT]
    assert found.confidence > 0.5


def test_kind_pose_colour_and_sizes_are_told(issued_pdf: Path, issued_pages: list[Image], scanned: Image) -> None:
    glyphs = glyphs_of(issued_pdf)
    same = compare(scanned, issued_pages[0], DPI, glyphs=glyphs)
    assert (same.verdict, same.kind, same.colour) == (Verdict.SAME, Kind.SAME, True)
    assert same.page_um == same.scan_um == pytest.approx((210_000, 297_000), abs=200)
    assert same.pose is not None
    middle = np.array([[[105_000.0, 148_500.0]]])
    there = cv2.perspectiveTransform(middle, np.array(same.pose).reshape(3, 3))[0, 0]
    assert there == pytest.approx((105_000, 148_500), abs=2_500), "shifted by up to 1.5 mm"
    far = cv2.perspectiveTransform(middle + np.array([80_000.0, 0.0]), np.array(same.pose).reshape(3, 3))[0, 0]
    assert (far - there)[1] / (far - there)[0] == pytest.approx(np.tan(np.radians(1)), abs=0.003), "turned by 1°"
    grey = compare(np.asarray(cv2.cvtColor(scanned, cv2.COLOR_BGR2GRAY), np.uint8), issued_pages[0], DPI, glyphs=glyphs)
    assert (grey.verdict, grey.kind, grey.colour, grey.confidence) == (Verdict.REVIEW, Kind.SAME, False, 0.0)
    other = compare(scanned, issued_pages[1], DPI)
    assert (other.verdict, other.kind) in {(Verdict.CHANGED, Kind.OTHER_PAGE), (Verdict.REVIEW, None)}
