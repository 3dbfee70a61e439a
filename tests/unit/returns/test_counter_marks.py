"""Seals, slices over the edge and handwriting are told apart by how their ink lies."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from printserver.returns.additions import Mask
from printserver.returns.comparison_types import RegionKind
from printserver.returns.counter_marks import AddedMark, added_marks, new_colour
from printserver.returns.matching import Image

DPI = 100
MM = DPI / 25.4
RED, BLUE = (40, 30, 205), (170, 60, 40)


def sheet() -> Image:
    return np.full((1170, 827, 3), 245, np.uint8)


def ring(page: Image, middle: tuple[float, float], reach: tuple[float, float], colour: tuple[int, int, int]) -> None:
    place, axes = (tuple(round(side * MM) for side in pair) for pair in (middle, reach))
    cv2.ellipse(page, place, axes, 0, 0, 360, colour, round(1.2 * MM))
    cv2.circle(page, place, round(3 * MM), colour, -1)


def written(page: Image, place: tuple[float, float], colour: tuple[int, int, int]) -> None:
    x = np.linspace(0, 40, 200)
    line = np.stack([place[0] + x, place[1] + 4 * np.sin(x)], 1) * MM
    cv2.polylines(page, [line.astype(np.int32)], isClosed=False, color=colour, thickness=3)


def found(page: Image, issued: Image | None = None) -> list[AddedMark]:
    issued = sheet() if issued is None else issued
    dark = np.asarray((page[:, :, 2] < 128) & (issued[:, :, 2] >= 128), np.uint8)
    return added_marks(dark, page, new_colour(page, issued, DPI), DPI)


def kinds(page: Image, issued: Image | None = None) -> list[RegionKind]:
    return [mark.kind for mark in found(page, issued)]


@pytest.mark.parametrize("colour", [RED, BLUE, (40, 40, 40)], ids=["red", "blue", "black"])
@pytest.mark.parametrize("reach", [(20, 20), (22, 15)], ids=["round", "oval"])
def test_a_seal_is_found_whole_in_every_ink(colour: tuple[int, int, int], reach: tuple[int, int]):
    page = sheet()
    ring(page, (80, 200), reach, colour)
    marks = found(page)
    assert [mark.kind for mark in marks] == [RegionKind.COUNTER_SEAL]
    assert marks[0].box[2] / MM == pytest.approx(2 * reach[0] + 1, abs=2)


@pytest.mark.parametrize("colour", [BLUE, (30, 30, 30)])
def test_handwriting_is_no_seal_and_a_straight_line_is_no_handwriting(colour: tuple[int, int, int]):
    page = sheet()
    written(page, (60, 220), colour)
    assert kinds(page) == [RegionKind.COUNTER_SIGNATURE]
    page = sheet()
    cv2.line(page, (100, 900), (400, 903), (30, 30, 30), 4)
    assert kinds(page) == [RegionKind.WRITTEN_ON]


def test_a_red_block_is_no_seal():
    page = sheet()
    page[800:960, 200:360] = RED
    assert RegionKind.COUNTER_SEAL not in kinds(page)


@pytest.mark.parametrize(
    ("middle", "edge"), [((212, 120), "right"), ((-2, 120), "left"), ((100, -3), "top")], ids=lambda case: str(case)
)
def test_coloured_ink_that_runs_out_at_an_edge_is_a_slice_up_to_that_edge(middle: tuple[int, int], edge: str):
    page = sheet()
    ring(page, middle, (20, 20), RED)
    (mark,) = found(page)
    assert mark.kind is RegionKind.STRADDLE
    left, top, width, height = mark.box
    assert {"right": left + width == 827, "left": left == 0, "top": top == 0}[edge]
    assert max(width, height) / MM == pytest.approx(40, abs=3)


@pytest.mark.parametrize("edge", ["right", "left", "top"])
def test_two_slices_close_together_on_a_page_that_two_seals_share_are_two(edge: str):
    """The last slice of one seal, and beside it the first of the next one."""
    page, seals = sheet(), [(13, 100), (-20, 144)] if edge == "right" else [(-13, 100), (20, 144)]
    for off, along in seals:
        stamped = sheet()
        ring(stamped, {"right": (210 + off, along), "left": (off, along), "top": (along, off)}[edge], (20, 20), RED)
        deep = round(7 * MM)
        inked, strip = (
            {"right": each[:, -deep:], "left": each[:, :deep], "top": each[:deep]}[edge] for each in (page, stamped)
        )
        np.minimum(inked, strip, out=inked)
    marks = found(page)
    assert [mark.kind for mark in marks] == [RegionKind.STRADDLE] * 2
    middles = [(x + width / 2, y + height / 2)[edge != "top"] / MM for (x, y, width, height) in (m.box for m in marks)]
    assert sorted(middles) == pytest.approx([100, 144], abs=1)


def test_what_was_issued_in_colour_and_what_has_none_is_no_slice():
    issued = sheet()
    ring(issued, (212, 120), (20, 20), RED)
    assert kinds(issued, issued) == []
    grey = cv2.cvtColor(issued, cv2.COLOR_BGR2GRAY)
    assert not new_colour(np.asarray(grey, np.uint8), sheet(), DPI).any()


def test_an_empty_page_has_no_marks():
    nothing: Mask = np.zeros((1170, 827), np.uint8)
    assert added_marks(nothing, sheet(), nothing, DPI) == []
