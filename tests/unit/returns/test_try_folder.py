"""Hard files: each page is a line with the right text or an honest word why not, and nothing crashes."""

from __future__ import annotations

import io
import os
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pytest
import zxingcpp
from PIL import Image as Picture
from typer.testing import CliRunner

from printserver.cli.demo.paper import Image
from printserver.cli.main import app
from printserver.returns.try_folder import TriedPage, try_file, try_folder
from tests.unit.returns.conftest import DPI
from tests.unit.returns.hard_files import (
    broken_pictures_pdf,
    fax,
    huge_tiff,
    jbig2_pdf,
    oriented,
    tiff,
)
from tests.unit.returns.made_scans import png_of, saved, scan_of


def jpeg(image: Image, quality: int = 85) -> bytes:
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def turned(image: Image, degrees: float) -> Image:
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 0.9)
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderValue=(235, 235, 235)), np.uint8)


def photographed(image: Image) -> Image:
    """On a dark desk, from one side: a perspective, not only a turn."""
    height, width = image.shape[:2]
    sheet = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = np.array([[260, 200], [width * 0.93, 90], [width * 1.02, height], [120, height * 0.94]], np.float32)
    flat = cv2.warpPerspective(
        image, cv2.getPerspectiveTransform(sheet, seen), (width + 160, height + 160), borderValue=(60, 50, 40)
    )
    return np.asarray(flat, np.uint8)


def tried(folder: Path, name: str, data: bytes) -> list[TriedPage]:
    (folder / name).write_bytes(data)
    return list(try_file(folder / name, name))


@pytest.mark.parametrize("kind", ["group3", "group4", "jpeg", "tiff_lzw"])
def test_every_page_of_a_tiff_is_read(kind: str, issued_pages: list[Image], tmp_path: Path) -> None:
    found = tried(tmp_path, "scan.tif", tiff(issued_pages, kind))
    plain = [set(tried(tmp_path, "plain.jpg", jpeg(page))[0].texts) for page in issued_pages]
    assert [page.page for page in found if set(page.texts) & plain[page.page - 1]] == [1, 2, 3]


def test_a_fine_page_is_read_turned_skewed_photographed_and_by_what_a_telephone_says_of_it(
    issued_pages: list[Image], tmp_path: Path
) -> None:
    page = issued_pages[0]
    upright = set(tried(tmp_path, "plain.jpg", jpeg(page))[0].texts)
    assert upright
    for name, data in {
        "down.jpg": jpeg(np.ascontiguousarray(np.rot90(page, 2))),
        "sideways.jpg": jpeg(np.ascontiguousarray(np.rot90(page))),
        "skewed.jpg": jpeg(turned(page, 7)),
        "photo.jpg": jpeg(photographed(page)),
        **{f"exif-{number}.jpg": oriented(page, number) for number in (3, 6, 8)},
    }.items():
        (found,) = tried(tmp_path, name, data)
        assert set(found.texts) & upright, name


def test_a_fax_is_read_right_or_said_to_be_unread(issued_pages: list[Image], tmp_path: Path) -> None:
    right = {text for page in tried(tmp_path, "all.tif", tiff(issued_pages, "raw")) for text in page.texts}
    for image in issued_pages:
        (found,) = tried(tmp_path, "fax.tif", fax(image))
        assert set(found.texts) <= right
        assert found.read or found.reason in ("unread", "blank")


def test_pages_whose_decoders_fail_are_lines_of_their_own_and_the_rest_is_read(
    issued_pages: list[Image], tmp_path: Path
) -> None:
    with (
        pikepdf.open(io.BytesIO(broken_pictures_pdf())) as pdf,
        pikepdf.open(io.BytesIO(scan_of(issued_pages[0]))) as good,
    ):
        pdf.pages.extend(good.pages)
        found = tried(tmp_path, "broken.pdf", saved(pdf))
    assert [page.read for page in found] == [False] * 6 + [True]
    (jbig2,) = tried(tmp_path, "jbig2.pdf", jbig2_pdf())
    assert not jbig2.read


HOSTILE = {
    "huge.tif": huge_tiff(),
    "bomb.png": png_of(65_000, 65_000),
    "empty.pdf": b"",
    "noise.tif": b"II*\0" + bytes(range(256)),
    "page.html": b"<html>",
    "archive.zip": b"PK\x03\x04",
    "photo.heic": b"\0\0\0\x18ftypheic" + bytes(40),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_the_gate_refuses_is_one_line_with_the_refusal(name: str, tmp_path: Path) -> None:
    (line,) = tried(tmp_path, name, HOSTILE[name])
    assert (line.page, line.read) == (0, False)
    assert line.reason.startswith("scan-")


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_a_file_cut_in_the_middle_is_said_to_be_incomplete(
    issued_pages: list[Image], tmp_path: Path, share: float
) -> None:
    for name, data in {"a.pdf": scan_of(issued_pages[0]), "b.jpg": jpeg(issued_pages[0])}.items():
        (line,) = tried(tmp_path, name, data[: int(len(data) * share)])
        assert line.reason == "scan-incomplete"


def test_a_card_at_2400_dpi_is_read_and_a_page_of_that_is_refused_in_words(
    issued_pages: list[Image], tmp_path: Path
) -> None:
    page = issued_pages[0]
    corner = np.ascontiguousarray(page[: round(2.2 * DPI), -round(2.2 * DPI) :])
    fine = Picture.fromarray(corner[:, :, 2]).resize((corner.shape[1] * 12, corner.shape[0] * 12))
    out = io.BytesIO()
    fine.point(lambda value: 255 * (value > 150)).convert("1").save(
        out, "TIFF", compression="group4", dpi=(2_400, 2_400)
    )
    (found,) = tried(tmp_path, "card.tif", out.getvalue())
    assert found.page == 1
    (refused,) = tried(tmp_path, "page.png", png_of(19_842, 28_063))
    assert refused.reason == "scan-too-large"


def test_a_sheet_full_of_codes_is_read_without_taking_a_foreign_one_for_ours(
    issued_pages: list[Image], tmp_path: Path
) -> None:
    sheet = np.full((2_300, 1_650), 255, np.uint8)
    for row in range(6):
        for column in range(5):
            text = f"https://elsewhere.example/q/{row}{column}"
            code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
            made = np.asarray(zxingcpp.write_barcode_to_image(code, scale=6, add_quiet_zones=True), np.uint8)
            y, x = 40 + row * 370, 30 + column * 320
            sheet[y : y + made.shape[0], x : x + made.shape[1]] = made
    (found,) = tried(tmp_path, "codes.png", bytes(cv2.imencode(".png", sheet)[1]))
    assert found.texts == ()


def test_a_folder_is_gone_through_without_following_links_or_waiting_for_anybody(
    issued_pages: list[Image], tmp_path: Path
) -> None:
    folder = tmp_path / "scans"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "扫描.jpg").write_bytes(jpeg(issued_pages[0]))
    (folder / "a.txt").write_bytes(b"hello")
    os.mkfifo(folder / "queue.pdf")
    (folder / "loop").symlink_to(folder)
    (folder / "passwd.pdf").symlink_to("/etc/passwd")
    lines = list(try_folder(folder))
    assert [(line.file, line.page, line.read) for line in lines] == [
        ("a.txt", 0, False),
        ("inner/扫描.jpg", 1, True),
        ("queue.pdf", 0, False),
    ]
    shown = CliRunner().invoke(app, ["returns", "try", str(folder)])
    assert shown.exit_code == 0
    rows = [row.split("\t") for row in shown.stdout.splitlines()]
    assert [row[2] == "unread" for row in rows if len(row) == 5] == [True, False, True]
