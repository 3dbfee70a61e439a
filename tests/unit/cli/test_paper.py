"""The played paper is a scan that the returns room takes in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from printserver.cli.demo.paper import PaperScan, play_paper, rasterise
from printserver.foundation.serials import CopySerial, PageCode
from printserver.returns.comparison import RegionKind, Verdict, compare
from printserver.returns.matching import find_codes, identify_page
from printserver.returns.pages import ScanPage, scan_pages
from tests.unit.returns.made_pages import contract_lines, issued_copy, read_unsigned

SERIALS = [CopySerial(bytes([number] * 10)) for number in (1, 2)]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("printed")
    paths = [folder / f"{serial}.pdf" for serial in SERIALS]
    for serial, path in zip(SERIALS, paths, strict=True):
        path.write_bytes(issued_copy(serial, [contract_lines(number) for number in range(2)]))
    return paths


@pytest.fixture(scope="module")
def scan(printed: list[Path], tmp_path_factory: pytest.TempPathFactory) -> PaperScan:
    return play_paper(printed, tmp_path_factory.mktemp("scan") / "scan.pdf", seed=11, dpi=200)


@pytest.fixture(scope="module")
def pages(scan: PaperScan) -> list[ScanPage]:
    return list(scan_pages(scan.path.read_bytes()))


def test_every_page_is_one_picture_and_is_known_by_its_code(scan: PaperScan, pages: list[ScanPage]) -> None:
    assert [page.source for page in pages] == ["embedded"] * 4
    assert [page.dpi for page in pages] == pytest.approx([200] * 4, rel=0.01)
    known = [identify_page(find_codes(page.image, page.dpi), read_unsigned).code for page in pages]  # type: ignore[arg-type]
    assert known == [PageCode(serial, number) for serial in SERIALS for number in (1, 2)]
    assert [(page.number, page.source_page) for page in scan.pages] == [(1, 1), (2, 2), (3, 1), (4, 2)]


def test_one_page_lies_upside_down_and_all_are_skewed(scan: PaperScan, pages: list[ScanPage]) -> None:
    turned = [find_codes(page.image, page.dpi).rotation for page in pages]  # type: ignore[arg-type]
    assert sorted(turned, key=str) == [0, 0, 0, 180]
    assert [rotation == 180 for rotation in turned] == ["turned upside-down" in page.done for page in scan.pages]
    assert all(any(word.startswith("skewed") for word in page.done) for page in scan.pages)


def test_the_last_pages_are_sealed_and_signed_and_nothing_of_the_text_is_lost(
    printed: list[Path], scan: PaperScan, pages: list[ScanPage]
) -> None:
    for page, played in zip(pages, scan.pages, strict=True):
        assert page.image is not None
        found = compare(page.image, rasterise(played.source, played.source_page, 200), page.dpi, issued_dpi=200)
        assert found.verdict is Verdict.SAME, found
        added = [region for region in found.regions if region.kind is RegionKind.COUNTER_SIGNATURE]
        assert bool(added) == ("signed by hand" in played.done) == (played.source_page == 2)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_scan(printed: list[Path], tmp_path: Path) -> None:
    def digest(seed: int) -> str:
        scan = play_paper(printed[:1], tmp_path / "again.pdf", seed=seed, dpi=100)
        return hashlib.sha256(scan.path.read_bytes()).hexdigest()

    assert digest(3) == digest(3)
    assert digest(3) != digest(4)


def test_the_printed_files_are_left_as_they_are(printed: list[Path], scan: PaperScan) -> None:
    expected = rasterise(printed[0], 1, 100)
    assert scan.path.exists()
    assert np.array_equal(rasterise(printed[0], 1, 100), expected)
