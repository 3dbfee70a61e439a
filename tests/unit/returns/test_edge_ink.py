"""Slices at the edge that colour does not tell: black ones, and those of the issued seal."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from printserver.rendering.page_layout import Box
from printserver.rendering.places import Edge
from printserver.rendering.straddle import SeamSlice
from printserver.returns.edge_ink import dark_ink, issued_slices_found
from printserver.returns.matching import Image
from printserver.returns.registration import Aligned, Ink

DPI = 100
MM = DPI / 25.4
WIDTH, HEIGHT = 827, 1169
NOWHERE = np.zeros((HEIGHT, WIDTH), np.bool_)
BARE: Ink = np.zeros((HEIGHT, WIDTH), np.float32)


def lying(ink: Ink) -> Aligned:
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    return Aligned(ink, ~NOWHERE, across, down, 1.0, np.eye(3))


def ringed(middle_mm: tuple[float, float], reach_mm: float = 19) -> Ink:
    ink = BARE.copy()
    cv2.circle(ink, (round(middle_mm[0] * MM), round(middle_mm[1] * MM)), round(reach_mm * MM), 0.8, round(1.2 * MM))
    return ink


def at_edges(ink: Ink, issued: Ink = BARE, coloured: np.ndarray = NOWHERE) -> np.ndarray:
    return dark_ink(issued, coloured, lying(ink), ~NOWHERE, DPI) > 0


@pytest.mark.parametrize("middle", [(210, 150), (0, 150), (100, 0), (194, 150)], ids=str)
def test_a_ring_over_the_edge_stays(middle: tuple[float, float]):
    ink = ringed(middle)
    near = np.ones_like(NOWHERE)
    near[round(29 * MM) :, round(29 * MM) : -round(29 * MM)] = False
    there, ring = at_edges(ink)[near], ink[near] > 0.5
    assert not there[~ring].any()
    assert there[ring].mean() > 0.9


def test_shadows_folds_and_streaks_at_the_edge_do_not_stay():
    long, short, wedge = BARE.copy(), BARE.copy(), BARE.copy()
    long[100:800, -6:] = 0.9
    short[200:300, :8] = 0.9
    cv2.fillPoly(wedge, [np.array([[0, 0], [700, 0], [700, 9], [0, 2]], np.int32)], 0.9)
    fold, streak = BARE.copy(), BARE.copy()
    fold[400:403, :110] = streak[:45, 500] = streak[60:100, 500] = 0.9
    for shadow in (long, short, wedge, fold, streak):
        assert not at_edges(shadow).any()


def test_what_was_issued_there_is_no_ink_of_others():
    ink = ringed((210, 150))
    assert not at_edges(ink, issued=ink).any()
    assert not at_edges(ink, coloured=ink > 0.5).any(), "a red seal is dark in a scan without colour"


def picture(ink: Ink, colour: tuple[int, int, int] = (40, 30, 205)) -> Image:
    share = np.clip(ink, 0, 1)[:, :, None]
    return np.asarray(245 * (1 - share) + np.array(colour) * share, np.uint8)


@pytest.mark.parametrize(
    ("box", "middle", "from_top", "edge"),
    [
        (Box(200_000, 130_000, 10_000, 40_000), (200, 150), False, Edge.RIGHT),
        (Box(6_000, 130_000, 10_000, 40_000), (16, 150), False, Edge.LEFT),
        (Box(80_000, 0, 40_000, 8_000), (100, 8), True, Edge.TOP),
    ],
    ids=["right", "left, set in", "top"],
)
def test_an_issued_slice_is_found_in_any_ink_and_missed_where_it_is_not(
    box: Box, middle: tuple[float, float], from_top: bool, edge: Edge
):
    ink = ringed(middle)
    cut = np.zeros_like(NOWHERE)
    sides = [round(side / 1_000 * MM) for side in (box.y_um, box.bottom_um, box.x_um, box.right_um)]
    cut[sides[0] : sides[1], sides[2] : sides[3]] = True
    ink[~cut] = 0
    issued, place, sheet = picture(ink), SeamSlice(box, from_top=from_top), ~NOWHERE
    noise = np.random.default_rng(1).integers(0, 20, issued.shape, np.uint8)
    grey = np.asarray(cv2.cvtColor(issued, cv2.COLOR_BGR2GRAY), np.uint8)
    black = np.where(grey > 150, 255, 0).astype(np.uint8)
    for scan in (issued - noise, picture(ink, (45, 45, 45)) - noise, grey - noise[:, :, 0], black):
        ((there, side),) = issued_slices_found([place], issued, scan, sheet, DPI)
        assert side is edge
        assert there == pytest.approx([sides[2], sides[0], sides[3] - sides[2], sides[1] - sides[0]], abs=1)
    empty = picture(BARE) - noise
    other = picture(ringed((middle[0], middle[1]), 9)) - noise
    gone = sheet.copy()
    gone[sides[0] : sides[1], sides[2] : sides[3]] = False
    assert list(issued_slices_found([place], issued, empty, sheet, DPI)) == []
    assert list(issued_slices_found([place], issued, other, sheet, DPI)) == []
    assert list(issued_slices_found([place], issued, issued, gone, DPI)) == []
