"""A scanned page beside the page that was issued."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from printserver.cli.demo.paper import Image, office_scan
from printserver.rendering.page_glyphs import page_glyphs
from printserver.rendering.page_layout import Box
from printserver.rendering.straddle import SeamSlice
from printserver.returns.comparison import DIFFERS, Comparison, Kind, RegionKind, Verdict, compare
from tests.unit.returns.conftest import DPI
from tests.unit.returns.made_pages import contract_lines, issued_copy
from tests.unit.returns.small_pages import LINES, SERIAL, drawn, small_page

MM = DPI / 25.4
PEN = (45, 45, 45)


def random(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def page() -> Image:
    """As issued, at 200 dpi."""
    return drawn(small_page(), DPI)


@pytest.fixture(scope="module")
def scanned(page: Image) -> Image:
    return office_scan(page, DPI, random(7), skew_degrees=1.0)


def printed(lines: list[str], *, seal: bool = True, dpi: int = DPI, seed: int = 5) -> Image:
    """Other lines under the codes of the page, as a forger would print them, scanned."""
    return office_scan(drawn(small_page(tuple(lines), seal=seal), dpi), dpi, random(seed), skew_degrees=-0.8)


def replaced(number: int, old: str, new: str) -> list[str]:
    assert old in LINES[number]
    return [*LINES[:number], LINES[number].replace(old, new, 1), *LINES[number + 1 :]]


def kinds(found: Comparison) -> set[RegionKind]:
    return {region.kind for region in found.regions}


def grey_of(scan: Image) -> Image:
    return np.asarray(cv2.cvtColor(scan, cv2.COLOR_BGR2GRAY), np.uint8)


def test_an_unchanged_page_is_the_same(issued_pages: list[Image], page: Image) -> None:
    whole = issued_pages[1]
    for seed, each in ((0, whole), (1, page), (2, page)):
        skew = float(random(seed).uniform(-1.5, 1.5))
        found = compare(office_scan(each, DPI, random(seed), skew_degrees=skew), each, DPI)
        assert (found.verdict, found.regions) == (Verdict.SAME, ())
        assert found.score > 0.995


@pytest.mark.parametrize("dpi", [150, 300])
def test_scan_and_issued_page_may_differ_in_resolution(page: Image, dpi: int) -> None:
    assert compare(printed([*LINES], dpi=dpi), page, dpi, issued_dpi=DPI).verdict is Verdict.SAME
    changed = printed(replaced(2, LINES[2], contract_lines(77)[0]), dpi=dpi)
    assert compare(changed, page, dpi, issued_dpi=DPI).verdict is Verdict.CHANGED


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_how_the_page_lies_makes_no_difference(page: Image, scanned: Image, turns: int) -> None:
    assert compare(np.ascontiguousarray(np.rot90(scanned, turns)), page, DPI).verdict is Verdict.SAME


@pytest.mark.parametrize(
    "lines",
    [
        replaced(3, LINES[3], contract_lines(78)[0]),
        replaced(4, "CNY", "USD"),
        replaced(1, ".00 CNY", " CNY"),
        [*LINES[:-1]],
        [*LINES[:2], *contract_lines(90, 1), *LINES[2:]],
    ],
    ids=["a line", "a word", "cents dropped", "last line dropped", "line inserted"],
)
def test_changed_text_is_found_where_it_is(page: Image, lines: list[str]) -> None:
    found = compare(printed(lines), page, DPI)
    assert found.verdict is Verdict.CHANGED
    assert kinds(found) & DIFFERS
    assert all(40_000 < region.y_um < 130_000 for region in found.regions if region.kind in DIFFERS)


@pytest.mark.parametrize("digit", [1, 3, 6, 8])
def test_one_changed_digit_never_passes_as_the_same(page: Image, digit: int) -> None:
    position = LINES[3].rindex(",") - 1
    if LINES[3][position] == str(digit):
        digit = (digit + 1) % 10
    line = LINES[3][:position] + str(digit) + LINES[3][position + 1 :]
    assert compare(printed([*LINES[:3], line, *LINES[4:]]), page, DPI).verdict is not Verdict.SAME


def stroke(page: Image, *corners: tuple[float, float], width_mm: float = 0.5) -> Image:
    """Straight strokes of a black pen; corners in millimetres."""
    inked = page.copy()
    points = np.array([[round(x * MM), round(y * MM)] for x, y in corners], np.int32)
    cv2.polylines(inked, [points], isClosed=False, color=PEN, thickness=round(width_mm * MM), lineType=cv2.LINE_AA)
    return inked


def test_counter_seal_and_handwriting_in_empty_places_are_listed_and_change_nothing(page: Image) -> None:
    inked = page.copy()
    middle = (round(112 * MM), round(119 * MM))
    cv2.circle(inked, middle, round(11 * MM), (48, 36, 205), round(1.2 * MM), cv2.LINE_AA)
    along = np.linspace(0, 40, 200)
    written = np.stack([20 + along, 118 + 4 * np.sin(along)], 1)
    inked = stroke(inked, *map(tuple, written.tolist()))
    found = compare(office_scan(inked, DPI, random(3), skew_degrees=0.5), page, DPI)
    assert found.verdict is Verdict.SAME
    assert kinds(found) == {RegionKind.COUNTER_SEAL, RegionKind.COUNTER_SIGNATURE}
    seal = next(region for region in found.regions if region.kind is RegionKind.COUNTER_SEAL)
    assert [seal.w_um, seal.h_um] == pytest.approx([23_000, 23_000], abs=2_000)


@pytest.mark.parametrize(
    "corners",
    [
        ((20, 128), (100, 112)),
        ((30, 118), (42, 118.5)),
        ((8, 50), (8.5, 100)),
        ((20, 112), (90, 112), (20, 127), (90, 127)),
    ],
    ids=["aslant", "short and level", "in the margin", "there and back"],
)
def test_a_line_drawn_in_an_empty_place_is_written_on(page: Image, corners: tuple[tuple[float, float], ...]) -> None:
    found = compare(office_scan(stroke(page, *corners), DPI, random(3), skew_degrees=0.7), page, DPI)
    assert (found.verdict, found.kind) == (Verdict.REVIEW, Kind.WRITTEN_ON)
    assert kinds(found) == {RegionKind.WRITTEN_ON}
    assert "line" in found.reason


def test_a_streak_and_a_fold_over_the_whole_sheet_are_no_lines(page: Image) -> None:
    scan = office_scan(page, DPI, random(3), skew_degrees=0.7).copy()
    scan[:, round(141 * MM) : round(141.3 * MM)] //= 3
    away = np.arange(scan.shape[0])[:, None] - 120 * MM - 0.01 * np.arange(scan.shape[1])
    scan = np.asarray(scan * (1 - 0.6 * np.exp(-((away / (0.3 * MM)) ** 2)))[:, :, None], np.uint8)
    found = compare(scan, page, DPI)
    assert (found.verdict, found.regions) == (Verdict.SAME, ())


def test_a_red_seal_over_the_text_leaves_the_text_readable(page: Image) -> None:
    inked, ring = page.copy(), np.full_like(page, 255)
    cv2.circle(ring, (round(60 * MM), round(70 * MM)), round(19 * MM), (40, 30, 205), 12)
    found = compare(office_scan(np.minimum(inked, ring), DPI, random(3)), page, DPI)
    assert found.verdict is Verdict.SAME


def test_text_added_beside_text_is_for_a_person(page: Image) -> None:
    found = compare(printed(replaced(1, LINES[1], LINES[1] + " Net.")), page, DPI)
    assert found.verdict is not Verdict.SAME
    assert RegionKind.WRITTEN_ON in kinds(found)


def test_black_ink_over_text_is_for_a_person_or_changed(page: Image) -> None:
    found = compare(office_scan(stroke(page, (20, 58), (70, 62), width_mm=0.7), DPI, random(3)), page, DPI)
    assert found.verdict is not Verdict.SAME


def test_a_scan_without_the_issued_seal_is_for_a_person(page: Image) -> None:
    found = compare(printed([*LINES], seal=False), page, DPI)
    assert found.verdict is Verdict.REVIEW
    assert "seal" in found.reason


def test_grey_and_black_and_white_scans_are_for_a_person(page: Image, scanned: Image) -> None:
    grey = grey_of(scanned)
    black = np.where(grey > 128, 255, 0).astype(np.uint8)
    for scan in (black, np.repeat(grey[:, :, None], 3, axis=2)):
        found = compare(scan, page, DPI)
        assert found.verdict is Verdict.REVIEW
        assert "colour" in found.reason


def test_a_coarse_scan_is_for_a_person(page: Image, scanned: Image) -> None:
    small = np.asarray(cv2.resize(scanned, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    found = compare(small, page, 100, issued_dpi=DPI)
    assert (found.verdict, found.score) == (Verdict.REVIEW, 0.0)
    assert "dpi" in found.reason


def test_a_page_of_which_a_part_is_cut_off_is_not_the_same(page: Image, scanned: Image) -> None:
    found = compare(np.ascontiguousarray(scanned[: scanned.shape[0] * 3 // 5]), page, DPI)
    assert found.verdict is Verdict.REVIEW
    assert "cut off" in found.reason


def test_without_readable_codes_the_page_is_laid_over_by_its_look(page: Image, scanned: Image) -> None:
    torn = scanned.copy()
    torn[: round(39 * MM), round(105 * MM) :] = torn[round(132 * MM) :, : round(90 * MM)] = 240
    assert compare(np.ascontiguousarray(np.rot90(torn, 2)), page, DPI).verdict is Verdict.SAME


@pytest.mark.parametrize("colour", [True, False])
def test_another_text_under_the_right_codes_is_changed_even_in_grey(page: Image, colour: bool) -> None:
    scan = printed(contract_lines(50, 5))
    found = compare(scan if colour else grey_of(scan), page, DPI)
    assert found.verdict is Verdict.CHANGED
    assert found.score < 0.9


def test_another_page_and_an_empty_sheet_are_never_the_same(page: Image, scanned: Image) -> None:
    other = drawn(small_page(tuple(contract_lines(1, 5)), page=2), DPI)
    empty = office_scan(np.full_like(scanned, 255), DPI, random(1))
    found = compare(scanned, other, DPI)
    assert (found.verdict, found.kind) in {(Verdict.CHANGED, Kind.OTHER_PAGE), (Verdict.REVIEW, None)}
    assert compare(empty, other, DPI).verdict is Verdict.REVIEW


def test_a_whole_page_with_a_single_line_can_be_compared() -> None:
    page = drawn(issued_copy(SERIAL, [["End of the contract 合同结束"]]), DPI)
    assert compare(office_scan(page, DPI, random(1), skew_degrees=1), page, DPI).verdict is Verdict.SAME


@settings(max_examples=15)
@given(st.integers(0, 1 << 32), st.integers(1, 700), st.integers(1, 700), st.sampled_from([1, 3]))
def test_strange_scans_are_for_a_person_and_raise_nothing(seed: int, width: int, height: int, channels: int) -> None:
    noise = random(seed).integers(0, 256, (height, width, channels), np.uint8)
    scan = np.asarray(cv2.blur(noise, (9, 9)) if seed % 2 else noise, np.uint8).reshape(height, width, channels)
    issued = np.full((500, 400, 3), 255, np.uint8)
    cv2.putText(issued, "issued", (40, 200), cv2.FONT_HERSHEY_SIMPLEX, 3, (0, 0, 0), 5)
    found = compare(scan[:, :, 0] if channels == 1 else scan, issued, 150, issued_dpi=100)
    assert found.verdict is Verdict.REVIEW


def with_picture(page: Image) -> Image:
    """A shaded photograph and a colour wheel in the page's empty lower part."""
    pictured = page.copy()
    top, left, side = round(110 * MM), round(20 * MM), round(20 * MM)
    shade = np.tile(np.linspace(30, 220, side, dtype=np.uint8), (side, 1))
    pictured[top : top + side, left : left + side] = shade[:, :, None]
    for turn, colour in enumerate([(200, 60, 20), (40, 180, 60), (180, 40, 200)]):
        middle = (left + 3 * side, top + side // 2)
        cv2.ellipse(pictured, middle, (side // 2, side // 2), 0, turn * 120, turn * 120 + 120, colour, -1)
    return pictured


def test_a_page_with_pictures_is_for_review_and_its_text_is_still_compared(page: Image) -> None:
    pictured = with_picture(page)
    unchanged = compare(office_scan(pictured, DPI, random(3)), pictured, DPI)
    assert (unchanged.verdict, unchanged.regions) == (Verdict.REVIEW, ())
    assert "pictures" in unchanged.reason
    forged = with_picture(printed(replaced(3, LINES[3], contract_lines(78)[0])))
    assert compare(forged, pictured, DPI).verdict is Verdict.CHANGED


def sliced(page: Image, colour: tuple[int, int, int], inset_mm: float = 0, middle_mm: float = 122) -> Image:
    """The left 8 mm of a seal of 24 mm, ended that far from the page's right edge."""
    end, ring, inked = round(page.shape[1] - inset_mm * MM), np.full_like(page, 255), page.copy()
    cv2.circle(ring, (end + round(4 * MM), round(middle_mm * MM)), round(11.5 * MM), colour, round(1 * MM))
    start = end - round(8 * MM)
    inked[:, start:end] = np.minimum(inked[:, start:end], ring[:, start:end])
    return inked


@pytest.mark.parametrize("inset_mm", [0, 4])
def test_the_slice_of_an_issued_seal_is_no_ink_that_was_added_and_is_found_again_even_without_colour(
    page: Image, inset_mm: int
) -> None:
    issued = sliced(page, (30, 30, 200), inset_mm)
    scan = office_scan(issued, DPI, random(3), skew_degrees=0.9)
    found = compare(scan, issued, DPI)
    assert (found.verdict, found.regions) == (Verdict.SAME, ())
    place = SeamSlice(Box(142_000 - inset_mm * 1_000, 110_000, 8_000, 24_000), from_top=False)
    grey = grey_of(scan)
    for seen in (scan, grey, np.where(grey > 150, 255, 0).astype(np.uint8)):
        (slice_of_it,) = (each for each in compare(seen, issued, DPI, slices=[place]).regions if each.edge)
        assert (slice_of_it.kind, slice_of_it.edge) == (RegionKind.ISSUED_STRADDLE, "right")
        assert slice_of_it.x_um == pytest.approx(place.box.x_um, abs=200)
    bare = compare(office_scan(page, DPI, random(3)), issued, DPI, slices=[place])
    assert RegionKind.ISSUED_STRADDLE not in kinds(bare)


def test_both_slices_of_a_page_that_two_groups_share_are_found_and_the_one_that_is_gone_is_not(page: Image) -> None:
    issued = sliced(sliced(page, (30, 30, 200)), (30, 30, 200), middle_mm=96)
    places = [SeamSlice(Box(142_000, at_um - 12_000, 8_000, 24_000), from_top=False) for at_um in (122_000, 96_000)]
    whole = compare(office_scan(issued, DPI, random(3)), issued, DPI, slices=places)
    assert (whole.verdict, [each.kind for each in whole.regions]) == (Verdict.SAME, [RegionKind.ISSUED_STRADDLE] * 2)
    assert [each.y_um for each in whole.regions] == pytest.approx([110_000, 84_000], abs=200)
    half = compare(office_scan(sliced(page, (30, 30, 200)), DPI, random(3)), issued, DPI, slices=places)
    assert [each.y_um for each in half.regions if each.edge] == pytest.approx([110_000], abs=200)


def test_the_slice_of_a_black_seal_over_the_edge_is_found_in_colour_and_in_grey(page: Image) -> None:
    scan = office_scan(sliced(page, PEN), DPI, random(3), skew_degrees=0.9)
    for seen in (scan, grey_of(scan)):
        (found,) = (each for each in compare(seen, page, DPI).regions if each.kind is RegionKind.STRADDLE)
        assert found.x_um + found.w_um == pytest.approx(150_000, abs=200)
        assert found.h_um == pytest.approx(23_000, abs=2_500)


def test_with_its_characters_one_look_alike_digit_is_changed_text(page: Image) -> None:
    at = LINES[0].rindex("5,")
    line = LINES[0][:at] + "6" + LINES[0][at + 1 :]
    glyphs = page_glyphs(small_page(), 1).glyphs
    found = compare(printed([line, *LINES[1:]]), page, DPI, glyphs=glyphs)
    assert (found.verdict, found.kind) == (Verdict.CHANGED, Kind.CHANGED_TEXT)
    assert [region.kind for region in found.regions] == [RegionKind.CHANGED_TEXT]
    assert found.confidence > 0.5


def test_kind_pose_colour_and_sizes_are_told(page: Image, scanned: Image) -> None:
    glyphs = page_glyphs(small_page(), 1).glyphs
    same = compare(scanned, page, DPI, glyphs=glyphs)
    assert (same.verdict, same.kind, same.colour) == (Verdict.SAME, Kind.SAME, True)
    assert same.page_um == same.scan_um == pytest.approx((150_000, 150_000), abs=200)
    assert same.pose is not None
    middle = np.array([[[75_000.0, 75_000.0]]])
    there = cv2.perspectiveTransform(middle, np.array(same.pose).reshape(3, 3))[0, 0]
    assert there == pytest.approx((75_000, 75_000), abs=2_500), "shifted by up to 1.5 mm"
    far = cv2.perspectiveTransform(middle + np.array([60_000.0, 0.0]), np.array(same.pose).reshape(3, 3))[0, 0]
    assert (far - there)[1] / (far - there)[0] == pytest.approx(np.tan(np.radians(1)), abs=0.003), "turned by 1°"
    grey = compare(grey_of(scanned), page, DPI, glyphs=glyphs)
    assert (grey.verdict, grey.kind, grey.colour, grey.confidence) == (Verdict.REVIEW, Kind.SAME, False, 0.0)
