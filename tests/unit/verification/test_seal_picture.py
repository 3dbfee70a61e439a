"""A stranger's picture becomes new pixels of ours, or nothing; whatever the bytes do, they do it in the child."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from printserver.rendering.seal_artwork import draw_company_seal
from printserver.verification.seal_picture import seal_picture_png


def encoded(kind: str, size: tuple[int, int] = (900, 600)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, "red").save(target, kind)
    return target.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP"])
def test_a_picture_becomes_a_small_png(kind: str):
    drawn = seal_picture_png(encoded(kind))
    assert drawn is not None
    picture = Image.open(io.BytesIO(drawn), formats=["PNG"])
    assert max(picture.size) == 480
    red = picture.convert("RGB").getpixel((100, 100))
    assert isinstance(red, tuple)
    assert red[0] > 240


def test_vector_artwork_is_drawn():
    drawn = seal_picture_png(draw_company_seal("示例公司", "3100000000001"))
    assert drawn is not None
    assert max(Image.open(io.BytesIO(drawn)).size) == 480


def test_what_is_clear_becomes_white():
    target = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(target, "PNG")
    drawn = seal_picture_png(target.getvalue())
    assert drawn is not None
    assert Image.open(io.BytesIO(drawn)).getpixel((5, 5)) == (255, 255, 255)


def bomb() -> bytes:
    """A PNG whose head promises 60,000 × 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(10_000)))


@pytest.mark.parametrize(
    "picture",
    [b"", b"hello", b"%PDF-1.7 nothing", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"PK\x03\x04", bomb(),
     encoded("PNG")[:200]],
)  # fmt: skip
def test_what_cannot_be_drawn_is_left_out(picture: bytes):
    assert seal_picture_png(picture) is None
