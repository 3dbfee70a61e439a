"""Runs in a limited child process: a picture on standard input becomes a PDF on standard output, a page a picture."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Iterator
from typing import Final

from PIL import Image, ImageOps, ImageSequence

MOST_PIXELS: Final = 50_000_000
MOST_PICTURES: Final = 500
A4_INCHES: Final = (8.27, 11.69)
USUAL_DPI: Final = 150
"""Of a picture that names no resolution, or one that no scanner and no camera has."""
QUALITY: Final = 90
LEAST_INCHES: Final = 0.1
_CAMERA_DPI: Final = 72
_FINEST_DPI: Final = 2_400
_WHITE: Final = (255, 255, 255)
_FORMATS: Final = ("JPEG", "PNG", "TIFF", "WEBP")


def drawn(data: bytes) -> bytes:
    """Upright, on white, never larger than A4, nothing but pixels.   Raises: OSError, ValueError."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    written = io.BytesIO()
    with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
        for number, page in enumerate(_pages(opened)):
            quality = {} if page.mode == "1" else {"quality": QUALITY}
            page.save(written, "PDF", dpi=dots_per_inch(page), append=number > 0, **quality)
    return written.getvalue()


def dots_per_inch(picture: Image.Image) -> tuple[float, float]:
    """Across and down, as the picture says, where that is likely and lets it fit on A4; a camera's 72 means nothing.

    Faxes have fewer dots down than across. A picture of a few dots is a tenth of an inch high at least.
    """
    across, down = _said_dpi(picture)
    short, long = sorted((picture.width / across, picture.height / down))
    finer = max(min(1, short / LEAST_INCHES), short / A4_INCHES[0], long / A4_INCHES[1])
    return across * finer, down * finer


def _said_dpi(picture: Image.Image) -> tuple[float, float]:
    """The usual where the picture says nothing likely."""
    across, down = (float(side) for side in picture.info.get("dpi", (0, 0)))
    likely = all(_CAMERA_DPI < side <= _FINEST_DPI for side in (across, down))
    return (across, down) if likely else (USUAL_DPI, USUAL_DPI)


def _pages(opened: Image.Image) -> Iterator[Image.Image]:
    """A TIFF has several; of what moves, only the first picture is taken."""
    frames = ImageSequence.Iterator(opened) if opened.format == "TIFF" else [opened]
    for number, frame in enumerate(frames):
        if number >= MOST_PICTURES:
            raise ValueError("more pictures than are taken")
        if frame.size[0] * frame.size[1] > MOST_PIXELS:
            raise ValueError("more dots than are drawn")
        yield _flat(ImageOps.exif_transpose(frame))


def _flat(picture: Image.Image) -> Image.Image:
    """Scans in black and white stay so; whatever is transparent becomes white."""
    said = picture.info.get("dpi", (0, 0))
    if picture.mode in ("1", "L") and "transparency" not in picture.info:
        page = picture.copy()
    elif picture.mode in ("RGB", "CMYK", "YCbCr", "LAB") and "transparency" not in picture.info:
        page = picture.convert("RGB")
    else:
        upright = picture.convert("RGBA")
        page = Image.new("RGB", upright.size, _WHITE)
        page.paste(upright, mask=upright.getchannel("A"))
    page.info = {"dpi": said}
    return page


if __name__ == "__main__":
    sys.stdout.buffer.write(drawn(sys.stdin.buffer.read()))
