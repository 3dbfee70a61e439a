"""A laser printer, a scanner and a photocopier, simulated in physical units; calibrated to no real machine.

A print is the light that the paper gives back, 0 to 1, on a grid of 2400 dpi, whatever the engine's resolution.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

GRID_DPI = 2400
_UM = 25_400 / GRID_DPI
Light = NDArray[np.float32]


@dataclass(frozen=True)
class Engine:
    """`spot_um`: how far the laser's spot spreads (sigma).   threshold: exposure from which toner sticks.

    `optical_um`: how far light spreads in the paper.
    """

    spot_um: float
    threshold: float = 0.46
    optical_um: float = 26.0
    density: float = 0.94
    grain: float = 0.12


ENGINES = {600: Engine(spot_um=24.0), 1200: Engine(spot_um=16.0)}
COPIER = Engine(spot_um=24.0, threshold=0.45)


def printed(dots: NDArray[np.bool_], dpi: int, engine: Engine, random: np.random.Generator) -> Light:
    """dots: rows × columns of the engine's pixels."""
    scale = GRID_DPI // dpi
    exposure = dots.astype(np.float32).repeat(scale, axis=0).repeat(scale, axis=1)
    exposure = _spread(exposure, engine.spot_um / _UM)
    for blur, strength in ((9 / _UM, engine.grain), (85 / _UM, 0.03)):
        noise = _spread(random.standard_normal(exposure.shape, np.float32), blur)
        exposure += strength * noise / noise.std()
    toner = 1 / (1 + np.exp(-(exposure - engine.threshold) / 0.04))
    return _spread(np.asarray(0.90 - 0.85 * engine.density * toner, np.float32), engine.optical_um / _UM)


def _spread(light: Light, sigma: float) -> Light:
    return np.asarray(cv2.GaussianBlur(light, (0, 0), sigma), np.float32)


def scanned(light: Light, dpi: int, random: np.random.Generator) -> Light:
    """What a scanner sees: the light, low-passed to its own resolution, with noise."""
    pitch = 25_400 / dpi
    seen = _spread(light, max(22.0, 0.5 * pitch) / _UM)
    height, width = (int(side * _UM / pitch) for side in light.shape)
    seen = np.asarray(cv2.resize(seen, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return np.clip(seen + random.normal(0, 0.009, seen.shape), 0, 1).astype(np.float32)


def copied_as_text(light: Light, dpi: int, random: np.random.Generator) -> Light:
    """A photocopier in its text mode: scanned, thresholded, printed at 600 dpi."""
    seen = scanned(light, dpi, random)
    white = seen / np.quantile(seen, 0.98)
    if dpi != 600:
        larger = cv2.resize(white, None, fx=600 / dpi, fy=600 / dpi, interpolation=cv2.INTER_CUBIC)
        white = np.asarray(larger, np.float32)
    return printed(white < 0.62, 600, COPIER, random)


def contrast(light: Light, word: NDArray[np.bool_]) -> tuple[float, float]:
    """Of the word against its surroundings: (Weber contrast of the mean light, contrast to noise as an eye sees it).

    word: on any grid; 0.5 mm on both sides of its edge are left out.   The eye: a low-pass of 0.18 mm.
    """
    height, width = light.shape
    wide = cv2.resize(word.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    border = np.ones((2 * int(500 / _UM) + 1,) * 2, np.uint8)
    inside, outside = cv2.erode(wide, border) > 0, cv2.dilate(wide, border) == 0
    weber = float(light[inside].mean() / light[outside].mean() - 1)
    eye = _spread(light, 180 / _UM)
    noise = float(np.sqrt((eye[inside].var() + eye[outside].var()) / 2))
    return weber, abs(float(eye[inside].mean() - eye[outside].mean())) / noise
