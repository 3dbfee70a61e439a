"""Makes scanned files for the tests, whole and odd."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pikepdf

from printserver.cli.demo.paper import Image, append_jpeg_page


def saved(pdf: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def scan_of(*pictures: Image, change: Callable[[pikepdf.Pdf], object] | None = None) -> bytes:
    with pikepdf.new() as pdf:
        for picture in pictures:
            append_jpeg_page(pdf, picture, 72, jpeg_quality=98)
        if change:
            change(pdf)
        return saved(pdf)


def close(image: Image | None, expected: Image) -> bool:
    return image is not None and image.shape == expected.shape and bool(np.abs(image - expected.astype(int)).mean() < 8)


def written_over(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].Resources.Font = pikepdf.Dictionary(
        F=pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    )
    pdf.pages[0].contents_add(b"BT /F 20 Tf 5 5 Td (1000) Tj ET")


def png_of(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A PNG whose header says `width` by `height`, whatever it holds."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
