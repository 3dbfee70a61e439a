"""Runs in a limited child process: a PDF on standard input becomes pixels on standard output.

`ink`: for every page one JSON line [width, height, bytes] and then one bit a cell, rows padded to whole bytes.
`image PAGE DPI FORMAT WATERMARK FONT INDEX MASK`: one encoded picture.   MASK: empty, or as JSON
what is shown of a hidden page: the boxes of its seals, and whether its headline.
"""

from __future__ import annotations

import io
import json
import math
import sys
from typing import Any

import numpy as np
import pypdfium2
from PIL import Image, ImageDraw, ImageFont

from printserver.rendering.raster_limits import CELLS_PER_PAGE, INK_DPI, NO_SUCH_PAGE, PIXELS, TOO_MANY_PIXELS, WHITE


def _rendered(page: Any, dpi: float, limit: int) -> Image.Image:
    if math.prod(side * dpi / 72 for side in page.get_size()) > limit:
        sys.exit(TOO_MANY_PIXELS)
    picture: Image.Image = page.render(scale=dpi / 72, draw_annots=False, may_draw_forms=False).to_pil()
    return picture.convert("RGB")


def _write_ink(document: Any) -> None:
    """A cell has ink when any of its colours is darker than paper."""
    for index in range(len(document)):
        print(f"page {index + 1}", file=sys.stderr, flush=True)  # noqa: T201 - the parent names the page that failed
        page = document[index]
        width, height = page.get_size()
        picture = _rendered(page, INK_DPI, CELLS_PER_PAGE)
        cells = np.packbits(np.asarray(picture).min(axis=2) < WHITE, axis=1).tobytes()
        head = {"points": [width, height], "columns": picture.width, "rows": picture.height, "bytes": len(cells)}
        sys.stdout.buffer.write(json.dumps(head).encode("ascii") + b"\n" + cells)
        page.close()


def _write_image(
    pdf: bytes, page: int, dpi: int, encoding: str, watermark: str, font: tuple[str, int], mask: str
) -> None:
    document = pypdfium2.PdfDocument(pdf)
    if not 1 <= page <= len(document):
        sys.exit(NO_SUCH_PAGE)
    picture = _rendered(document[page - 1], dpi, PIXELS)
    if mask:
        from printserver.rendering.masking import masked, seals_alone  # OpenCV, which most pictures do without

        sealed = _rendered(pypdfium2.PdfDocument(seals_alone(pdf, page))[0], dpi, PIXELS)
        picture = masked(picture, sealed, document[page - 1], dpi, **json.loads(mask))
    if watermark:
        picture = _watermarked(picture, watermark, font)
    target = io.BytesIO()
    if encoding == "webp":
        picture.save(target, "WEBP", quality=80, method=2)
    else:
        picture.save(target, "PNG", compress_level=6)
    sys.stdout.buffer.write(target.getvalue())


def _watermarked(picture: Image.Image, text: str, typeface: tuple[str, int]) -> Image.Image:
    """Repeated along the diagonal over the whole page, so that no part of it can be cut out without it."""
    size = max(12, picture.width // 22)
    font = ImageFont.truetype(typeface[0], size, index=typeface[1])
    side = math.ceil(math.hypot(*picture.size))
    layer = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(layer)
    step = math.ceil(draw.textlength(text, font=font)) + 3 * size
    for row, y in enumerate(range(0, side, 5 * size)):
        for x in range(-step + row % 2 * step // 2, side, step):
            draw.text((x, y), text, font=font, fill=70)
    layer = layer.rotate(35, Image.Resampling.BILINEAR)
    left, top = (side - picture.width) // 2, (side - picture.height) // 2
    mask = layer.crop((left, top, left + picture.width, top + picture.height))
    picture.paste((200, 30, 30), mask=mask)
    return picture


def main() -> None:
    pdf = sys.stdin.buffer.read()
    if sys.argv[1] == "ink":
        _write_ink(pypdfium2.PdfDocument(pdf))
    else:
        page, dpi, encoding, watermark, font, font_index, mask = sys.argv[2:9]
        _write_image(pdf, int(page), int(dpi), encoding, watermark, (font, int(font_index)), mask)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
