"""Run in a limited process: decodes pages of a scan from standard input and writes their pixels to standard output.

Arguments: kind (media type), pixel limit, comma-separated 1-based page numbers. Each page is written as a 4-byte
big-endian length, a JSON header of that length, and `width * height * channels` bytes. It stops early, at a page's
end, when enough bytes are written; the caller then asks for the rest.
"""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, cast

import pikepdf
from PIL import Image, ImageOps

RENDERED_DPI: Final = 300
ENOUGH_BYTES: Final = 320 << 20
_LARGEST_CONTENT: Final = 256_000
_FORMATS: Final = {"image/jpeg": ("JPEG",), "image/png": ("PNG",), "image/tiff": ("TIFF",)}
_PLAIN_FILTERS: Final = ("/DCTDecode", "/FlateDecode", "/CCITTFaxDecode", "/LZWDecode")
_PLAIN_SPACES: Final = ("/DeviceGray", "/DeviceRGB", "/CalGray", "/CalRGB")
_TEXT_OPERATORS: Final = frozenset({"BT", "ET", "Tf", "Td", "TD", "Tm", "Tc", "Tw", "Tz", "TL", "T*", "Tj", "TJ"})
_TOLERANCE: Final = 0.03
_A4_LONG_INCHES: Final = 297 / 25.4

Matrix = tuple[float, float, float, float, float, float]


class PageTooLarge(ValueError):
    """More pixels than the limit."""


@dataclass(frozen=True)
class Decoded:
    """A page as a person sees it. `source`: file, embedded or rendered."""

    picture: Image.Image
    dpi: float
    source: str


def main(arguments: list[str], source: BinaryIO, answer: BinaryIO) -> None:
    kind, most_pixels, numbers = arguments[0], int(arguments[1]), [int(text) for text in arguments[2].split(",")]
    data, written = source.read(), 0
    document = _PdfPages(data, most_pixels) if kind == "application/pdf" else None
    for number in numbers:
        header: dict[str, object] = {"number": number, "width": 0, "height": 0, "channels": 0, "dpi": 0.0}
        pixels = b""
        try:
            page = document.page(number) if document else picture_file(data, most_pixels, number, _FORMATS[kind])
            channels, pixels = to_pixels(page.picture)
            header |= {"width": page.picture.width, "height": page.picture.height, "channels": channels}
            header |= {"dpi": page.dpi, "source": page.source, "trouble": None}
        except Exception as failure:  # noqa: BLE001 - whatever a decoder raises on hostile bytes, it breaks this page alone
            header |= {"source": "none", "trouble": f"{type(failure).__name__}: {failure}"[:300]}
        head = json.dumps(header).encode()
        answer.write(len(head).to_bytes(4, "big") + head)
        answer.write(pixels)
        written += len(pixels)
        if written >= ENOUGH_BYTES:
            break


def picture_file(data: bytes, most_pixels: int, number: int = 1, formats: tuple[str, ...] = ("JPEG", "PNG")) -> Decoded:
    """A JPEG or PNG file, or page `number` of a TIFF, turned as its orientation says; its dots are made square."""
    picture = _opened(data, formats, most_pixels, number)
    across, down = (float(each) for each in picture.info.get("dpi", (0, 0)))
    picture.load()
    if across > 0 and down > 0 and max(across, down) / min(across, down) > 1 + _TOLERANCE:
        picture, across = _with_square_dots(picture, across, down, most_pixels), max(across, down)
    picture = ImageOps.exif_transpose(picture)
    return Decoded(picture, plausible_dpi(across, max(picture.size)), "file")


def _with_square_dots(picture: Image.Image, across: float, down: float, most_pixels: int) -> Image.Image:
    """A fax has 204 dots an inch across and 98 or 196 down."""
    finer = max(across, down)
    size = (round(picture.width * finer / across), round(picture.height * finer / down))
    if size[0] * size[1] > most_pixels:
        raise PageTooLarge(f"{size[0]} × {size[1]} pixels")
    squared = (picture.convert("L") if picture.mode == "1" else picture).resize(size, Image.Resampling.BILINEAR)
    squared.getexif().update(picture.getexif())
    return squared


def plausible_dpi(told: float, long_side: int) -> float:
    """What the file says of its resolution, if the sheet would measure 140 to 600 mm; else that of an A4 sheet."""
    return told if told > 0 and 140 <= long_side / told * 25.4 <= 600 else long_side / _A4_LONG_INCHES


def to_pixels(picture: Image.Image) -> tuple[int, bytes]:
    """Channels (1 grey, 3 blue-green-red) and rows from the top; what is transparent is paper."""
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(paper, picture).convert("RGB")
    if picture.mode in ("1", "L"):
        return 1, picture.convert("L").tobytes()
    return 3, (picture if picture.mode == "RGB" else picture.convert("RGB")).tobytes("raw", "BGR")


class _PdfPages:
    """Pages of one PDF: the scanner's own picture where the page shows nothing else, else a rendering."""

    def __init__(self, data: bytes, most_pixels: int) -> None:
        self._data = data
        self._most_pixels = most_pixels
        self._pdf = pikepdf.open(io.BytesIO(data), attempt_recovery=False, suppress_warnings=True)
        self._renderer: Any = None

    def page(self, number: int) -> Decoded:
        page = self._pdf.pages[number - 1]
        found = sole_picture(page)
        if found is None:
            return self._rendered(number)
        picture, dpi = found
        if int(picture.Width) * int(picture.Height) > self._most_pixels:
            raise PageTooLarge(f"{picture.Width} × {picture.Height} pixels")
        if _filter(picture) == "/DCTDecode":
            image = _opened(picture.read_raw_bytes(), ("JPEG",), self._most_pixels)
            if image.size != (int(picture.Width), int(picture.Height)):
                return self._rendered(number)
            image.load()
        else:
            image = pikepdf.PdfImage(picture).as_pil_image()
        turns = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
        turn = turns.get(int(page.get("/Rotate", 0)) % 360)
        return Decoded(image if turn is None else image.transpose(turn), dpi, "embedded")

    def _rendered(self, number: int) -> Decoded:
        import pypdfium2  # a tenth of the process's start, and most scans need none

        if self._renderer is None:
            self._renderer = pypdfium2.PdfDocument(self._data)
        page = self._renderer[number - 1]
        try:
            scale = RENDERED_DPI / 72
            if page.get_width() * page.get_height() * scale * scale > self._most_pixels:
                raise PageTooLarge(f"{page.get_width():.0f} × {page.get_height():.0f} points")
            picture = page.render(scale=scale).to_pil()
        finally:
            page.close()
        return Decoded(picture, float(RENDERED_DPI), "rendered")


def sole_picture(page: pikepdf.Page) -> tuple[pikepdf.Stream, float] | None:
    """The picture and its dpi, when a page shows one upright picture over its whole area and nothing else.

    Anything that could hide or change the picture (drawing, visible text, clipping, annotations, masks) gives None,
    so that what is read is always what a person would see.
    """
    if page.get("/Annots") or float(page.get("/UserUnit", 1)) != 1:
        return None
    contents = page.get("/Contents")
    streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    if any(stream is None or int(stream.get("/Length", 0)) > _LARGEST_CONTENT for stream in streams):
        return None
    shown = _shown_once(page)
    if shown is None:
        return None
    name, (a, b, c, d, x, y) = shown
    picture = page.resources.XObject.get(name)
    left, bottom, right, top = (float(side) for side in page.cropbox)
    width, height = right - left, top - bottom
    offsets = ((x - left) / width, (y - bottom) / height, a / width - 1, d / height - 1, b / width, c / height)
    if not isinstance(picture, pikepdf.Stream) or not _is_plain(picture):
        return None
    if max(abs(offset) for offset in offsets) > _TOLERANCE:
        return None
    across, down = int(picture.Width) / a * 72, int(picture.Height) / d * 72
    return (picture, (across + down) / 2) if abs(across / down - 1) < _TOLERANCE else None


def _shown_once(page: pikepdf.Page) -> tuple[str, Matrix] | None:
    """Name and matrix of the page's only painting operation, if that shows an XObject."""
    shown: tuple[str, Matrix] | None = None
    matrix: Matrix = (1, 0, 0, 1, 0, 0)
    saved: list[Matrix] = []
    invisible = False
    for instruction in pikepdf.parse_content_stream(page):
        if isinstance(instruction, pikepdf.ContentStreamInlineImage):
            return None
        operands, word = instruction.operands, str(instruction.operator)
        if word == "q":
            saved.append(matrix)
        elif word == "Q" and saved:
            matrix = saved.pop()
        elif word == "cm":
            matrix = _times(cast(Matrix, tuple(float(number) for number in operands)), matrix)
        elif word == "Do" and shown is None:
            shown = (str(operands[0]), matrix)
        elif word == "Tr":
            invisible = int(operands[0]) == 3
        elif word not in _TEXT_OPERATORS or (word in ("Tj", "TJ") and not invisible):
            return None
    return shown


def _times(inner: Matrix, outer: Matrix) -> Matrix:
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def _is_plain(picture: pikepdf.Stream) -> bool:
    """An image without masks or remapped values, packed in one way and in plain grey or red-green-blue."""
    if picture.get("/Subtype") != "/Image":
        return False
    if any(key in picture for key in ("/SMask", "/Mask", "/Decode", "/OC", "/ImageMask", "/SMaskInData")):
        return False
    if _filter(picture) not in _PLAIN_FILTERS:
        return False
    space = picture.get("/ColorSpace")
    if _filter(picture) == "/DCTDecode" and "/DecodeParms" in picture:
        return False
    if isinstance(space, pikepdf.Array):
        return str(space[0]) == "/ICCBased" and int(space[1].get("/N", 0)) in (1, 3)
    return str(space) in _PLAIN_SPACES


def _filter(picture: pikepdf.Stream) -> str:
    names = picture.get("/Filter")
    if isinstance(names, pikepdf.Array):
        return str(names[0]) if len(names) == 1 else "several"
    return str(names)


def _opened(data: bytes, formats: tuple[str, ...], most_pixels: int, number: int = 1) -> Image.Image:
    """The picture's header is read, its size is checked; its pixels are not decoded yet."""
    Image.MAX_IMAGE_PIXELS = None
    picture = Image.open(io.BytesIO(data), formats=formats)
    if number > 1:
        picture.seek(number - 1)
    if picture.width * picture.height > most_pixels:
        raise PageTooLarge(f"{picture.width} × {picture.height} pixels")
    return picture


if __name__ == "__main__":
    main(sys.argv[1:], sys.stdin.buffer, sys.stdout.buffer)
