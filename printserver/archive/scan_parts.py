"""One page out of a scan as a page of a PDF, the scanner's own bytes kept. Runs in a limited child process.

JPEG data, and what a PDF holds (JPEG, CCITT, JBIG2, Flate), are taken over as they are; so is PNG data where PDF has
its form. Anything else is repacked without loss: the same pixels in other bytes.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import Final

import pikepdf
from pikepdf import Array, ContentStreamInlineImage, Dictionary, Name
from PIL import Image

UNTOUCHED: Final = "untouched"
REPACKED: Final = "repacked"
_A4_LONG_INCHES: Final = 297 / 25.4
_TURNED_BY_EXIF: Final = {1: 0, 3: 180, 6: 90, 8: 270}
_DROPPED: Final = ("/Annots", "/AA", "/Metadata", "/PieceInfo", "/Thumb", "/StructParents", "/Tabs", "/B", "/Trans")
_SPACES: Final = {1: Name.DeviceGray, 3: Name.DeviceRGB, 4: Name.DeviceCMYK}
_PNG_SPACES: Final = {0: (Name.DeviceGray, 1), 2: (Name.DeviceRGB, 3), 3: (None, 1)}


class ScanNotTaken(ValueError):
    """Why no page can be made of it."""


class Scan:
    """One scanned file.   most_pixels: a page of more is refused."""

    def __init__(self, data: bytes, most_pixels: int) -> None:
        self._data = data
        self._most_pixels = most_pixels
        self._pdf = pikepdf.open(io.BytesIO(data), attempt_recovery=False) if data.startswith(b"%PDF-") else None

    def add_page(self, target: pikepdf.Pdf, position: int) -> tuple[pikepdf.Page, str]:
        """Put the page at `position` (from 1) behind the others of `target`; and whether its bytes are untouched.

        Raises: ScanNotTaken, or whatever the libraries make of hostile bytes.
        """
        if self._pdf is not None:
            target.pages.append(self._pdf.pages[position - 1])
            page = target.pages[-1]
            _clean(target, page)
            return page, UNTOUCHED
        if self._data.startswith(b"\xff\xd8"):
            return self._jpeg(target), UNTOUCHED
        plain = _plain_png(target, self._data) if self._data.startswith(b"\x89PNG") else None
        with Image.open(io.BytesIO(self._data)) as picture:
            picture.seek(position - 1)
            self._check(picture)
            if plain is not None:
                return _page(target, plain, _points(picture)), UNTOUCHED
            return _page(target, _repacked(target, picture), _points(picture)), REPACKED

    def _jpeg(self, target: pikepdf.Pdf) -> pikepdf.Page:
        with Image.open(io.BytesIO(self._data), formats=("JPEG", "MPO")) as picture:
            self._check(picture)
            bands, size, points = len(picture.getbands()), picture.size, _points(picture)
            orientation = picture.getexif().get(0x0112, 1)
            inverted = "adobe" in picture.info
        turn = _TURNED_BY_EXIF.get(orientation)
        if turn is None:
            raise ScanNotTaken("the picture is stored mirrored")
        image = _image(target, self._data, size, _SPACES[bands], 8)
        image.Filter = Name.DCTDecode
        if bands == 4 and inverted:
            image.Decode = [1, 0, 1, 0, 1, 0, 1, 0]
        page = _page(target, image, points)
        page.Rotate = turn
        return page

    def _check(self, picture: Image.Image) -> None:
        if picture.width * picture.height > self._most_pixels:
            raise ScanNotTaken(f"{picture.width} × {picture.height} pixels are too many")


def _points(picture: Image.Image) -> tuple[float, float]:
    """The page's width and height: as the file says, if the sheet would be 140 to 600 mm long; else those of A4.

    A fax has 204 dots an inch across and 98 or 196 down.
    """
    across, down = (float(each) for each in picture.info.get("dpi", (0, 0)))
    if across > 0 and down > 0:
        width, height = picture.width / across, picture.height / down
        if 140 <= max(width, height) * 25.4 <= 600:
            return width * 72, height * 72
    scale = _A4_LONG_INCHES * 72 / max(picture.size)
    return picture.width * scale, picture.height * scale


def _image(target: pikepdf.Pdf, data: bytes, size: tuple[int, int], space: pikepdf.Object, bits: int) -> pikepdf.Stream:
    return target.make_stream(
        data,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=size[0],
        Height=size[1],
        BitsPerComponent=bits,
        ColorSpace=space,
    )


def _page(target: pikepdf.Pdf, image: pikepdf.Stream, points: tuple[float, float]) -> pikepdf.Page:
    width, height = (round(side, 3) for side in points)
    page = target.add_blank_page(page_size=(width, height))
    page.Resources = Dictionary(XObject=Dictionary(Scan=image))
    page.Contents = target.make_stream(f"q {width} 0 0 {height} 0 0 cm /Scan Do Q".encode())
    return page


def _plain_png(target: pikepdf.Pdf, data: bytes) -> pikepdf.Stream | None:
    """The picture's own compressed data, which PDF reads as they are; None for what PDF has no form for."""
    head, palette, packed = b"", b"", []
    for kind, body in _chunks(data):
        if kind == b"IHDR":
            head = body
        elif kind == b"PLTE":
            palette = body
        elif kind == b"IDAT":
            packed.append(body)
        elif kind == b"tRNS":
            return None
    if len(head) != 13 or head[12] or head[9] not in _PNG_SPACES or (head[9] == 3 and not palette):
        return None
    named, colours = _PNG_SPACES[head[9]]
    space: pikepdf.Object = named or Name.DeviceRGB
    if named is None:
        space = Array([Name.Indexed, Name.DeviceRGB, len(palette) // 3 - 1, pikepdf.String(palette)])
    width, height, bits = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:8], "big"), head[8]
    image = _image(target, b"".join(packed), (width, height), space, bits)
    image.Filter = Name.FlateDecode
    image.DecodeParms = Dictionary(Predictor=15, Colors=colours, BitsPerComponent=bits, Columns=width)
    return image


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _repacked(target: pikepdf.Pdf, picture: Image.Image) -> pikepdf.Stream:
    """What is transparent is paper."""
    if picture.has_transparency_data:
        over = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")
    if picture.mode not in ("1", "L", "RGB"):
        picture = picture.convert("L" if picture.mode in ("LA", "I", "F") or picture.mode.startswith("I;") else "RGB")
    space, bits = (Name.DeviceRGB, 8) if picture.mode == "RGB" else (Name.DeviceGray, 1 if picture.mode == "1" else 8)
    image = _image(target, zlib.compress(picture.tobytes(), 6), picture.size, space, bits)
    image.Filter = Name.FlateDecode
    return image


def _clean(target: pikepdf.Pdf, page: pikepdf.Page) -> None:
    """Nothing that acts, no words of the scanner's own recognition beneath ours, nothing shared with other pages."""
    for key in _DROPPED:
        if key in page:
            del page[key]
    page.Resources = Dictionary(dict(page.resources.items()))
    shown = list(pikepdf.parse_content_stream(page))
    if _has_visible_text(shown):
        return
    kept, within_text = [], False
    for instruction in shown:
        word = "" if isinstance(instruction, ContentStreamInlineImage) else str(instruction.operator)
        within_text = within_text or word == "BT"
        if not within_text:
            kept.append(instruction)
        within_text = within_text and word != "ET"
    if len(kept) != len(shown):
        page.Contents = target.make_stream(pikepdf.unparse_content_stream(kept))
        if "/Font" in page.resources:
            del page.resources["/Font"]


def _has_visible_text(shown: list[pikepdf.ContentStreamInstruction | ContentStreamInlineImage]) -> bool:
    mode, saved = 0, [0]
    for instruction in shown:
        if isinstance(instruction, ContentStreamInlineImage):
            continue
        match str(instruction.operator):
            case "Tr":
                mode = int(instruction.operands[0])
            case "q":
                saved.append(mode)
            case "Q" if len(saved) > 1:
                mode = saved.pop()
            case "Tj" | "TJ" | "'" | '"' if mode != 3:
                return True
    return False
