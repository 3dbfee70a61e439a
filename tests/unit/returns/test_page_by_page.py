"""Returns are recorded page by page: a crash repeats nothing wrongly, a bad page blocks none, sheets part batches.

What a page is compared with is no matter here: every comparison finds it as it was issued.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import cv2
import numpy as np
import pytest
import zxingcpp
from sqlalchemy import update

from printserver.archive.queries import record_of_copy
from printserver.foundation.errors import NotFound
from printserver.foundation.serials import CopySerial, PageCode
from printserver.organisations.permissions import Role
from printserver.print_requests.models import Copy
from printserver.print_requests.process_code import ProcessCode
from printserver.print_requests.queries import CopyFacts
from printserver.rendering.straddle import SeamSlice
from printserver.returns import fate, pipeline
from printserver.returns.access import PageNotFound
from printserver.returns.batches import guesses_for
from printserver.returns.comparing import IssuedPages
from printserver.returns.comparison_types import Comparison, Kind, Verdict
from printserver.returns.guesses import Why
from printserver.returns.history import page_history
from printserver.returns.matching import Image, find_codes
from printserver.returns.pages import ScanPage
from printserver.returns.papers import paper_digest, papers_pdf, returned_papers
from printserver.returns.pipeline import ReturnTools, fail_return, process_return
from printserver.returns.queries import ReturnDetail
from printserver.returns.settling import discard_page, settle_page
from printserver.returns.states import PageAction, Reason, ReturnState
from printserver.returns.thumbnails import HEIGHT, WIDTH, thumbnail
from tests.paper_books import Books
from tests.paper_drawings import scan_of
from tests.unit.returns.test_pipeline import BLANK, bring, detail, fates, issued_pages

DRAWN = np.full((1170, 827, 3), 250, np.uint8)
for _line in range(200, 1000, 40):
    cv2.rectangle(DRAWN, (100, _line), (700, _line + 16), (40, 40, 40), 2)


class AsIssued(IssuedPages):
    def compare(
        self, copy: CopyFacts, page: int, scan: Image, dpi: float, slices: Sequence[SeamSlice] = ()
    ) -> Comparison:
        return Comparison(Verdict.SAME, 1.0, (), "nothing differs", Kind.SAME, 1.0)


def tools_of(books: Books) -> ReturnTools:
    return ReturnTools(books.database, books.objects, books.issuer.key_list, AsIssued)


def bring_and_read(books: Books, *pages: Image) -> ReturnDetail:
    return_id = bring(books, scan_of(*pages))
    process_return(tools_of(books), return_id)
    return detail(books, return_id)


class Crash(Exception):
    """The worker is gone."""


def sheet(request_id: UUID) -> Image:
    return barred(ProcessCode(request_id).digits())


def barred(digits: str) -> Image:
    """A page of something like text with these bars on it."""
    page = DRAWN.copy()
    code = zxingcpp.create_barcode(digits, zxingcpp.BarcodeFormat.Code128)
    bars = np.array(zxingcpp.write_barcode_to_image(code, scale=2))
    page[80:190, 40:800] = 255
    page[90 : 90 + bars.shape[0], 100 : 100 + bars.shape[1]] = bars[..., None]
    return page


def crash_at(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    record = pipeline._record

    def crash(database: object, order: object, page: fate.PageFate) -> None:
        if page.position == number:
            raise Crash
        record(database, order, page)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(pipeline, "_record", crash)


def test_copies_that_a_failed_return_completes_are_archived_all_the_same(books: Books, monkeypatch: pytest.MonkeyPatch):
    copy = books.copy()
    return_id = bring(books, scan_of(*issued_pages(books, copy), BLANK))
    with monkeypatch.context() as patch:
        crash_at(patch, 2)
        with pytest.raises(Crash):
            process_return(tools_of(books), return_id)
    fail_return(books.database, return_id, "the server could not read the file")
    with books.database.reading() as work:
        assert record_of_copy(work, copy.id) is not None
    assert books.entries() == ["ReturnHandedIn", "PageMatched", "CopyArchived", "ReturnFailed"]


def test_a_failed_return_is_closed_although_archiving_breaks(books: Books, monkeypatch: pytest.MonkeyPatch):
    copy = books.copy()
    return_id = bring(books, scan_of(*issued_pages(books, copy), BLANK))

    def crash(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "archive_if_complete", crash)
        with pytest.raises(Crash):
            process_return(tools_of(books), return_id)
        with pytest.raises(Crash):
            fail_return(books.database, return_id, "the server could not read the file")
    assert detail(books, return_id).summary.state is ReturnState.FAILED
    assert books.entries()[-1] == "ReturnFailed"


def test_a_copy_that_cannot_be_archived_holds_up_no_other_of_its_return(any_books: Books):
    without, whole = any_books.copy(), any_books.copy()
    pages = [*issued_pages(any_books, without), *issued_pages(any_books, whole)]
    with any_books.database.work() as work:
        work.session.execute(update(Copy).where(Copy.id == without.id).values(issued_sha256=None))
    found = bring_and_read(any_books, *pages)
    assert found.summary.state is ReturnState.FAILED
    assert found.summary.failure.startswith(f"copy {without.id} cannot be archived: ")
    with any_books.database.reading() as work:
        assert record_of_copy(work, without.id) is None
        assert record_of_copy(work, whole.id) is not None


def states(books: Books, return_id: UUID) -> list[tuple[str, int | None]]:
    return [(page.state.value, page.page) for page in detail(books, return_id).pages]


def test_after_a_crash_reading_goes_on_behind_the_last_recorded_page(any_books: Books, monkeypatch: pytest.MonkeyPatch):
    copy = any_books.copy(pages=2)
    one, two = issued_pages(any_books, copy)
    return_id = bring(any_books, scan_of(one, BLANK, two))
    with monkeypatch.context() as patch:
        crash_at(patch, 3)
        with pytest.raises(Crash):
            process_return(tools_of(any_books), return_id)
    assert states(any_books, return_id) == [("matched", 1), ("blank", None)]
    assert detail(any_books, return_id).summary.state is ReturnState.RECEIVED
    read: list[int] = []
    whole = fate.PageReader.fate

    def noted(self: fate.PageReader, scanned: ScanPage) -> fate.PageFate:
        read.append(scanned.number)
        return whole(self, scanned)

    monkeypatch.setattr(fate.PageReader, "fate", noted)
    for _ in range(2):
        process_return(tools_of(any_books), return_id)
    assert read == [3]
    assert states(any_books, return_id) == [("matched", 1), ("blank", None), ("matched", 2)]
    assert any_books.entries() == ["ReturnHandedIn", "PageMatched", "PageMatched", "CopyArchived", "ReturnRead"]


def test_two_who_read_the_same_return_record_each_page_once(books: Books, monkeypatch: pytest.MonkeyPatch):
    """The second reads the whole return while the first holds its first page in its hands."""
    copy = books.copy(pages=2)
    return_id = bring(books, scan_of(*issued_pages(books, copy)))
    record = pipeline._record
    late: list[fate.PageFate] = []

    def held(database: object, order: object, page: fate.PageFate) -> None:
        if not late:
            late.append(page)
            process_return(tools_of(books), return_id)
        record(database, order, page)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(pipeline, "_record", held)
    process_return(tools_of(books), return_id)
    assert states(books, return_id) == [("matched", 1), ("matched", 2)]
    assert books.entries() == ["ReturnHandedIn", "PageMatched", "PageMatched", "CopyArchived", "ReturnRead"]


def test_what_was_read_before_a_failure_is_kept_and_the_same_file_is_read_on(
    books: Books, monkeypatch: pytest.MonkeyPatch
):
    copy = books.copy()
    (page,) = issued_pages(books, copy)
    scan = scan_of(sheet(copy.request_id), page, DRAWN)
    first = bring(books, scan)
    with monkeypatch.context() as patch:
        crash_at(patch, 3)
        with pytest.raises(Crash):
            process_return(tools_of(books), first)
    fail_return(books.database, first, "the store was away")
    assert len(detail(books, first).pages) == 2
    again = bring(books, scan)
    process_return(tools_of(books), again)
    assert states(books, again) == [("process-sheet", None), ("matched", 1), ("attached", None)]
    assert detail(books, first).pages == ()
    assert books.entries()[-6:-3] == ["CopyArchived", "ReturnFailed", "ReturnHandedIn"]
    assert books.entries()[-3:] == ["PagesTakenOver", "PageAttached", "ReturnRead"]


def test_a_page_whose_reading_breaks_waits_and_blocks_no_other(books: Books, monkeypatch: pytest.MonkeyPatch):
    copy = books.copy(pages=2)
    one, two = issued_pages(books, copy)
    find = find_codes

    def broken(image: Image, dpi: float | None = None) -> object:
        if (image[500:505, 400:405] == 0).all():
            raise cv2.error("a strange picture")
        return find(image, dpi)

    monkeypatch.setattr(fate, "find_codes", broken)
    strange = DRAWN.copy()
    strange[450:550, 350:450] = 0
    found = bring_and_read(books, one, strange, two)
    assert fates(found) == [("matched", "", 1), ("doubtful", "broken-page", None), ("matched", "", 2)]
    assert "strange picture" in found.pages[1].findings["trouble"]


def test_uncoded_pages_behind_a_process_sheet_come_to_its_request_and_only_there(any_books: Books):
    request, other = any_books.copy(pages=2), any_books.copy()
    (coded,) = issued_pages(any_books, other)
    found = bring_and_read(any_books, DRAWN, sheet(request.request_id), DRAWN, BLANK, DRAWN, coded, DRAWN)
    assert [page.state.value for page in found.pages] == [
        "doubtful",
        "process-sheet",
        "attached",
        "blank",
        "attached",
        "matched",
        "doubtful",
    ]
    assert [page.sheet for page in found.pages] == [None, 2, 2, None, 2, None, None]
    with any_books.database.reading() as work:
        papers = returned_papers(work, any_books.actor(Role.CLERK), request.request_id)
        assert returned_papers(work, any_books.actor(Role.CLERK), other.request_id) == ()
    assert [(paper.number, paper.position) for paper in papers] == [(1, 3), (2, 5)]
    pdf = papers_pdf(any_books.database, any_books.objects, any_books.actor(Role.CLERK), request.request_id)
    assert pdf.startswith(b"%PDF-")
    assert any_books.entries()[-1] == "ReturnedPapersRead"


@pytest.mark.parametrize("whose", ["another branch", "another organisation", "nobody"])
def test_a_process_sheet_that_is_not_the_branchs_own_waits_and_takes_nothing(books: Books, whose: str):
    copies = {
        "another branch": lambda: books.copy(branch=books.other).request_id,
        "another organisation": lambda: (
            Books(books.database, books.objects, books.issuer, number=8).open().copy().request_id
        ),
        "nobody": lambda: UUID(int=77),
    }
    request_id = copies[whose]()
    found = bring_and_read(books, sheet(request_id), DRAWN)
    reason = Reason.SHEET_UNKNOWN if whose == "nobody" else Reason.SHEET_FOREIGN
    assert fates(found) == [("doubtful", reason.value, None), ("doubtful", "unreadable", None)]
    assert [page.request_id for page in found.pages] == [None, None]


def test_bars_whose_check_digits_do_not_agree_are_believed_by_nobody_and_kept_for_a_guess():
    digits = PageCode(CopySerial(bytes(range(10))), 3).digits()
    wrong = digits[:4] + f"{(int(digits[4:6]) + 1) % 100:02d}" + digits[6:]
    codes = find_codes(barred(wrong), 200)
    assert (codes.codes, codes.sheets, codes.damaged) == ((), (), (wrong,))
    assert find_codes(barred("123456789012"), 200).damaged == ()


def test_a_further_scan_of_an_archived_page_is_offered_as_a_version(books: Books):
    copy = books.copy()
    (page,) = issued_pages(books, copy)
    bring_and_read(books, page)
    with books.database.reading() as work:
        assert record_of_copy(work, copy.id) is not None
    again = bring_and_read(books, page, BLANK)
    assert fates(again)[0] == ("doubtful", Reason.NEW_VERSION.value, 1)
    with books.database.reading() as work:
        (guess,) = guesses_for(work, books.actor(Role.ARCHIVIST), again.pages[0].id)
    assert (guess.guess.why, guess.guess.action) == (Why.VERSION, PageAction.KEEP_VERSION)


def test_the_history_of_a_page_says_who_took_it_for_what(books: Books):
    copy = books.copy(pages=2)
    (page,) = bring_and_read(books, DRAWN).pages
    archivist = books.actor(Role.ARCHIVIST)
    with books.database.work() as work:
        settle_page(work, archivist, page.id, serial=str(copy.serial), page=2, reason="I know it")
        discard_page(work, archivist, page.id, reason="I was wrong")
    with books.database.reading() as work:
        said = page_history(work, archivist, page.id)
        with pytest.raises(PageNotFound):
            page_history(work, books.actor(Role.ARCHIVIST, branch=books.other), page.id)
    assert [(each.event, each.by, each.reason, each.before) for each in said] == [
        ("PageDoubted", "", "unreadable", ""),
        ("PageSettled", "王小明", "I know it", "doubtful"),
        ("PageDiscarded", "王小明", "I was wrong", "settled"),
    ]
    assert said[1].copy is not None
    assert (said[1].copy.serial, said[1].page) == (str(copy.serial), 2)


def test_a_requests_papers_are_for_those_who_may_read_the_request(books: Books):
    request = books.copy()
    bring_and_read(books, sheet(request.request_id), DRAWN)
    with books.database.reading() as work:
        (paper,) = returned_papers(work, books.actor(Role.APPROVER), request.request_id)
    stranger, before = books.actor(Role.CLERK, branch=books.other), books.entries()
    with pytest.raises(NotFound):
        papers_pdf(books.database, books.objects, stranger, request.request_id)
    with pytest.raises(NotFound):
        paper_digest(books.database, stranger, request.request_id, paper.id)
    with pytest.raises(PageNotFound):
        papers_pdf(books.database, books.objects, books.actor(Role.CLERK), books.copy().request_id)
    assert books.entries() == before
    digest = paper_digest(books.database, books.actor(Role.CLERK), request.request_id, paper.id)
    small = thumbnail(books.objects.get(digest, books.organisation_id))
    height, width = cv2.imdecode(np.frombuffer(small, np.uint8), cv2.IMREAD_COLOR).shape[:2]
    assert (width <= WIDTH, height <= HEIGHT) == (True, True)
    assert len(small) < 30_000
