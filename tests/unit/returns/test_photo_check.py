"""A photograph of a paper by anybody: its code, the paper squared up beside what strangers see, and honest words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from sqlalchemy import update

from printserver.approvals.models import DocumentClass
from printserver.foundation.ids import new_id
from printserver.foundation.serials import PageCode
from printserver.print_requests.models import Copy
from printserver.print_requests.queries import CopyFacts, copy_facts
from printserver.returns.photo_check import (
    LARGEST,
    Looks,
    PhotoCheck,
    PhotoTooLarge,
    PhotoUnreadable,
    check_photo,
)
from printserver.verification.public_view import VerdictKind
from tests.paper_books import Books
from tests.paper_drawings import page_pixels, pages_with_codes
from tests.unit.returns.made_pages import contract_lines

LINES = contract_lines(3)
CHANGED = [*LINES[:6], LINES[6].replace(",", " 玖拾万元 ,", 1), "7. 另付违约金 900,000.00 CNY. " * 2, *LINES[8:]]


@dataclass
class Paper:
    """An issued copy of one page, and what its rendition without code looks like."""

    books: Books
    copy: CopyFacts

    def shown(self, view: str) -> None:
        with self.books.database.work() as work:
            work.session.execute(update(DocumentClass).values(public_view=view))

    def check(self, photo: bytes) -> PhotoCheck:
        return check_photo(self.books.database, self.books.objects, self.books.issuer.key_list(), photo)


@pytest.fixture
def paper(books: Books) -> Iterator[Paper]:
    copy = books.copy()
    issued = books.issue(copy, [LINES])
    with books.database.work() as work:
        stored = books.objects.put(issued, books.organisation_id)
        work.session.execute(update(Copy).where(Copy.id == copy.id).values(rendition_sha256=stored))
        work.session.add(
            DocumentClass(
                id=new_id(),
                organisation_id=books.organisation_id,
                code="general",
                name_zh="一般文件",
                name_en="General",
                retention="standard",
                seal_types=[],
                hints={},
                flow=None,
                version=0,
                retired=False,
                changed_at=work.now(),
                public_view="full",
            )
        )
    with books.database.reading() as work:
        yield Paper(books, copy_facts(work, copy.id))


def photographed(page: np.ndarray, *, height: int = 3200, blur: float = 0.6, turned: int = 0) -> bytes:
    """The sheet on a dark desk, seen at an angle, unevenly lit, as JPEG."""
    h, w = page.shape[:2]
    width = height * 3 // 4
    corners = np.array([[0.12, 0.06], [0.90, 0.09], [0.94, 0.95], [0.08, 0.92]], np.float32) * (width, height)
    source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    desk = np.full((height, width, 3), (38, 46, 60), np.uint8)
    cv2.warpPerspective(
        page, matrix, (width, height), dst=desk, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_TRANSPARENT
    )
    light = np.linspace(0.75, 1.0, width, dtype=np.float32)[None, :, None]
    noise = np.random.default_rng(5).normal(0, 3, desk.shape).astype(np.float32)
    photo = np.clip(cv2.GaussianBlur(desk, (0, 0), blur) * light + noise, 0, 255).astype(np.uint8)
    return cv2.imencode(".jpg", np.rot90(photo, turned), [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def pixels(picture: bytes) -> np.ndarray:
    return np.asarray(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def changed_paper(paper: Paper) -> bytes:
    """The genuine code on a page that says something else."""
    return pages_with_codes([paper.books.text(paper.copy)], [PageCode(paper.copy.serial, 1)], [CHANGED])


def issued(paper: Paper) -> np.ndarray:
    assert paper.copy.issued_sha256 is not None
    return page_pixels(paper.books.objects.get(paper.copy.issued_sha256, paper.books.organisation_id))


def test_the_paper_as_issued_is_squared_up_and_found_the_same(paper: Paper):
    found = paper.check(photographed(issued(paper), turned=1))
    assert found.verdict is not None
    assert found.verdict.kind is VerdictKind.GENUINE
    assert found.looks is Looks.SAME
    assert [region for region in found.regions if region.kind == "missing"] == []
    for picture in (found.photo, found.page):
        assert pixels(picture).shape[0] == 1100


def test_a_genuine_code_on_another_text_is_genuine_and_the_text_differs(paper: Paper):
    found = paper.check(photographed(page_pixels(changed_paper(paper))))
    assert found.verdict is not None
    assert found.verdict.kind is VerdictKind.GENUINE
    assert found.looks is Looks.DIFFERS
    assert found.regions


def test_what_the_class_hides_is_neither_shown_nor_compared(paper: Paper):
    paper.shown("masked")
    found = paper.check(photographed(page_pixels(changed_paper(paper))))
    assert found.looks is Looks.PARTLY_SAME
    assert [region for region in found.regions if region.kind == "missing"] == []
    text = pixels(found.page)[250:800, 100:650].astype(np.int16)
    assert (text.max(axis=2) < 120).mean() < 0.001, "no black letter is on it"
    paper.shown("none")
    found = paper.check(photographed(issued(paper)))
    assert (found.looks, found.page, found.photo) == (Looks.NOT_SHOWN, b"", b"")


def test_a_photograph_that_is_too_small_blurred_or_without_code_is_said_to_be_so(paper: Paper):
    blurred = paper.check(photographed(issued(paper), blur=14))
    assert (blurred.looks, blurred.verdict, blurred.blurred) == (Looks.NO_CODE, None, True)
    small = paper.check(photographed(issued(paper), height=1100))
    assert small.looks in (Looks.TOO_COARSE, Looks.NO_CODE)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8\xff\xe0 no picture", b"%PDF-1.7"])
def test_what_is_no_photograph_is_refused(paper: Paper, data: bytes):
    with pytest.raises(PhotoUnreadable):
        paper.check(data)


def test_a_photograph_that_is_too_large_is_not_opened(paper: Paper):
    with pytest.raises(PhotoTooLarge):
        paper.check(bytes(LARGEST + 1))
