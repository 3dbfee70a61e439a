"""A scanned seal loses its paper, keeps its red, and stands on a copy in its true size."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from functools import cache

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFilter

from printserver.rendering.seal_artwork import SealDesign, SealTextRefused, draw_seal
from printserver.rendering.seal_artwork_image import (
    LARGEST_BYTES,
    CleanSeal,
    SealImageProportions,
    SealImageTooCoarse,
    SealImageTooLarge,
    SealImageUnreadable,
    SealImageWithoutRed,
    clean_seal_image,
)
from printserver.rendering.seal_artwork_types import SealType
from tests.unit.rendering.papers import middle_of_colour, qpdf_is_content, raster

SIZE = {"width_um": 40_000, "height_um": 40_000}


@cache
def scanned(dpi: int = 400, *, noise: bool = True) -> Image.Image:
    """A seal on off-white paper with a shadow, black print under it and the noise of a scanner."""
    design = SealDesign.usual(SealType.CONTRACT, "北京测试印务科技有限公司", "1101080123456")
    artwork = draw_seal(replace(design, width_um=40_000, height_um=40_000))
    seal = pypdfium2.PdfDocument(artwork)[0].render(scale=dpi / 72).to_pil().convert("RGB")
    paper = Image.new("RGB", (seal.width + 200, seal.height + 160), (244, 240, 232))
    draw = ImageDraw.Draw(paper)
    draw.rectangle((0, 0, 60, paper.height), fill=(170, 168, 165))
    for line in range(30, paper.height, 60):
        draw.line((20, line, paper.width - 20, line), fill=(40, 40, 40), width=5)
    # Ink takes light away, so that black stays black under it.
    under = np.asarray(paper).astype(float)
    over = np.full_like(under, 255)
    over[80 : 80 + seal.height, 100 : 100 + seal.width] = np.asarray(seal)
    pixels = under * over / 255
    if noise:
        pixels += np.random.default_rng(7).normal(0, 6, pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.6))


def file_of(picture: Image.Image, kind: str = "PNG") -> bytes:
    target = io.BytesIO()
    picture.save(target, kind)
    return target.getvalue()


@cache
def cleaned() -> CleanSeal:
    return clean_seal_image(file_of(scanned()), **SIZE)


def test_the_paper_its_shadow_and_the_print_under_the_seal_are_gone(tmp_path):
    pixels = np.asarray(raster(cleaned().pdf, tmp_path, dpi=300)).astype(int)
    redness = pixels[..., 0] - pixels[..., 1:].max(axis=-1)
    # Nowhere anything but white, the seal's red and what lies between the two.
    assert (np.abs(pixels[..., 1] - pixels[..., 2]) < 12).all()
    assert (pixels[redness < 8].min() if (redness < 8).any() else 255) > 225
    assert (redness > 150).mean() == pytest.approx(0.25, abs=0.12)


def test_the_seal_stands_in_its_size_at_its_middle(tmp_path):
    assert qpdf_is_content(cleaned().pdf, tmp_path)
    with pikepdf.open(io.BytesIO(cleaned().pdf)) as pdf:
        (page,) = pdf.pages
        assert [round(float(side) / 72 * 25.4, 2) for side in page.mediabox] == [0, 0, 40, 40]
    picture = raster(cleaned().pdf, tmp_path, dpi=300)
    assert middle_of_colour(picture, dpi=300, red=True) == pytest.approx((20, 20), abs=0.3)


def test_a_photo_that_a_camera_took_lying_stands_upright():
    lying, target = scanned().transpose(Image.Transpose.ROTATE_90), io.BytesIO()
    exif = Image.Exif()
    exif[0x112] = 6
    lying.save(target, "PNG", exif=exif)
    assert clean_seal_image(target.getvalue(), **SIZE) == cleaned()


def test_the_same_picture_gives_the_same_bytes_and_is_shown_as_it_came():
    again = clean_seal_image(file_of(scanned()), **SIZE)
    assert again == cleaned()
    assert 395 <= again.dpi <= 402
    assert max(Image.open(io.BytesIO(again.before_png)).size) == 800


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "BMP", "WEBP"])
def test_usual_formats_are_read(kind):
    assert clean_seal_image(file_of(scanned(), kind), **SIZE).pdf.startswith(b"%PDF-")


@pytest.mark.parametrize("kind", ["GIF", "PPM"])
def test_whole_pictures_of_other_formats_are_not_decoded(kind):
    with pytest.raises(SealImageUnreadable):
        clean_seal_image(file_of(scanned(), kind), **SIZE)


def test_a_transparent_background_counts_as_white():
    picture = scanned(noise=False).convert("RGBA")
    pixels = np.asarray(picture).copy()
    pixels[pixels[..., 1] > 150] = 0
    assert clean_seal_image(file_of(Image.fromarray(pixels)), **SIZE).dpi >= 395


def test_a_coarse_picture_is_refused_with_its_resolution():
    with pytest.raises(SealImageTooCoarse) as refusal:
        clean_seal_image(file_of(scanned(200)), **SIZE)
    assert 195 <= refusal.value.dpi <= 202
    assert clean_seal_image(file_of(scanned(200)), width_um=20_000, height_um=20_000).dpi >= 395


def test_other_proportions_than_stated_are_refused():
    with pytest.raises(SealImageProportions):
        clean_seal_image(file_of(scanned()), width_um=40_000, height_um=30_000)


def test_a_picture_without_a_red_seal_is_refused():
    for colour in ("white", "black", (90, 90, 90), (20, 20, 200)):
        with pytest.raises(SealImageWithoutRed):
            clean_seal_image(file_of(Image.new("RGB", (900, 900), colour)), **SIZE)


@pytest.mark.parametrize(
    "data", [b"", b"no picture", b"%PDF-1.7", b"GIF89a" + bytes(40), b"\x89PNG\r\n\x1a\n" + bytes(64)]
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(SealImageUnreadable):
        clean_seal_image(data, **SIZE)


def test_a_bomb_is_refused_before_it_is_decoded():
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1 << 20)))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(SealImageTooLarge):
        clean_seal_image(bomb, **SIZE)
    with pytest.raises(SealImageTooLarge):
        clean_seal_image(bytes(LARGEST_BYTES + 1), **SIZE)


def test_a_size_that_no_seal_has_is_refused():
    for width_um, height_um in ((9_999, 40_000), (40_000, 100_001)):
        with pytest.raises(SealTextRefused):
            clean_seal_image(file_of(scanned()), width_um=width_um, height_um=height_um)
