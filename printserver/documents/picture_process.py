"""Runs in a limited child process: a JPEG or PNG on standard input becomes a PDF of one page on standard output."""

from __future__ import annotations

import io
import sys
import warnings
from typing import Final

from PIL import Image, ImageOps

MOST_PIXELS: Final = 50_000_000
A4_INCHES: Final = (8.27, 11.69)
_WHITE: Final = (255, 255, 255)


def drawn(data: bytes) -> bytes:
    """Upright, on white, as large as A4 allows, nothing but pixels.   Raises: OSError, ValueError."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGBA")
    page = Image.new("RGB", upright.size, _WHITE)
    page.paste(upright, mask=upright.getchannel("A"))
    short, long = sorted(page.size)
    dots_per_inch = max(short / A4_INCHES[0], long / A4_INCHES[1], 36.0)
    written = io.BytesIO()
    page.save(written, "PDF", resolution=dots_per_inch, quality=85)
    return written.getvalue()


if __name__ == "__main__":
    sys.stdout.buffer.write(drawn(sys.stdin.buffer.read()))
