"""Whether the bytes of a picture are whole, and how large it is: read from the structure, nothing is decoded. Pure."""

from __future__ import annotations

import re
import struct
import zlib
from typing import Final

_FRAME_HEADERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
_NEXT_MARKER: Final = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif"})


class NotWhole(Exception):
    """The picture breaks off, or is none; the message says which, for a person."""


def is_heif(data: bytes) -> bool:
    """Whether it is what telephones call HEIC or HEIF. Source: ISO/IEC 14496-12, the box `ftyp` (unverified)."""
    return data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height of a JPEG whose segments follow each other up to its end-of-image marker.

    Behind that only zeros, a further picture of the same camera, or a telephone's own trailer may follow.
    Raises: NotWhole.   Source: ITU-T T.81 annex B (unverified against the text).
    """
    size, end = _jpeg(data, 0)
    rest = data[end:].strip(b"\0")
    while rest.startswith(b"\xff\xd8\xff"):
        rest = rest[_jpeg(rest, 0)[1] :].strip(b"\0")
    if rest and not _is_telephones_trailer(rest):
        raise NotWhole("does not end where its picture ends")
    return size


def _jpeg(data: bytes, start: int) -> tuple[tuple[int, int], int]:
    """Size of the picture that begins at `start`, and where it ends."""
    at, size = start + 2, (0, 0)
    while at + 2 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        elif marker == _END_OF_IMAGE:
            if not all(size):
                raise NotWhole("has no picture in it")
            return size, at + 2
        else:
            length = int.from_bytes(data[at + 2 : at + 4], "big")
            if length < 2:
                raise NotWhole("has no picture in it")
            if marker in _FRAME_HEADERS and at + 9 <= len(data):
                height, width = struct.unpack_from(">HH", data, at + 5)
                size = (width, height)
            at += 2 + length
            if marker == _START_OF_SCAN:
                found = _NEXT_MARKER.search(data, at)
                at = len(data) if found is None else found.start()
    raise NotWhole("breaks off before its end")


def _is_telephones_trailer(rest: bytes) -> bool:
    """What Samsung's cameras append: its directory `SEFH`, its length, `SEFT`. Source: ExifTool (unverified)."""
    length = int.from_bytes(rest[-8:-4], "little")
    return rest.endswith(b"SEFT") and rest[-8 - length :][:4] == b"SEFH"


def png_size(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG whose chunks follow each other up to IEND.   Raises: NotWhole.

    Source: W3C PNG, section 5.
    """
    at, size, pixels = 8, (0, 0), False
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data) or zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            break
        if kind == b"IHDR" and length == 13:
            size = struct.unpack_from(">II", data, at + 8)
        pixels = pixels or kind == b"IDAT"
        if kind == b"IEND":
            if end == len(data) and pixels and all(size):
                return size
            break
        at = end
    raise NotWhole("is damaged or breaks off before its end")
