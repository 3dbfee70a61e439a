"""Laying a scan over the issued page."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from printserver.cli.demo.paper import Image
from printserver.returns.matching import every_code, find_codes
from printserver.returns.registration import (
    RegistrationFailed,
    align,
    best_shift,
    ink_density,
    pose_from_codes,
    pose_from_features,
)
from tests.unit.returns.conftest import DPI


def red(image: Image) -> Image:
    return np.ascontiguousarray(image[:, :, 2])


def moved(page: Image, degrees: float, scale: float = 1.0) -> tuple[Image, np.ndarray]:
    """A page turned about its middle, and the true pose."""
    height, width = page.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    lying = cv2.warpAffine(page, turn, (width, height), borderValue=(255, 255, 255))
    return np.asarray(lying, np.uint8), np.vstack([turn, [0, 0, 1]])


def error_mm(pose: np.ndarray | None, truth: np.ndarray, shape: tuple[int, ...]) -> float:
    assert pose is not None
    corners = np.array([[[0, 0], [shape[1], 0], [shape[1], shape[0]], [0, shape[0]]]], np.float64)
    apart = cv2.perspectiveTransform(corners, pose) - cv2.perspectiveTransform(corners, truth)
    return float(np.linalg.norm(apart, axis=2).max()) / DPI * 25.4


@pytest.mark.parametrize("degrees", [0.0, 2.0, -5.0])
def test_the_qr_alone_gives_the_pose_to_a_few_millimetres(issued_pages: list[Image], degrees: float) -> None:
    lying, truth = moved(issued_pages[0], degrees, 0.99)
    pose = pose_from_codes(find_codes(lying, DPI).codes, every_code(issued_pages[0]))
    assert error_mm(pose, truth, lying.shape) < 4


@pytest.mark.parametrize("degrees", [0.0, 3.0, 177.0, 180.0])
def test_so_does_the_code_128_when_the_qr_is_gone(issued_pages: list[Image], degrees: float) -> None:
    page = issued_pages[0].copy()
    page[:420, 1200:] = 255
    lying, truth = moved(page, degrees)
    pose = pose_from_codes(find_codes(lying, DPI).codes, every_code(issued_pages[0]))
    assert error_mm(pose, truth, lying.shape) < 6


def test_codes_of_another_page_give_no_pose(issued_pages: list[Image]) -> None:
    assert pose_from_codes(find_codes(issued_pages[1], DPI).codes, every_code(issued_pages[0])) is None


def test_the_look_of_a_page_gives_its_pose_and_another_look_gives_none(issued_pages: list[Image]) -> None:
    lying, truth = moved(issued_pages[0], 178.0)
    pose = pose_from_features(red(lying), red(issued_pages[0]), DPI)
    assert error_mm(pose, truth, lying.shape) < 2
    assert pose_from_features(np.full((900, 700), 250, np.uint8), red(issued_pages[0]), DPI) is None


def test_a_rough_pose_becomes_exact(issued_pages: list[Image], scanned: Image) -> None:
    issued = ink_density(red(issued_pages[0]))
    pose = pose_from_codes(find_codes(scanned, DPI).codes, every_code(issued_pages[0]))
    assert pose is not None
    rough = pose + np.array([[0, 0, 10.0], [0, 0, -8.0], [0, 0, 0]])
    aligned = align(ink_density(red(scanned)), issued, rough, DPI)
    shift_x, shift_y, value = best_shift(aligned.ink[400:1600, 200:1400], issued[410:1590, 210:1390])
    assert (shift_x, shift_y) == pytest.approx((10, 10), abs=0.5)
    assert value > 0.9
    assert aligned.agreement > 0.8


def test_a_page_that_is_not_there_is_not_laid_over(issued_pages: list[Image]) -> None:
    with pytest.raises(RegistrationFailed):
        align(np.zeros((2339, 1654), np.float32), ink_density(red(issued_pages[0])), np.eye(3), DPI)


def test_ink_density_knows_no_paper_shade(issued_pages: list[Image]) -> None:
    clean = ink_density(red(issued_pages[0]))
    shade = np.linspace(0.4, 0.9, clean.shape[1])[None, :]
    shaded = ink_density((red(issued_pages[0]) * shade).astype(np.uint8))
    assert np.abs(clean - shaded).mean() < 0.02
