"""Squares a photograph up: from a sheet seen at an angle to the page as a scanner would see it. Pure.

The sheet's outline gives the perspective, the code which way it lies. Where no outline is seen (white paper on a white
desk, a sheet that fills the picture), the code's own corners give a first guess, which registration refines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from printserver.returns.matching import FoundCode, Image, every_code, find_codes, greyed
from printserver.returns.registration import pose_from_codes, pose_from_features

ISSUED_DPI: Final = 200
_SMALL: Final = 900
_LEAST_SHARE: Final = 0.2
_WHOLE_SHARE: Final = 0.95


Quad = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Squared:
    """`page`: the photograph in the issued page's frame.   dpi: dots an inch that the photograph had of the sheet."""

    page: Image
    dpi: float


def squared(photo: Image, issued: Image) -> Squared | None:
    """The photograph in the frame of `issued` (blue-green-red at ISSUED_DPI); None when the sheet is not recognised."""
    height, width = issued.shape[:2]
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    codes = find_codes(photo).codes
    for quad in _outlines(photo):
        for turned in _turns(quad, codes):
            flat = _warped(photo, cv2.getPerspectiveTransform(turned, frame), width, height)
            if _looks_alike(flat, issued):
                return Squared(flat, _dpi(turned, width, height))
    pose = pose_from_codes(codes, every_code(issued))
    if pose is None:
        pose = pose_from_features(greyed(photo), greyed(issued), float(ISSUED_DPI))
    if pose is None:
        return None
    flat = _warped(photo, np.linalg.inv(pose), width, height)
    corners = cv2.perspectiveTransform(frame[None], pose)[0].astype(np.float32)
    return Squared(flat, _dpi(corners, width, height)) if _looks_alike(flat, issued) else None


def on_a_desk(photo: Image) -> bool:
    """Whether the sheet's outline is seen with something else around it, as no scanner makes it."""
    whole = float(photo.shape[0] * photo.shape[1])
    return any(cv2.contourArea(quad) < _WHOLE_SHARE * whole for quad in _outlines(photo)[:1])


def _dpi(quad: Quad, width: int, height: int) -> float:
    """By the sheet's shortest side in the photograph, for there it is coarsest."""
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    shares = [float(side) / whole for side, whole in zip(sides, (width, height, width, height), strict=True)]
    return min(shares) * ISSUED_DPI


def _outlines(photo: Image) -> list[Quad]:
    """Four-cornered bright shapes that could be the sheet, the largest first; corners clockwise in photo pixels."""
    scale = _SMALL / max(photo.shape[:2])
    small = cv2.resize(greyed(photo), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(small, (5, 5), 0)
    _, bright = cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    edges = cv2.dilate(cv2.Canny(smooth, 30, 90), np.ones((3, 3), np.uint8))
    found: list[tuple[float, Quad]] = []
    for mask in (cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8)), edges):
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        for contour in contours:
            hull = cv2.convexHull(contour)
            area = cv2.contourArea(hull)
            corners = cv2.approxPolyDP(hull, 0.02 * cv2.arcLength(hull, True), True)
            if area > _LEAST_SHARE * small.size and len(corners) == 4:
                found.append((area, _clockwise(corners.reshape(4, 2).astype(np.float32) / np.float32(scale))))
    found.sort(key=lambda one: -one[0])
    return [quad for _, quad in found[:4]]


def _clockwise(corners: Quad) -> Quad:
    """From the corner nearest to the picture's top left, clockwise as seen."""
    middle = corners.mean(axis=0)
    angles = np.arctan2(corners[:, 1] - middle[1], corners[:, 0] - middle[0])
    ordered = corners[np.argsort(angles)]
    return np.roll(ordered, -int(np.argmin(ordered.sum(axis=1))), axis=0)


def _turns(quad: Quad, codes: Sequence[FoundCode]) -> list[Quad]:
    """The corners with the page's own top left first; with a code read, which way the sheet lies is known."""
    steps = [codes[0].rotation // 90] if codes else [0, 1, 2, 3]
    return [np.ascontiguousarray(np.roll(quad, -step, axis=0)) for step in steps]


def _looks_alike(flat: Image, issued: Image) -> bool:
    """Whether dark places roughly lie where they should; that the rest differs is for the comparison to say."""
    small = [cv2.resize(greyed(picture), (60, 85), interpolation=cv2.INTER_AREA) for picture in (flat, issued)]
    ink = [cv2.GaussianBlur(255 - part.astype(np.float32), (0, 0), 1.5).ravel() for part in small]
    if min(float(each.std()) for each in ink) < 1e-3:
        return False
    return float(np.corrcoef(ink[0], ink[1])[0, 1]) > 0.2


def _warped(photo: Image, matrix: Any, width: int, height: int) -> Image:
    flat = cv2.warpPerspective(photo, matrix, (width, height), flags=cv2.INTER_AREA, borderValue=(255, 255, 255))
    return np.asarray(flat, np.uint8)
