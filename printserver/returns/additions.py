"""Finds what was put on a page after it was issued: handwriting, stamps, red seals, and text beside the text.

Pure. `dpi` is the common resolution of the issued page and of the scan laid over it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from printserver.returns.matching import Image
from printserver.returns.registration import Aligned, Ink

Mask = NDArray[np.uint8]
"""(height, width), 1 where something is, else 0."""


def added_ink(issued_ink: Ink, aligned: Aligned, compared: NDArray[np.bool_], dpi: float) -> tuple[Mask, Mask]:
    """Ink that was not issued: in empty places, and beside printed text. Specks, edges and thin lines are left out."""
    pixels_a_mm = dpi / 25.4
    issued = (issued_ink > 0.15).astype(np.uint8)
    there = (aligned.ink > 0.5) & aligned.sheet & compared & (cv2.dilate(issued, disc(0.9 * pixels_a_mm)) == 0)
    edge = int(6 * pixels_a_mm)
    there[:edge] = there[-edge:] = False
    there[:, :edge] = there[:, -edge:] = False
    text = cv2.dilate(issued & compared, np.ones((int(pixels_a_mm) | 1, int(6 * pixels_a_mm) | 1), np.uint8))
    free, beside = np.zeros_like(issued), np.zeros_like(issued)
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(there.astype(np.uint8), connectivity=8)
    for label in range(1, count):
        _, _, width, height, area = statistics[label]
        length = max(width, height)
        thin = min(width, height) <= 0.45 * pixels_a_mm or area < 0.6 * pixels_a_mm * length > 15 * pixels_a_mm**2
        if area > 0.18 * pixels_a_mm**2 and not thin:
            here = labels == label
            target = beside if text[here].any() else free
            target[here] = 1
    return free, beside


def added_red(scan: Image, issued: Image, aligned: Aligned, dpi: float) -> tuple[Mask, bool]:
    """Where red ink was added (full-size mask), and whether most of the red ink that was issued is absent."""
    if scan.ndim == 2:
        return np.zeros(issued.shape[:2], np.uint8), False
    seen = cv2.remap(_redness(scan), aligned.across, aligned.down, cv2.INTER_LINEAR)
    cell = dpi / 25.4 * 2
    small = (max(1, round(issued.shape[1] / cell)), max(1, round(issued.shape[0] / cell)))
    here, there = (cv2.resize(mask, small, interpolation=cv2.INTER_AREA) > 0.08 for mask in (_redness(issued), seen))
    around = np.ones((3, 3), np.uint8)
    added = there & (cv2.dilate(here.astype(np.uint8), around) == 0)
    missing = here & (cv2.dilate(there.astype(np.uint8), around) == 0)
    joined = cv2.morphologyEx(added.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    large = np.isin(labels, [n for n, row in enumerate(statistics) if n and min(row[2], row[3]) >= 3])
    full = cv2.resize(large.astype(np.uint8), issued.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(full, np.uint8), bool(missing.sum() > 0.5 * max(1, here.sum()))


def _redness(image: Image) -> NDArray[np.float32]:
    if image.ndim == 2:
        return np.zeros(image.shape, np.float32)
    blue, green, red = (image[:, :, channel].astype(np.int16) for channel in range(3))
    return (red - np.maximum(blue, green) > 50).astype(np.float32)


def disc(across: float) -> Mask:
    """A round kernel about `across` pixels wide."""
    side = max(1, round(across)) | 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
