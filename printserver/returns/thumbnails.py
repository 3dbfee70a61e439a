"""Small pictures of returned pages, made when they are looked at: none is kept, so none is left behind."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image

WIDTH: Final = 240
HEIGHT: Final = 340
_QUALITY: Final = 70


def thumbnail(picture: bytes) -> bytes:
    """A JPEG file of at most WIDTH × HEIGHT pixels.   picture: a page's own, which we wrote, a JPEG file."""
    with Image.open(io.BytesIO(picture), formats=["JPEG"]) as page:
        page.draft("RGB", (WIDTH, HEIGHT))  # decodes an eighth of the picture's rows and columns
        page.thumbnail((WIDTH, HEIGHT))
        out = io.BytesIO()
        page.convert("RGB").save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
