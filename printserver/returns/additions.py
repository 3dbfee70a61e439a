"""Finds what was put on a page after it was issued, and whether its red seals are still on it.

Pure. `dpi` is the common resolution of the issued page and of the scan laid over it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from printserver.returns.drawn_lines import drawn_lines
from printserver.returns.matching import Image
from printserver.returns.registration import Aligned, Ink

_BESIDE_MM: Final = 0.9
"""Across: ink nearer than half of this to issued ink may be its spread toner."""

_LINE_BESIDE_MM: Final = 1.6
"""For thin lines, which the soft edge of a printed rule resembles."""

_LEAST_MM2: Final = 0.3
_COARSE_LEAST_MM2: Final = 0.5
"""Where specks spread: below 190 dpi."""
_SHADOW_MM: Final = 10.0

Mask = NDArray[np.uint8]
"""(height, width), 1 where something is, else 0."""


def added_ink(issued_ink: Ink, aligned: Aligned, compared: NDArray[np.bool_], dpi: float) -> tuple[Mask, Mask]:
    """Ink that was not issued: in empty places, and beside printed text, without specks, edges, folds and streaks."""
    pixels_a_mm = dpi / 25.4
    issued = (issued_ink > 0.15).astype(np.uint8)
    near = cv2.dilate(issued, disc(_BESIDE_MM * pixels_a_mm)) > 0
    ink = aligned.ink - _shadows(np.where(near, 1, aligned.ink).astype(np.float32), pixels_a_mm)
    bare = aligned.sheet & compared & ~near
    edge = int(6 * pixels_a_mm)
    bare[:edge] = bare[-edge:] = False
    bare[:, :edge] = bare[:, -edge:] = False
    there = (ink > 0.5) & bare
    around = np.ones((int(pixels_a_mm) | 1, int(6 * pixels_a_mm) | 1), np.uint8)
    text = np.asarray(cv2.dilate(issued & compared, around), np.uint8)
    least = (_LEAST_MM2 if dpi >= 190 else _COARSE_LEAST_MM2) * pixels_a_mm**2
    free, beside = np.zeros_like(issued), np.zeros_like(issued)
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(there.astype(np.uint8), connectivity=8)
    for label in range(1, count):
        left, top, width, height, area = (int(side) for side in statistics[label])
        length = max(width, height)
        thin = min(width, height) <= 0.45 * pixels_a_mm or area < 0.6 * pixels_a_mm * length > 15 * pixels_a_mm**2
        if area > least and not thin:
            part = (slice(top, top + height), slice(left, left + width))
            here = labels[part] == label
            target = beside if text[part][here].any() else free
            target[part][here] = 1
    away = cv2.dilate(issued, disc(_LINE_BESIDE_MM * pixels_a_mm)) == 0
    _sorted_in(drawn_lines(aligned.ink, bare & away, pixels_a_mm), text, free, beside)
    return free, beside


def _sorted_in(lines: Mask, text: Mask, free: Mask, beside: Mask) -> None:
    _, labels = cv2.connectedComponents(lines, connectivity=8)
    near = np.unique(labels[text > 0])
    close = np.isin(labels, near[near > 0])
    beside |= np.asarray(close, np.uint8)
    free |= np.asarray((lines > 0) & ~close, np.uint8)


def _shadows(ink: Ink, pixels_a_mm: float) -> Ink:
    """Of folds and of a scanner's streaks: dark in one straight line along or across the page, print included."""
    long = max(3, round(_SHADOW_MM * pixels_a_mm))
    lines = (
        cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(shape, np.uint8), borderType=cv2.BORDER_REPLICATE)
        for shape in ((1, long), (long, 1))
    )
    return np.asarray(np.maximum(*lines), np.float32)


def red_is_missing(scan: Image, issued: Image, dpi: float) -> bool:
    """Whether most of the red ink that was issued is absent from the scan, laid over the issued page; both at `dpi`."""
    if scan.ndim == 2 or issued.ndim == 2:
        return False
    cell = dpi / 25.4 * 2
    small = (max(1, round(issued.shape[1] / cell)), max(1, round(issued.shape[0] / cell)))
    here, there = (cv2.resize(_redness(image), small, interpolation=cv2.INTER_AREA) > 0.08 for image in (issued, scan))
    missing = here & (cv2.dilate(there.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    return bool(missing.sum() > 0.5 * max(1, here.sum()))


def _redness(image: Image) -> NDArray[np.float32]:
    blue, green, red = cv2.split(image)
    return np.asarray(cv2.subtract(red, cv2.max(blue, green)) > 50, np.float32)


def together(mask: Mask, kernel: Mask, how: int) -> Iterator[tuple[tuple[int, int, int, int], Mask]]:
    """What of the mask lies close together: its bounding box (left, top, width, height) and its part of the box.

    how: MORPH_DILATE or MORPH_CLOSE with the kernel says what is close.
    """
    if not mask.any():
        return
    joined = cv2.morphologyEx(mask, how, kernel)
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    for label, row in enumerate(statistics[1:].tolist(), 1):
        x, y, width, height = row[:4]
        part = (slice(y, y + height), slice(x, x + width))
        there = np.asarray(mask[part] & (labels[part] == label), np.uint8)
        left, top, across, down = cv2.boundingRect(there)
        if across and down:
            yield (x + left, y + top, across, down), there[top : top + down, left : left + across]


def disc(across: float) -> Mask:
    """A round kernel about `across` pixels wide."""
    side = max(1, round(across)) | 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
