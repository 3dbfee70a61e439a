"""Lays a scan over the issued page it shows: first the whole sheet, then its warps.

Pure. All images here are ink densities, float32 from 0 (paper) to 1 (black), at one common resolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from printserver.returns.matching import FoundCode, Image

Ink = NDArray[np.float32]
Matrix = NDArray[np.float64]
"""3 × 3, from issued pixels to scan pixels."""

_ORB_DPI: Final = 100
_ORB_FEATURES: Final = 3000
_FEWEST_WINDOWS: Final = 6


class RegistrationFailed(ValueError):
    """The scan could not be laid over the issued page; the message says at which step."""


@dataclass(frozen=True, eq=False)
class Aligned:
    """The scan, seen in the issued page's frame."""

    ink: Ink
    sheet: NDArray[np.bool_]
    """False where the issued page lies outside the scan."""
    across: NDArray[np.float32]
    """For each issued pixel, the scan pixel it lies on: column."""
    down: NDArray[np.float32]
    """The same: row."""
    agreement: float
    """Median correlation of the windows that were matched, 0 to 1."""
    pose: Matrix
    """From issued pixels to scan pixels, without the sheet's warps."""


@dataclass(frozen=True)
class _Step:
    """One round of window matching: at `dpi`, windows of `side` pixels every `step`, searched `reach` around."""

    dpi: int
    side: int
    reach: int
    step: int
    least: float


_AFFINE: Final = _Step(dpi=50, side=64, reach=20, step=40, least=0.35)
_PERSPECTIVE: Final = _Step(dpi=100, side=72, reach=8, step=54, least=0.35)
_FIELD: Final = _Step(dpi=150, side=80, reach=5, step=60, least=0.4)


def ink_density(channel: Image) -> Ink:
    """Ink density of one colour channel, with the paper's shade and uneven light divided out."""
    height, width = channel.shape
    small = cv2.resize(channel, (max(1, width // 8), max(1, height // 8)), interpolation=cv2.INTER_AREA)
    paper = cv2.GaussianBlur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)), (0, 0), 4)
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    bright = channel.astype(np.float32) / np.maximum(paper, 1).astype(np.float32)
    black = float(np.percentile(bright[::4, ::4], 0.5))
    return np.asarray(np.clip((1 - bright) / max(0.15, 1 - black), 0, 1), np.float32)


def pose_from_codes(scan: Sequence[FoundCode], issued: Sequence[FoundCode]) -> Matrix | None:
    """Where the sheet lies, from a code found on both; None when they share none. The QR is preferred."""
    pairs = [(there, here) for here in issued for there in scan if here.text == there.text]
    pairs.sort(key=lambda pair: not pair[0].is_qr)
    for there, here in pairs:
        target, source = np.array(there.quad, np.float32), np.array(here.quad, np.float32)
        if not there.is_qr:
            # The reader's quad of a linear code follows its scan lines; only its middle and direction are dependable.
            target, source = _cross(target), _cross(source)
        pose = _matrix(cv2.estimateAffinePartial2D(source, target, method=cv2.LMEDS)[0], [[0, 0, 1]])
        if pose is not None:
            return pose
    return None


def _cross(quad: NDArray[np.float32]) -> NDArray[np.float32]:
    middle = quad.mean(axis=0)
    downwards = (quad[3] - quad[0]) + (quad[2] - quad[1])
    downwards = downwards / max(1e-6, float(np.linalg.norm(downwards))) * 100
    sideways = np.array([downwards[1], -downwards[0]], np.float32)
    return np.stack([middle, middle + downwards, middle + sideways, middle - sideways]).astype(np.float32)


def pose_from_features(scan: Image, issued: Image, dpi: float) -> Matrix | None:
    """Where the sheet lies, from its look alone, in any turn; None when too little of it is recognised.

    scan, issued: uint8, one channel, both at `dpi`.
    """
    scale = _ORB_DPI / dpi
    small = [cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for image in (issued, scan)]
    finder = cv2.ORB_create(_ORB_FEATURES)  # type: ignore[attr-defined]  # missing in cv2's stubs
    (points, marks), (seen_points, seen_marks) = (finder.detectAndCompute(image, None) for image in small)
    if len(points) < 12 or len(seen_points) < 12:
        return None
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(marks, seen_marks)
    if len(matches) < 12:
        return None
    source = np.array([points[match.queryIdx].pt for match in matches], np.float32)
    target = np.array([seen_points[match.trainIdx].pt for match in matches], np.float32)
    found, agreeing = cv2.estimateAffinePartial2D(source, target, ransacReprojThreshold=3)
    pose = _matrix(found, [[0, 0, 1]])
    if pose is None or int(agreeing.sum()) < 20:
        return None
    resize = np.diag([scale, scale, 1.0])
    return np.asarray(np.linalg.inv(resize) @ pose @ resize, np.float64)


def align(scan: Ink, issued: Ink, pose: Matrix, dpi: float) -> Aligned:
    """Refine `pose` (affine, then perspective, then a smooth field of shifts) and lay the scan over the issued page.

    Raises RegistrationFailed when too few windows of the issued page are found again.
    """
    for step in (_AFFINE, _PERSPECTIVE):
        found = _match_windows(scan, issued, pose, dpi, step)
        good = found[found[:, 4] > step.least]
        if len(good) < _FEWEST_WINDOWS:
            raise RegistrationFailed(f"only {len(good)} of {len(found)} windows agree at {step.dpi} dpi")
        scale = step.dpi / dpi
        source = good[:, :2] / scale
        target = cv2.perspectiveTransform(((good[:, :2] + good[:, 2:4]) / scale)[None], pose)[0]
        better = _fit(source, target, step, scale)
        if better is None:
            raise RegistrationFailed(f"the windows contradict each other at {step.dpi} dpi")
        pose = better
    found = _match_windows(scan, issued, pose, dpi, _FIELD)
    good = found[found[:, 4] > _FIELD.least]
    if len(good) < _FEWEST_WINDOWS:
        raise RegistrationFailed(f"only {len(good)} of {len(found)} windows agree at {_FIELD.dpi} dpi")
    shifts = _smooth_shifts(good, issued.shape, _FIELD.dpi / dpi)
    return _laid_over(scan, issued.shape, pose, shifts, float(np.median(found[:, 4])))


def _fit(source: NDArray[np.float32], target: NDArray[np.float32], step: _Step, scale: float) -> Matrix | None:
    if step is _AFFINE:
        affine, _ = cv2.estimateAffine2D(source, target, ransacReprojThreshold=1.05 / scale)
        return _matrix(affine, [[0, 0, 1]])
    perspective, _ = cv2.findHomography(source, target, cv2.RANSAC, 1.8 / scale)
    return _matrix(perspective)


def _matrix(found: object, *rows: list[list[int]]) -> Matrix | None:
    """OpenCV answers None when it finds nothing, whatever its annotations say."""
    return None if found is None else np.vstack([np.asarray(found, np.float64), *rows])


def _match_windows(scan: Ink, issued: Ink, pose: Matrix, dpi: float, step: _Step) -> NDArray[np.float32]:
    """Rows (x, y, dx, dy, correlation) at the step's dpi, for each window of the issued page that bears ink."""
    scale = step.dpi / dpi
    resize = np.diag([scale, scale, 1.0])
    reference, small = (
        np.asarray(cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.float32)
        for ink in (issued, scan)
    )
    height, width = reference.shape
    over = resize @ pose @ np.linalg.inv(resize)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = np.asarray(cv2.warpPerspective(small, over, (width, height), flags=flags), np.float32)
    rows = []
    for y in range(0, height - step.side + 1, step.step):
        for x in range(0, width - step.side + 1, step.step):
            window = reference[y : y + step.side, x : x + step.side]
            if window.mean() < 0.02:
                continue
            left, top = max(0, x - step.reach), max(0, y - step.reach)
            around = moved[top : y + step.side + step.reach, left : x + step.side + step.reach]
            shift_x, shift_y, value = best_shift(around, window)
            rows.append((x + step.side / 2, y + step.side / 2, left + shift_x - x, top + shift_y - y, value))
    return np.array(rows, np.float32).reshape(-1, 5)


def best_shift(around: Ink, window: Ink) -> tuple[float, float, float]:
    """Where `window` fits best in `around`: column and row to a fraction of a pixel, and the correlation, -1 to 1."""
    fits = cv2.matchTemplate(around, window, cv2.TM_CCOEFF_NORMED)
    _, value, _, (x, y) = cv2.minMaxLoc(fits)
    across = _between(*fits[y, x - 1 : x + 2]) if 0 < x < fits.shape[1] - 1 else 0.0
    down = _between(*fits[y - 1 : y + 2, x]) if 0 < y < fits.shape[0] - 1 else 0.0
    return x + across, y + down, float(value)


def _between(before: float, at: float, after: float) -> float:
    """Place of the peak of a parabola through three neighbours, relative to the middle one."""
    bend = float(before) - 2 * float(at) + float(after)
    return 0.5 * (float(before) - float(after)) / bend if abs(bend) > 1e-9 else 0.0


def _smooth_shifts(good: NDArray[np.float32], shape: tuple[int, ...], scale: float) -> NDArray[np.float32]:
    """A smooth field (height, width, 2) of shifts; wide kernels, for a sheet warps slowly, and more so downwards."""
    rows, columns = 24, 17
    height, width = shape
    y = np.linspace(0, (height - 1) * scale, rows, dtype=np.float32)[:, None, None]
    x = np.linspace(0, (width - 1) * scale, columns, dtype=np.float32)[None, :, None]
    near = np.exp(-((y - good[:, 1]) ** 2) / (2 * 55**2) - (x - good[:, 0]) ** 2 / (2 * 260**2)) + 1e-6
    weights = near * good[:, 4]
    usual = np.median(good[:, 2:4], axis=0)
    field = (weights @ np.clip(good[:, 2:4], usual - 4, usual + 4)) / weights.sum(-1, keepdims=True)
    full = cv2.resize(field.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(full / np.float32(scale), np.float32)


def _laid_over(
    scan: Ink, shape: tuple[int, ...], pose: Matrix, shifts: NDArray[np.float32], agreement: float
) -> Aligned:
    x = shifts[..., 0] + np.arange(shape[1], dtype=np.float32)
    y = shifts[..., 1] + np.arange(shape[0], dtype=np.float32)[:, None]
    p = pose.astype(np.float32)
    depth = p[2, 0] * x + p[2, 1] * y + p[2, 2]
    across = ((p[0, 0] * x + p[0, 1] * y + p[0, 2]) / depth).astype(np.float32)
    down = ((p[1, 0] * x + p[1, 1] * y + p[1, 2]) / depth).astype(np.float32)
    ink = cv2.remap(scan, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    height, width = scan.shape
    sheet = (across > 1) & (down > 1) & (across < width - 2) & (down < height - 2)
    return Aligned(np.asarray(ink, np.float32), sheet, across, down, agreement, pose)
