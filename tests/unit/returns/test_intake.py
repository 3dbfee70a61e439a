"""The gate for scans."""

from __future__ import annotations

import io
import struct
import zlib

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from printserver.foundation.errors import Malformed, TooLarge
from printserver.foundation.limited_process import MEBIBYTE, ProcessLimits
from printserver.returns.intake import (
    ScanEncrypted,
    ScanHasNoPages,
    ScanHeic,
    ScanIncomplete,
    ScanKind,
    ScanLimits,
    ScanRefused,
    ScanTooLarge,
    ScanTypeUnknown,
    examine,
)
from tests.unit.returns.made_scans import png_of


def picture(kind: str, size: tuple[int, int] = (60, 40)) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).save(out, kind)
    return out.getvalue()


def pdf(pages: int = 1, encryption: pikepdf.Encryption | None = None) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as document:
        for _ in range(pages):
            document.add_blank_page()
        document.save(out, encryption=encryption)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [(pdf(), ScanKind.PDF), (picture("JPEG"), ScanKind.JPEG), (picture("PNG"), ScanKind.PNG)],
    ids=["pdf", "jpeg", "png"],
)
@pytest.mark.parametrize("name", ["scan.png", ""])
def test_the_structure_decides_what_a_scan_is_and_its_name_does_not(data: bytes, kind: ScanKind, name: str) -> None:
    assert examine(data, name).kind is kind


def test_a_pdf_says_how_many_pages_it_has() -> None:
    assert examine(pdf(pages=3), "three.pdf").pages == 3


@pytest.mark.parametrize(
    "data",
    [b"", b"%PDF", b"GIF89a....", b"MZ\x90\0", b"\n%PDF-1.7\n%%EOF", b"\0" * 64, b"<html>%PDF-1.4 %%EOF"],
)
def test_what_is_no_scan_is_refused(data: bytes) -> None:
    with pytest.raises(ScanTypeUnknown):
        examine(data, "scan.pdf")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.98])
@pytest.mark.parametrize("data", [pdf(20), picture("JPEG", (600, 400)), picture("PNG", (600, 400))], ids=len)
def test_a_cut_off_file_is_refused(data: bytes, share: float) -> None:
    with pytest.raises(ScanRefused):
        examine(data[: int(len(data) * share)], "cut")


def test_a_pdf_that_opens_only_by_repair_is_refused() -> None:
    whole = pdf(5)
    at = whole.rindex(b"startxref")
    with pytest.raises(ScanIncomplete):
        examine(whole[:at] + b"startxref\n7\n%%EOF\n", "repaired.pdf")


def test_padding_zeros_after_a_jpeg_are_harmless_and_other_bytes_are_not() -> None:
    assert examine(picture("JPEG") + b"\0" * 512, "padded.jpg").kind is ScanKind.JPEG
    with pytest.raises(ScanIncomplete):
        examine(picture("JPEG") + b"<?php", "polyglot.jpg")
    with pytest.raises(ScanIncomplete):
        examine(picture("PNG") + b"PK\x03\x04", "polyglot.png")


def test_what_telephones_put_behind_a_picture_is_harmless() -> None:
    photo = picture("JPEG")
    trailer = b"\x01\0\x02image data" + b"SEFH" + bytes(12) + (16).to_bytes(4, "little") + b"SEFT"
    for data in (photo + picture("JPEG", (6, 4)), photo + trailer):
        assert examine(data, "photo.jpg").kind is ScanKind.JPEG
    with pytest.raises(ScanIncomplete):
        examine(photo + photo[:-20], "cut.jpg")


def test_a_jpeg_is_cut_off_even_if_the_small_picture_inside_is_whole() -> None:
    thumbnail = picture("JPEG", (6, 4))
    photo = picture("JPEG", (600, 400))
    within = photo[:2] + b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail + photo[2:]
    assert examine(within, "photo.jpg").kind is ScanKind.JPEG
    with pytest.raises(ScanIncomplete):
        examine(within[: 4 + len(thumbnail)] + b"\xff\xd9", "cut.jpg")


def test_a_heic_picture_is_refused_with_words_that_help() -> None:
    with pytest.raises(ScanHeic, match="JPEG"):
        examine(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), "IMG_0001.HEIC")


def test_a_damaged_png_chunk_is_refused() -> None:
    data = bytearray(picture("PNG"))
    data[60] ^= 1
    with pytest.raises(ScanIncomplete):
        examine(bytes(data), "damaged.png")


@pytest.mark.parametrize("password", ["", "secret"])
def test_an_encrypted_pdf_is_refused_even_if_it_opens_without_a_password(password: str) -> None:
    data = pdf(encryption=pikepdf.Encryption(owner="owner", user=password))
    with pytest.raises(ScanEncrypted):
        examine(data, "locked.pdf")


def test_a_pdf_without_pages_is_refused() -> None:
    with pytest.raises(ScanHasNoPages):
        examine(pdf(pages=0), "empty.pdf")


@pytest.mark.parametrize(
    ("data", "limits"),
    [
        (picture("JPEG"), ScanLimits(bytes=100)),
        (pdf(pages=4), ScanLimits(pages=3)),
        (picture("JPEG"), ScanLimits(pixels=2399)),
        (picture("PNG"), ScanLimits(pixels=2399)),
        (png_of(65_500, 65_500), ScanLimits()),
    ],
    ids=["bytes", "pages", "jpeg-pixels", "png-pixels", "bomb"],
)
def test_what_is_beyond_a_limit_is_refused_before_anything_is_decoded(data: bytes, limits: ScanLimits) -> None:
    with pytest.raises(ScanTooLarge):
        examine(data, "large", limits)


def test_a_picture_without_pixels_is_refused() -> None:
    for data in (png_of(0, 5), b"\xff\xd8\xff\xe0\0\x04ab\xff\xda\0\x02\xff\xd9", b"\xff\xd8\xff\xd9"):
        with pytest.raises(ScanIncomplete):
            examine(data, "void")


def test_a_refusal_tells_which_kind_of_fault_it_is_and_shows_a_harmless_name() -> None:
    with pytest.raises(Malformed) as unknown:
        examine(b"?", "..\u202e/\x1b[31m\n" + "n" * 500)
    assert str(unknown.value).isprintable()
    assert len(str(unknown.value)) < 200
    with pytest.raises(TooLarge):
        examine(b"?" * 9, "x", ScanLimits(bytes=8))


@given(st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b""]), st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_and_nothing_else(start: bytes, rest: bytes) -> None:
    with pytest.raises(ScanRefused):
        examine(start + rest, "noise")


@given(st.data())
def test_a_damaged_jpeg_or_png_is_told_apart_or_refused(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["JPEG", "PNG"]))
    content = bytearray(picture(kind))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = examine(bytes(content), "damaged").kind
    except ScanRefused:
        return
    assert found.value == f"image/{kind.lower()}"


def test_a_bomb_in_a_pdf_object_stream_is_bounded() -> None:
    packer, mebibyte = zlib.compressobj(9), b" " * MEBIBYTE
    bomb = packer.compress(b"1 0 ") + b"".join(packer.compress(mebibyte) for _ in range(400)) + packer.flush()
    body = b"%%PDF-1.5\n1 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(bomb)
    data = body + bomb + b"\nendstream endobj\n"
    xref = struct.pack(">BIB", 0, 0, 0) + struct.pack(">BIB", 1, 9, 0) + struct.pack(">BIB", 2, 1, 0)
    at = len(data)
    data += b"3 0 obj<</Type/XRef/Size 3/W[1 4 1]/Root 2 0 R/Length %d>>stream\n" % len(xref)
    data += xref + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF\n" % at
    limits = ScanLimits(process=ProcessLimits(memory_bytes=384 * MEBIBYTE, cpu_seconds=20))
    with pytest.raises(ScanRefused):
        examine(data, "bomb.pdf", limits)
