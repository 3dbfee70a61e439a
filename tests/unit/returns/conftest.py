"""One issued copy of three pages, its pages as pixels and as scans; made once, they are never written to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from printserver.cli.demo.paper import Image, office_scan, rasterise
from printserver.foundation.serials import CopySerial
from tests.databases import any_database, database_kit, postgresql_supply, sqlite_database, sqlite_template
from tests.paper_books import any_books, books, issuer
from tests.signing_world import ceremony, signing_worlds
from tests.unit.returns.made_pages import contract_lines, issued_copy
from tests.world import any_world, world, world_template

__all__ = [
    "any_books",
    "any_database",
    "any_world",
    "books",
    "ceremony",
    "database_kit",
    "issuer",
    "postgresql_supply",
    "signing_worlds",
    "sqlite_database",
    "sqlite_template",
    "world",
    "world_template",
]

SERIAL = CopySerial(bytes(range(10)))
DPI = 200


@pytest.fixture(scope="session")
def issued_pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("issued") / "copy.pdf"
    path.write_bytes(issued_copy(SERIAL, [contract_lines(seed) for seed in range(3)]))
    return path


@pytest.fixture(scope="session")
def issued_pages(issued_pdf: Path) -> list[Image]:
    """Pages 1 to 3 at 200 dpi."""
    return [_locked(rasterise(issued_pdf, number, DPI)) for number in (1, 2, 3)]


@pytest.fixture(scope="session")
def scanned(issued_pages: list[Image]) -> Image:
    """Page 1 as a scanner sees it, skewed by one degree."""
    return _locked(office_scan(issued_pages[0], DPI, np.random.default_rng(7), skew_degrees=1.0))


@pytest.fixture
def picture() -> Image:
    """40 × 60, with a blue top left and a red bottom right corner."""
    image = np.full((60, 40, 3), 230, np.uint8)
    image[:20, :15] = (200, 20, 20)
    image[-20:, -15:] = (20, 20, 200)
    return image


def _locked(image: Image) -> Image:
    image.setflags(write=False)
    return image
