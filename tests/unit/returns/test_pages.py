"""The pages of a scan as pixels."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pikepdf
import pytest

from printserver.cli.demo.paper import Image
from printserver.foundation.limited_process import ProcessLimits
from printserver.returns.intake import DEFAULT_LIMITS, ScanIncomplete, ScanTooLarge
from printserver.returns.pages import scan_pages
from tests.unit.returns.made_scans import close, png_of, scan_of


def test_the_scanners_own_picture_is_taken_from_a_pdf(picture: Image) -> None:
    (page,) = scan_pages(scan_of(picture))
    assert (page.number, page.source, page.trouble) == (1, "embedded", None)
    assert close(page.image, picture)
    assert page.dpi == pytest.approx(72, rel=0.01)


def test_a_drawn_page_is_rendered_at_300_dpi(issued_pdf: Path) -> None:
    pages = list(scan_pages(issued_pdf.read_bytes(), only=[2]))
    assert [(page.number, page.source, page.dpi) for page in pages] == [(2, "rendered", 300.0)]
    assert pages[0].image is not None
    assert pages[0].image.shape == (3508, 2481, 3)


def truncated(pdf: pikepdf.Pdf) -> None:
    scan = pdf.pages[1].Resources.XObject.Scan
    scan.write(scan.read_raw_bytes()[:400], filter=pikepdf.Name.DCTDecode)


def noise(pdf: pikepdf.Pdf) -> None:
    pdf.pages[1].Resources.XObject.Scan.write(b"\xff\xd8\xff" + b"7" * 400, filter=pikepdf.Name.DCTDecode)


def boundless(pdf: pikepdf.Pdf) -> None:
    pdf.pages[1].MediaBox = [0, 0, 1e6, 1e6]


def enormous(pdf: pikepdf.Pdf) -> None:
    scan = pdf.pages[1].Resources.XObject.Scan
    scan.Width, scan.Height, scan.ColorSpace = 60_000, 60_000, pikepdf.Name.DeviceGray
    scan.write(zlib.compress(bytes(1 << 20)), filter=pikepdf.Name.FlateDecode)
    pdf.pages[1].MediaBox = [0, 0, 60, 60]
    pdf.pages[1].Contents = pikepdf.Stream(pdf, b"q 60 0 0 60 0 0 cm /Scan Do Q")


@pytest.mark.parametrize("damage", [truncated, noise, boundless, enormous])
def test_a_broken_page_in_the_middle_is_reported_and_the_others_still_come(
    picture: Image, damage: Callable[[pikepdf.Pdf], None]
) -> None:
    pages = list(scan_pages(scan_of(*[np.tile(picture, (5, 5, 1))] * 3, change=damage)))
    assert [page.image is None for page in pages] == [False, True, False]
    assert [page.number for page in pages] == [1, 2, 3]
    assert pages[1].trouble
    assert (pages[1].dpi, pages[1].image) == (0.0, None)


def test_pages_that_end_the_decoding_process_are_broken_and_the_others_still_come(picture: Image) -> None:
    def greedy(pdf: pikepdf.Pdf) -> None:
        scan = pdf.pages[1].Resources.XObject.Scan
        scan.ColorSpace = pikepdf.Name.DeviceGray
        deflate = zlib.compressobj(9)
        blocks = [deflate.compress(bytes(1 << 24)) for _ in range(40)]
        scan.write(b"".join([*blocks, deflate.flush()]), filter=pikepdf.Name.FlateDecode)

    tight = ProcessLimits(memory_bytes=640 << 20, cpu_seconds=20, output_bytes=1 << 26)
    data = scan_of(picture, picture, picture, change=greedy)
    pages = list(scan_pages(data, replace(DEFAULT_LIMITS, process=tight)))
    assert [page.image is None for page in pages] == [False, True, False]


def test_a_file_of_which_nothing_decodes_is_given_up_after_a_few_processes(picture: Image) -> None:
    starved = ProcessLimits(memory_bytes=1 << 30, cpu_seconds=20, output_bytes=4096)
    data = scan_of(*[np.tile(picture, (3, 3, 1))] * 12)
    pages = list(scan_pages(data, replace(DEFAULT_LIMITS, process=starved)))
    assert [page.number for page in pages] == list(range(1, 13))
    assert all(page.image is None for page in pages)
    assert "too many pages" in str(pages[-1].trouble)


def test_a_png_that_inflates_to_more_than_its_header_says_is_bounded() -> None:
    (page,) = scan_pages(png_of(100, 100, bytes(200 << 20)))
    assert page.image is None or page.image.shape == (100, 100)


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(ScanTooLarge):
        next(scan_pages(png_of(60_000, 60_000)))


def test_a_cut_off_file_has_no_pages(picture: Image) -> None:
    data = scan_of(picture)
    with pytest.raises(ScanIncomplete):
        next(scan_pages(data[: len(data) // 2]))


def test_many_pages_come_in_order(picture: Image) -> None:
    shades = [np.full_like(picture, 10 * shade) for shade in range(20)]
    pages = list(scan_pages(scan_of(*shades)))
    assert [page.number for page in pages] == list(range(1, 21))
    assert [round(float(page.image.mean()) / 10) for page in pages if page.image is not None] == list(range(20))
