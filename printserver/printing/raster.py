"""A copy as pixels, for a printer that does not take PDF itself: PWG Raster or Apple Raster at its true resolution.

Ghostscript draws, in a limited process; what it made is looked at before it goes on. Nothing is scaled: 1 mm on the
page is 1 mm on the paper, which seals and codes need. See docs/decisions/0010-raster-by-ghostscript.md.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from printserver.foundation.errors import Malformed
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)
from printserver.printing.raster_process import BACK_TRANSFORMS, NOT_A4

RasterFormat = Literal["image/pwg-raster", "image/urf"]
RESOLUTIONS_DPI: Final = (150, 200, 300, 400, 600, 720, 1200)
SIDES: Final = ("one-sided", "two-sided-long-edge", "two-sided-short-edge")
SHEET_BACKS: Final = ("normal", "flipped", "rotated", "manual-tumble")

_MODULE: Final = "printserver.printing.raster_process"
_LIMITS: Final = ProcessLimits(
    memory_bytes=1024 * MEBIBYTE, cpu_seconds=120, wall_seconds=240, output_bytes=512 * MEBIBYTE
)
_DEVICES: Final = {"image/pwg-raster": "pwgraster", "image/urf": "urf"}
_A4_MM: Final = (210, 297)
_SRGB: Final = 19
_PWG_SYNC: Final = b"RaS2"
_PWG_HEADER_OCTETS: Final = 1796
_PWG_PAGE: Final = re.compile(b"PwgRaster\0{55}")  # field MediaClass, 64 octets, the first of each page's header
_URF_SYNC: Final = b"UNIRAST\0"
_URF_DUPLEX: Final = dict(zip(SIDES, (1, 3, 2), strict=True))


class RasterNotMade(Malformed):
    """The pages cannot be turned into pixels within the limits; nothing of them may be printed."""

    code: ClassVar[str] = "raster-not-made"


@dataclass(frozen=True, slots=True)
class PageHeader:
    """What the header of a PWG Raster page says. Source: PWG 5102.4-2012 section 4.3."""

    duplex: bool
    tumble: bool
    resolution_dpi: tuple[int, int]
    page_size_points: tuple[int, int]
    width: int
    """Pixels, cupsWidth."""
    height: int
    bits_per_colour: int
    bits_per_pixel: int
    octets_per_line: int
    colour_space: int
    """19 is sRGB."""
    total_pages: int
    transform: tuple[int, int]
    """CrossFeedTransform and FeedTransform, each 1 or -1."""
    media_name: str


def raster_document(
    pdf: bytes, *, document_format: RasterFormat, resolution_dpi: int, sides: str, sheet_back: str = "normal"
) -> bytes:
    """Every page of the PDF as sRGB pixels, 8 bits a colour, on A4, cut only by the paper's edge; lying pages turned.

    pdf: one of ours, each page A4, upright or lying.   resolution_dpi: one of RESOLUTIONS_DPI, the engine's own.
    sides: a keyword of RFC 8011 section 5.2.8.   sheet_back: pwg-raster-document-sheet-back of the printer.
    Raises: RasterNotMade, ValueError for another format, resolution, sides or back than named here.
    """
    if document_format not in _DEVICES or resolution_dpi not in RESOLUTIONS_DPI:
        raise ValueError(f"no raster of {document_format} at {resolution_dpi} dpi")
    if sides not in SIDES or sheet_back not in SHEET_BACKS:
        raise ValueError(f"no printing on {sides} with backs {sheet_back}")
    raster = _drawn(pdf, [_DEVICES[document_format], str(resolution_dpi), sides, sheet_back])
    if document_format == "image/urf":
        _require_urf(raster, resolution_dpi, sides)
        return raster
    back = BACK_TRANSFORMS.get((sheet_back, sides), (1, 1))
    raster = _name_back_transforms(raster, back)
    _require_pwg(raster, resolution_dpi, sides, back)
    return raster


def read_page_headers(raster: bytes) -> tuple[PageHeader, ...]:
    """The headers of all pages of a PWG Raster document. Raises: RasterNotMade when it is none."""
    starts = _page_starts(raster)
    if not raster.startswith(_PWG_SYNC) or starts[:1] != [len(_PWG_SYNC)]:
        raise RasterNotMade("the pages were not drawn as PWG Raster")
    if len(raster) < starts[-1] + _PWG_HEADER_OCTETS:
        raise RasterNotMade("the last page's header is cut off")
    return tuple(_page_header(raster[start : start + _PWG_HEADER_OCTETS]) for start in starts)


def pixels(resolution_dpi: int) -> tuple[int, int]:
    """Width and height of A4, upright, in whole pixels."""
    width, height = (round(edge / 25.4 * resolution_dpi) for edge in _A4_MM)
    return width, height


def _drawn(pdf: bytes, arguments: list[str]) -> bytes:
    try:
        return run_limited(_MODULE, arguments, pdf, _LIMITS)
    except ProcessCrashed as crash:
        reason = "a page is not A4" if crash.status == NOT_A4 else "the document cannot be drawn"
        raise RasterNotMade(reason) from crash
    except ProcessLimitExceeded as exceeded:
        raise RasterNotMade(f"drawing the document needs more than the allowed {exceeded.limit}") from exceeded


def _page_starts(raster: bytes) -> list[int]:
    return [found.start() for found in _PWG_PAGE.finditer(raster)]


def _page_header(header: bytes) -> PageHeader:
    def number(offset: int) -> int:
        return int.from_bytes(header[offset : offset + 4], "big")

    return PageHeader(
        duplex=bool(number(272)),
        tumble=bool(number(368)),
        resolution_dpi=(number(276), number(280)),
        page_size_points=(number(352), number(356)),
        width=number(372),
        height=number(376),
        bits_per_colour=number(384),
        bits_per_pixel=number(388),
        octets_per_line=number(392),
        colour_space=number(400),
        total_pages=number(452),
        transform=struct.unpack(">ii", header[456:464]),
        media_name=header[1732:1796].rstrip(b"\0").decode("ascii", "replace"),
    )


def _name_back_transforms(raster: bytes, back: tuple[int, int]) -> bytes:
    """The backs were drawn mirrored; Ghostscript writes the same transforms into every header."""
    if back == (1, 1):
        return raster
    changed = bytearray(raster)
    for start in _page_starts(raster)[1::2]:
        struct.pack_into(">ii", changed, start + 456, *back)
    return bytes(changed)


def _require_pwg(raster: bytes, dpi: int, sides: str, back: tuple[int, int]) -> None:
    width, height = pixels(dpi)
    headers = read_page_headers(raster)
    for index, header in enumerate(headers):
        wanted = PageHeader(
            duplex=sides != "one-sided",
            tumble=sides == "two-sided-short-edge",
            resolution_dpi=(dpi, dpi),
            page_size_points=(595, 842),
            width=width,
            height=height,
            bits_per_colour=8,
            bits_per_pixel=24,
            octets_per_line=3 * width,
            colour_space=_SRGB,
            total_pages=len(headers),
            transform=back if index % 2 else (1, 1),
            media_name="iso_a4_210x297mm",
        )
        if header != wanted:
            raise RasterNotMade(f"page {index + 1} was not drawn as it must be printed")


def _require_urf(raster: bytes, dpi: int, sides: str) -> None:
    """Source: CUPS 2.4, cups/raster-stream.c, since Apple publishes no description."""
    [pages] = struct.unpack(">I", raster[8:12]) if len(raster) >= 12 else [0]
    # Bits a pixel, colour space (1 is sRGB), sides, quality, eight octets unused, width, height, dpi, eight unused.
    like = struct.pack(">BBB", 24, 1, _URF_DUPLEX[sides]), struct.pack(">III", *pixels(dpi), dpi)
    page = re.compile(re.escape(like[0]) + b".\0{8}" + re.escape(like[1]) + b"\0{8}", re.DOTALL)
    drawn = [found.start() for found in page.finditer(raster)]
    if not raster.startswith(_URF_SYNC) or drawn[:1] != [12] or len(drawn) != pages:
        raise RasterNotMade("the pages were not drawn as they must be printed")
