"""How far two drawings of one page differ, beyond what smoothing and hinting explain. Pure.

Measured on generated pages (benchmarks.engines): text of 7 to 12 points in embedded and in standard fonts, tables,
hairlines, gradients, transparency, photographs and scans stay below 0.8 mm² in any square of 6 mm; one figure of 11
points for another of a different shape (1 and 7) has 1.1 mm², a moved decimal point 3 mm², a word 10 mm² and more.
Figures of like shape (3 and 8) are not told apart.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

DPI: Final = 144
SUSPICIOUS_UM2: Final = 900_000
"""From here on a person looks."""
_WINDOW_MM: Final = 6
_BLUR: Final = 5
_SHIFT: Final = 5
_TONE: Final = 35
_DOTS_PER_MM: Final = DPI / 25.4

Grey = npt.NDArray[np.uint8]


def differing_um2(one: Grey, other: Grey) -> int:
    """The most of any square of 6 mm that is darker or lighter than everything near it in the other drawing.

    one, other: rows × columns at 144 dots an inch; they may differ by a row or a column.
    """
    rows, columns = min(one.shape[0], other.shape[0]), min(one.shape[1], other.shape[1])
    if max(abs(one.shape[0] - other.shape[0]), abs(one.shape[1] - other.shape[1])) > 2:
        return 10**12
    a, b = (_blurred(each[:rows, :columns]) for each in (one, other))
    differs = np.maximum(_outside(a, b), _outside(b, a)) > _TONE
    window = round(_WINDOW_MM * _DOTS_PER_MM)
    most = float(cv2.boxFilter(differs.astype(np.float32), -1, (window, window), normalize=False).max())
    return round(most / _DOTS_PER_MM**2 * 1e6)


def _blurred(page: Grey) -> Grey:
    return cv2.blur(page, (_BLUR, _BLUR)).astype(np.uint8)


def _outside(one: Grey, other: Grey) -> Grey:
    """How far each dot of `one` lies outside the tones around it in `other`."""
    near = np.ones((_SHIFT, _SHIFT), np.uint8)
    lighter = cv2.subtract(one, cv2.dilate(other, near))
    darker = cv2.subtract(cv2.erode(other, near), one)
    return np.maximum(lighter, darker).astype(np.uint8)
