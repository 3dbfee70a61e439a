"""A line somebody drew ends on the page; a streak and a fold run on beyond it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from printserver.returns.drawn_lines import drawn_lines
from printserver.returns.registration import Ink

MM = 4.0
SHAPE = (round(290 * MM), round(200 * MM))


def sheet() -> Ink:
    noise = np.random.default_rng(1).standard_normal(SHAPE).astype(np.float32) * 0.02
    return np.asarray(np.clip(noise, 0, 1), np.float32)


def drawn(ink: Ink, *corners: tuple[float, float], width_mm: float = 0.5, strength: float = 0.8) -> Ink:
    cover = np.zeros(SHAPE, np.uint8)
    points = np.round(np.array(corners) * MM * 16).astype(np.int32)
    cv2.polylines(cover, [points], False, 255, max(1, round(width_mm * MM)), cv2.LINE_AA, 4)
    return np.asarray(np.maximum(ink, cover / np.float32(255) * np.float32(strength)), np.float32)


def found(ink: Ink) -> bool:
    return bool(drawn_lines(ink, np.ones(SHAPE, np.bool_), MM).any())


@pytest.mark.parametrize(
    "corners",
    [
        ((40, 200), (150, 140)),
        ((40, 200), (49, 200)),
        ((20, 100), (20, 180)),
        ((40, 200), (120, 200), (40, 240), (120, 240)),
        ((10, 100), (190, 240)),
    ],
    ids=["aslant", "short", "upright", "there and back", "across the sheet"],
)
def test_a_drawn_line_is_found_whole(corners: tuple[tuple[float, float], ...]):
    ink = drawn(sheet(), *corners)
    lines = drawn_lines(ink, np.ones(SHAPE, np.bool_), MM)
    assert (lines > 0)[ink > 0.6].mean() > 0.95
    assert not (lines > 0)[ink < 0.2].any()


@pytest.mark.parametrize("corners", [((0, 120), (200, 123)), ((60, 0), (58, 290))], ids=["fold", "streak"])
def test_what_runs_over_the_whole_sheet_is_no_line_even_where_it_is_faint(corners: tuple[tuple[float, float], ...]):
    faint = drawn(sheet(), *corners, strength=0.18)
    assert not found(faint)
    middle = np.array(corners[0]) * 0.6 + np.array(corners[1]) * 0.4
    further = np.array(corners[0]) * 0.4 + np.array(corners[1]) * 0.6
    partly = drawn(faint, tuple(middle), tuple(further))
    assert not found(partly), "dark for a part of its way"
    assert not found(drawn(sheet(), *corners))


def test_a_fold_and_a_streak_that_cross_are_no_lines():
    assert not found(drawn(drawn(sheet(), (0, 120), (200, 122)), (60, 0), (61, 290)))


def test_short_strokes_thick_patches_and_places_that_do_not_count_are_left_out():
    assert not found(drawn(sheet(), (40, 200), (45, 200)))
    assert not found(drawn(sheet(), (40, 200), (80, 200), width_mm=4))
    elsewhere = np.ones(SHAPE, np.bool_)
    elsewhere[round(190 * MM) : round(210 * MM)] = False
    assert not drawn_lines(drawn(sheet(), (40, 200), (80, 200)), elsewhere, MM).any()


def test_an_empty_sheet_has_no_lines():
    assert not found(sheet())
