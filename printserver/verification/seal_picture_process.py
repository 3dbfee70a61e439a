"""Runs in a limited child process: a seal's picture on standard input becomes a small PNG on standard output."""

from __future__ import annotations

import io
import math
import sys
from typing import Final

import pypdfium2
from PIL import Image

SIDE: Final = 480
FORMATS: Final = ("PNG", "JPEG", "GIF", "BMP")
PIXELS: Final = 20_000_000
REFUSED: Final = 3


def _of_pdf(data: bytes) -> Image.Image:
    """The first page, drawn to fit."""
    page = pypdfium2.PdfDocument(data)[0]
    longer = max(page.get_size())
    if not 1 <= longer <= 20_000:
        sys.exit(REFUSED)
    drawn: Image.Image = page.render(scale=SIDE / longer, draw_annots=False, may_draw_forms=False).to_pil()
    return drawn


def _of_pixels(data: bytes) -> Image.Image:
    """The first frame. The size is checked before a pixel is decoded."""
    Image.MAX_IMAGE_PIXELS = None
    picture = Image.open(io.BytesIO(data), formats=FORMATS)
    if math.prod(picture.size) > PIXELS:
        sys.exit(REFUSED)
    return picture


def main() -> None:
    data = sys.stdin.buffer.read()
    picture = (_of_pdf(data) if data.startswith(b"%PDF-") else _of_pixels(data)).convert("RGBA")
    picture.thumbnail((SIDE, SIDE))
    white = Image.new("RGBA", picture.size, "white")
    target = io.BytesIO()
    Image.alpha_composite(white, picture).convert("RGB").save(target, "PNG")
    sys.stdout.buffer.write(target.getvalue())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
