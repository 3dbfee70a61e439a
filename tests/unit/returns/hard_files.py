"""Makes scans that are hard to read: of strange scanners, cut off, hostile. All small, all the same each time."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any, Final

import pikepdf
from PIL import Image

from printserver.cli.demo.paper import Image as Pixels

TIFF_KINDS: Final = ("group3", "group4", "jpeg", "tiff_lzw", "tiff_adobe_deflate", "packbits", "raw")
JBIG2_WHITE: Final = bytes.fromhex("00000000300001000000130000004000000038000000000000000001000000000000")
"""A page information segment alone: 64 × 56 white dots. Source: ITU-T T.88 section 7.4.8 (unverified)."""


def tiff(pages: Sequence[Pixels], kind: str, dpi: tuple[float, float] = (200, 200)) -> bytes:
    """A TIFF of several pages. kind: what Pillow calls the compression; fax kinds are bilevel."""
    made = [Image.fromarray(page if page.ndim == 2 else page[:, :, ::-1].copy()) for page in pages]
    if kind.startswith("group"):
        made = [page.convert("L").point(lambda value: 255 * (value > 150)).convert("1") for page in made]
    out = io.BytesIO()
    chosen = {} if kind == "raw" else {"compression": kind}
    made[0].save(out, "TIFF", save_all=True, append_images=made[1:], dpi=dpi, **chosen)
    return out.getvalue()


def fax(page: Pixels) -> bytes:
    """204 dots an inch across and 98 down, as the standard resolution of ITU-T T.4. page: 200 dpi."""
    grey = Image.fromarray(page if page.ndim == 2 else page[:, :, ::-1].copy()).convert("L")
    coarse = grey.resize((round(grey.width * 204 / 200), round(grey.height * 98 / 200)), Image.Resampling.BOX)
    out = io.BytesIO()
    coarse.point(lambda value: 255 * (value > 150)).convert("1").save(
        out, "TIFF", compression="group3", dpi=(204.0, 98.0)
    )
    return out.getvalue()


def oriented(page: Pixels, orientation: int) -> bytes:
    """A telephone's JPEG of an upright page. orientation: how EXIF says that the picture lies, 1 to 8."""
    turns: dict[int, Any] = {
        3: Image.Transpose.ROTATE_180,
        6: Image.Transpose.ROTATE_90,
        8: Image.Transpose.ROTATE_270,
    }
    picture = Image.fromarray(page[:, :, ::-1].copy())
    if orientation in turns:
        picture = picture.transpose(turns[orientation])
    exif = Image.Exif()
    exif[274] = orientation
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90, exif=exif)
    return out.getvalue()


def pdf_with(*pictures: tuple[dict[str, Any], bytes]) -> bytes:
    """A PDF with one picture a page, whatever its bytes are. Each: its dictionary, its packed bytes."""
    with pikepdf.new() as pdf:
        for facts, packed in pictures:
            page = pdf.add_blank_page(page_size=(595, 842))
            picture = pikepdf.Stream(pdf, b"")
            picture.write(packed, filter=pikepdf.Name(facts.pop("Filter")))
            for key, value in {"Type": pikepdf.Name.XObject, "Subtype": pikepdf.Name.Image, **facts}.items():
                picture[f"/{key}"] = value
            page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=picture))
            page.Contents = pikepdf.Stream(pdf, b"q 595 0 0 842 0 0 cm /P Do Q")
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def jbig2_pdf() -> bytes:
    facts = {"Width": 64, "Height": 56, "BitsPerComponent": 1, "ColorSpace": pikepdf.Name.DeviceGray}
    return pdf_with(({**facts, "Filter": "/JBIG2Decode"}, JBIG2_WHITE))


def broken_pictures_pdf() -> bytes:
    """Five pages whose decoders fail each in its own way, or ought to, and a sixth that is a bomb."""
    grey = {"Width": 400, "Height": 600, "BitsPerComponent": 8, "ColorSpace": pikepdf.Name.DeviceGray}
    bilevel = {**grey, "BitsPerComponent": 1}
    bomb = {**grey, "Width": 90_000, "Height": 90_000}
    return pdf_with(
        ({**grey, "Filter": "/DCTDecode"}, b"\xff\xd8\xff\xe0 no picture"),
        ({**grey, "Filter": "/FlateDecode"}, b"no deflate at all"),
        ({**bilevel, "Filter": "/CCITTFaxDecode"}, b"\x00\x10\x01" * 40),
        ({**bilevel, "Filter": "/JBIG2Decode"}, b"\xff" * 60),
        ({**grey, "Filter": "/JPXDecode"}, b"\x00\x00\x00\x0cjP  \r\n\x87\n" + b"\x07" * 60),
        ({**bomb, "Filter": "/FlateDecode"}, zlib.compress(bytes(1 << 20))),
    )


def tiff_of(entries: dict[int, tuple[int, int, int]], tail: bytes = b"", following: int = 0) -> bytes:
    """A TIFF of one directory. Each entry: kind, count, value or offset."""
    body = struct.pack("<H", len(entries))
    body += b"".join(struct.pack("<HHII", tag, *entry) for tag, entry in sorted(entries.items()))
    return b"II*\0" + struct.pack("<I", 8) + body + struct.pack("<I", following) + tail


def huge_tiff() -> bytes:
    """A TIFF whose header says 60,000 by 60,000 dots, in one strip of a few bytes."""
    return tiff_of({256: (4, 1, 60_000), 257: (4, 1, 60_000), 273: (4, 1, 8), 279: (4, 1, 8)})
