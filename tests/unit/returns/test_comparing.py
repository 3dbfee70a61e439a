"""What is compared of a copy, and that a photograph is squared up before its text is said to differ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from printserver.cli.demo.paper import Image, rasterise
from printserver.print_requests.queries import CopyFacts, copy_facts
from printserver.returns.comparing import IssuedPages
from printserver.returns.comparison import Verdict
from printserver.returns.comparison_types import Kind
from printserver.returns.squaring import on_a_desk
from tests.paper_books import Books
from tests.unit.returns.made_pages import contract_lines

DPI = 200


@pytest.fixture
def copy(books: Books) -> CopyFacts:
    made = books.copy()
    books.issue(made, [contract_lines(3)])
    with books.database.reading() as work:
        return copy_facts(work, made.id)


def paper(pdf: bytes, folder: Path) -> Image:
    (folder / "paper.pdf").write_bytes(pdf)
    return rasterise(folder / "paper.pdf", 1, DPI)


def photographed(image: Image) -> Image:
    """On a dark desk and so much from one side that the plain registration lays no letter well."""
    height, width = image.shape[:2]
    sheet = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = np.array(
        [[100 + width / 10, 100 + height / 20], [width * 0.9, 150], [width + 80, height + 60], [60, height + 40]],
        np.float32,
    )
    matrix, size = cv2.getPerspectiveTransform(sheet, seen), (width + 160, height + 160)
    return np.asarray(cv2.warpPerspective(image, matrix, size, borderValue=(60, 50, 40)), np.uint8)


def test_a_photographed_page_is_squared_up_before_its_text_is_said_to_differ(
    books: Books, copy: CopyFacts, tmp_path: Path
):
    assert copy.issued_sha256 is not None
    page = paper(books.objects.get(copy.issued_sha256, books.organisation_id), tmp_path)
    photo = photographed(page)
    assert (on_a_desk(photo), on_a_desk(page)) == (True, False)
    found = IssuedPages(books.objects).compare(copy, 1, photo, DPI)
    assert found.verdict is Verdict.SAME


@pytest.mark.parametrize("seen", [lambda page: page, photographed], ids=["scanned", "photographed"])
def test_a_page_in_grey_is_compared(books: Books, copy: CopyFacts, tmp_path: Path, seen: Callable[[Image], Image]):
    assert copy.issued_sha256 is not None
    page = paper(books.objects.get(copy.issued_sha256, books.organisation_id), tmp_path)
    grey = np.asarray(cv2.cvtColor(seen(page), cv2.COLOR_BGR2GRAY), np.uint8)
    found = IssuedPages(books.objects).compare(copy, 1, grey, DPI)
    assert (found.verdict, found.kind, found.colour) == (Verdict.REVIEW, Kind.SAME, False)


def test_a_changed_page_stays_changed_on_a_photograph(books: Books, copy: CopyFacts, tmp_path: Path):
    other = books.copy(title="other")
    lines = contract_lines(3)
    changed = books.issue(other, [[*lines[:6], "九百万元整 9,000,000.00 CNY " + lines[6][:20], *lines[7:]]])
    found = IssuedPages(books.objects).compare(copy, 1, photographed(paper(changed, tmp_path)), DPI)
    assert found.verdict is Verdict.CHANGED
