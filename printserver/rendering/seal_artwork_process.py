"""Runs in a limited child process: a scanned seal on standard input becomes clean red ink on standard output.

Arguments: width and height of the seal in micrometres. Answer: one JSON line, the ink (one byte a pixel, 255 full),
the picture as it came, as PNG. Paper, grey shadows and black print under the seal have no more red than green and
blue, so they vanish; what is redder than that is ink, however pale or dark its red.
"""

from __future__ import annotations

import io
import json
import math
import sys
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from printserver.rendering.seal_artwork_limits import (
    FORMATS,
    HIGHEST_DPI,
    LOWEST_DPI,
    NO_RED,
    OTHER_PROPORTIONS,
    PIXELS,
    PROPORTIONS,
    SHOWN_PIXELS,
    TOO_COARSE,
    TOO_MANY_PIXELS,
)

_UM_PER_INCH: Final = 25_400
_FAINTEST: Final = 40
"""Less redness than this, of 255, is paper or the noise of a camera."""
_LEAST_INK: Final = 0.001
"""Of the picture's area; less is no seal."""

Ink = npt.NDArray[np.uint8]


def _opened(data: bytes) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None  # our own limit is checked before anything is decoded
    picture = Image.open(io.BytesIO(data), formats=FORMATS)
    if math.prod(picture.size) > PIXELS:
        sys.exit(TOO_MANY_PIXELS)
    coloured = ImageOps.exif_transpose(picture).convert("RGBA")
    white = Image.new("RGBA", coloured.size, "white")
    return Image.alpha_composite(white, coloured).convert("RGB")


def _ink(picture: Image.Image) -> Ink:
    """How much red ink each pixel shows, stretched so that the seal's own full red becomes 255."""
    pixels = np.asarray(picture).astype(np.int16)
    redness = np.clip(pixels[..., 0] - np.maximum(pixels[..., 1], pixels[..., 2]), 0, 255)
    red = redness[redness >= _FAINTEST]
    if red.size < _LEAST_INK * redness.size:
        sys.exit(NO_RED)
    full = max(float(np.percentile(red, 70)), 2 * _FAINTEST)
    stretched = (redness - _FAINTEST / 2) * 255 / (full - _FAINTEST / 2)
    stretched[redness < _FAINTEST / 2] = 0
    ink: Ink = np.clip(stretched, 0, 255).astype(np.uint8)
    return ink


def _cropped(ink: Ink) -> Ink:
    """To the seal itself: rows and columns with so little ink are specks."""
    strong = ink > 127
    rows = np.flatnonzero(strong.sum(axis=1) >= max(2, strong.shape[1] // 400))
    columns = np.flatnonzero(strong.sum(axis=0) >= max(2, strong.shape[0] // 400))
    if not rows.size or not columns.size:
        sys.exit(NO_RED)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _fitted(ink: Ink, width_um: int, height_um: int) -> tuple[Ink, int]:
    """In the seal's proportions, and its resolution as it came."""
    rows, columns = ink.shape
    across, down = columns * _UM_PER_INCH / width_um, rows * _UM_PER_INCH / height_um
    if abs(math.log(across / down)) > PROPORTIONS:
        sys.exit(OTHER_PROPORTIONS)
    dpi = math.floor(min(across, down))
    if dpi < LOWEST_DPI:
        sys.stderr.write(f"dpi {dpi}\n")
        sys.exit(TOO_COARSE)
    used = min(dpi, HIGHEST_DPI)
    size = (round(width_um * used / _UM_PER_INCH), round(height_um * used / _UM_PER_INCH))
    return np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.LANCZOS)), dpi


def main() -> None:
    width_um, height_um = int(sys.argv[1]), int(sys.argv[2])
    picture = _opened(sys.stdin.buffer.read())
    ink, dpi = _fitted(_cropped(_ink(picture)), width_um, height_um)
    picture.thumbnail((SHOWN_PIXELS, SHOWN_PIXELS))
    shown = io.BytesIO()
    picture.save(shown, "PNG")
    head = {"columns": ink.shape[1], "rows": ink.shape[0], "dpi": dpi}
    sys.stdout.buffer.write(json.dumps(head).encode("ascii") + b"\n" + ink.tobytes() + shown.getvalue())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
