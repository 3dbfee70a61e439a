"""What was put on a page after it was issued."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from printserver.returns.additions import added_ink, red_is_missing
from printserver.returns.registration import Aligned, Ink

DPI = 200
SHAPE = (1200, 900)


def aligned(ink: Ink) -> Aligned:
    """A scan that already lies as the issued page does."""
    down, across = np.mgrid[0 : ink.shape[0], 0 : ink.shape[1]].astype(np.float32)
    return Aligned(ink, np.ones(ink.shape, bool), across, down, 1.0, np.eye(3))


def written(ink: Ink, text: str, place: tuple[int, int], size: float) -> Ink:
    canvas = (ink * 255).astype(np.uint8)
    cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, (255, 255, 255), 3)
    return np.asarray(canvas / np.float32(255), np.float32)


@pytest.fixture
def issued() -> Ink:
    return written(np.zeros(SHAPE, np.float32), "The price is 100", (120, 300), 1.0)


def test_writing_far_from_text_is_free_and_writing_beside_it_is_not(issued: Ink) -> None:
    scan = written(issued, "Lee", (300, 900), 2.0)
    free, beside = added_ink(issued, aligned(scan), np.ones(SHAPE, bool), DPI)
    assert free[800:920].any()
    assert not beside.any()
    end = int(np.flatnonzero(issued.any(axis=0)).max())
    scan = written(scan, "0", (end + 10, 300), 1.0)
    _, beside = added_ink(issued, aligned(scan), np.ones(SHAPE, bool), DPI)
    assert beside[270:310].any()


def test_specks_fold_shadows_edges_and_excluded_places_are_left_out(issued: Ink) -> None:
    scan, compared = issued.copy(), np.ones(SHAPE, bool)
    scan[500:502, 500:502] = 1.0
    cv2.line(scan, (60, 700), (840, 712), 1.0, 2)
    scan[:, :30] = 1.0
    scan[1000:1050, 600:650], compared[990:1060, 590:660] = 1.0, False
    free, beside = added_ink(issued, aligned(scan), compared, DPI)
    assert not free.any()
    assert not beside.any()


def test_a_missing_red_seal_is_noticed_and_an_added_one_is_none() -> None:
    white = np.full((*SHAPE, 3), 240, np.uint8)
    sealed = white.copy()
    cv2.circle(sealed, (450, 600), 150, (40, 30, 200), 10)
    assert red_is_missing(white, sealed, DPI)
    assert not red_is_missing(sealed, white, DPI)
    assert not red_is_missing(sealed, sealed, DPI)
