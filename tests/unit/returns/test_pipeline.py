"""A return is read once: each page finds its copy or waits for a person, and complete copies are archived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from printserver.archive.queries import record_detail, record_of_copy
from printserver.foundation.errors import Unavailable
from printserver.foundation.serials import PageCode
from printserver.organisations.permissions import Role
from printserver.print_requests.queries import CopyFacts
from printserver.print_requests.states import CopyState
from printserver.returns import pipeline
from printserver.returns.batches import guesses_for
from printserver.returns.guesses import Why
from printserver.returns.pipeline import ReturnTools, fail_return, process_return
from printserver.returns.queries import PageView, ReturnDetail, copy_return_status, doubtful_pages, return_detail
from printserver.returns.service import hand_in
from printserver.returns.settling import settle_page
from printserver.returns.states import PageState, Reason, ReturnState
from printserver.signing.p256 import key_id_of, spki_of
from tests.paper_books import Books
from tests.paper_drawings import page_pixels, pages_with_codes, png_of, scan_of
from tests.passed_on_objects import PassedOnObjects
from tests.sealed_store import content_file
from tests.unit.returns.made_pages import contract_lines

BLANK = np.full((2339, 1654, 3), 250, np.uint8)


def tools_of(books: Books) -> ReturnTools:
    return ReturnTools(books.database, books.objects, books.issuer.key_list)


def bring(books: Books, data: bytes) -> UUID:
    return hand_in(books.database, books.objects, books.actor(Role.CLERK), filename="scan", data=data)


def bring_and_read(books: Books, *pages: np.ndarray) -> ReturnDetail:
    return_id = bring(books, scan_of(*pages))
    process_return(tools_of(books), return_id)
    return detail(books, return_id)


def detail(books: Books, return_id: UUID) -> ReturnDetail:
    with books.database.reading() as work:
        return return_detail(work, books.actor(Role.ARCHIVIST), return_id)


def issued_pages(books: Books, copy: CopyFacts) -> list[np.ndarray]:
    """The copy's paper, page by page, after it was issued."""
    pdf = books.issue(copy)
    return [page_pixels(pdf, page) for page in range(1, copy.pages + 1)]


def fates(found: ReturnDetail) -> list[tuple[str, str, int | None]]:
    return [(page.state.value, page.reason, page.page) for page in found.pages]


def greyed(page: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(page, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def archived(books: Books, copy: CopyFacts) -> UUID | None:
    with books.database.reading() as work:
        return record_of_copy(work, copy.id)


def test_a_whole_copy_is_matched_compared_and_archived(any_books: Books):
    copy = any_books.copy(pages=2)
    one, two = issued_pages(any_books, copy)
    found = bring_and_read(any_books, cv2.rotate(two, cv2.ROTATE_180), BLANK, one)
    assert fates(found) == [("matched", "", 2), ("blank", "", None), ("matched", "", 1)]
    assert [page.verdict for page in found.pages] == ["same", "", "same"]
    assert [page.rotation for page in found.pages] == [180, 0, 0]
    assert found.summary.state is ReturnState.READ
    record_id = archived(any_books, copy)
    assert record_id is not None
    with any_books.database.reading() as work:
        record = record_detail(work, any_books.actor(Role.ARCHIVIST), record_id)
    assert [(page.page, page.position) for page in record.pages] == [(1, 3), (2, 1)]
    picture = record.pages[1].image_sha256
    assert picture is not None
    upright = cv2.imdecode(
        np.frombuffer(any_books.objects.get(picture, any_books.organisation_id), np.uint8), cv2.IMREAD_COLOR
    )
    assert np.abs(upright.astype(int) - two).mean() < 5
    assert any_books.entries() == ["ReturnHandedIn", "PageMatched", "PageMatched", "CopyArchived", "ReturnRead"]


def test_halves_that_come_in_two_returns_make_one_record(books: Books):
    copy = books.copy(pages=2)
    one, two = issued_pages(books, copy)
    bring_and_read(books, two)
    assert archived(books, copy) is None
    with books.database.reading() as work:
        status = copy_return_status(work, books.actor(Role.CLERK), copy.id)
    assert (status.found, status.missing, status.archive_record_id) == ((2,), (1,), None)
    bring_and_read(books, one)
    assert archived(books, copy) is not None


def test_reading_again_after_a_crash_gives_the_same_result_once(books: Books, monkeypatch: pytest.MonkeyPatch):
    copy = books.copy()
    return_id = bring(books, scan_of(*issued_pages(books, copy)))

    def crash(*_: object) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "_archive", crash)
        with pytest.raises(ConnectionResetError):
            process_return(tools_of(books), return_id)
    assert archived(books, copy) is None
    for _ in range(2):
        process_return(tools_of(books), return_id)
    assert fates(detail(books, return_id)) == [("matched", "", 1)]
    assert archived(books, copy) is not None
    assert books.entries() == ["ReturnHandedIn", "PageMatched", "CopyArchived", "ReturnRead"]


def test_the_same_page_again_waits_for_a_person(books: Books):
    copy = books.copy(pages=2)
    one, _ = issued_pages(books, copy)
    found = bring_and_read(books, one, one)
    assert fates(found) == [("matched", "", 1), ("doubtful", "duplicate-page", 1)]
    later = bring_and_read(books, one, BLANK)
    assert fates(later) == [("doubtful", "duplicate-page", 1), ("blank", "", None)]
    with books.database.reading() as work:
        queue = doubtful_pages(work, books.actor(Role.ARCHIVIST))
        assert [page.id for page in queue] == [found.pages[1].id, later.pages[0].id]
        assert doubtful_pages(work, books.actor(Role.ARCHIVIST, branch=books.other)) == ()


def test_a_page_with_other_words_differs_and_is_not_archived_before_a_person_has_seen_it(books: Books):
    copy = books.copy()
    lines = contract_lines(1)
    books.issue(copy, [lines])
    lines[5] = lines[5].replace("CNY", "EUR").translate(str.maketrans("12345678", "87654321"))
    altered = page_pixels(pages_with_codes([books.text(copy)], [PageCode(copy.serial, 1)], [lines]))
    found = bring_and_read(books, altered)
    (page,) = found.pages
    assert (page.state, page.reason, page.verdict) == (PageState.DOUBTFUL, "differs", "changed")
    assert page.findings["regions"]
    assert page.copy is not None
    assert page.copy.serial == str(copy.serial)
    assert archived(books, copy) is None
    with books.database.work() as work:
        settle_page(
            work,
            books.actor(Role.ARCHIVIST),
            page.id,
            serial=page.copy.serial,
            page=1,
            reason="amended by hand, agreed",
        )
    assert archived(books, copy) is not None


@pytest.mark.parametrize("colour", [True, False], ids=["in colour", "in grey"])
def test_a_code_glued_on_another_page_waits_for_a_person(books: Books, colour: bool):
    copy = books.copy()
    books.issue(copy, [contract_lines(1)])
    pdf = pages_with_codes([books.text(copy)], [PageCode(copy.serial, 1)], [contract_lines(2)])
    (page,) = bring_and_read(books, page_pixels(pdf) if colour else greyed(page_pixels(pdf))).pages
    assert page.state is PageState.DOUBTFUL
    assert page.reason in (Reason.DIFFERS, Reason.COMPARE_BY_EYE, Reason.NOT_COMPARED)
    assert archived(books, copy) is None


def test_a_scan_without_colour_waits_for_a_person_who_compares_it(books: Books):
    copy = books.copy()
    (page,) = issued_pages(books, copy)
    found = bring_and_read(books, greyed(page)).pages[0]
    assert (found.state, found.verdict, found.reason) == (PageState.DOUBTFUL, "review", Reason.COMPARE_BY_EYE)
    assert archived(books, copy) is None
    with books.database.work() as work:
        (guess,) = guesses_for(work, books.actor(Role.ARCHIVIST), found.id)
        assert (guess.guess.why, guess.guess.copy_id, guess.guess.page) == (Why.CODE, copy.id, 1)
        settle_page(
            work, books.actor(Role.ARCHIVIST), found.id, serial=str(copy.serial), page=1, reason=guess.guess.why
        )
    assert archived(books, copy) is not None


def test_something_written_beside_the_text_waits_for_a_person(books: Books):
    copy = books.copy()
    books.issue(copy, [contract_lines(1)])
    lines = [f"{line} not" if at == 4 else line for at, line in enumerate(contract_lines(1))]
    inserted = page_pixels(pages_with_codes([books.text(copy)], [PageCode(copy.serial, 1)], [lines]))
    (found,) = bring_and_read(books, inserted).pages
    assert (found.state, found.verdict, found.reason) == (PageState.DOUBTFUL, "review", Reason.COMPARE_BY_EYE)
    assert archived(books, copy) is None


def test_paper_of_an_unsettled_copy_is_matched_with_a_note(books: Books):
    copy = books.copy(state=CopyState.OUTCOME_UNKNOWN)
    found = bring_and_read(books, *issued_pages(books, copy))
    assert fates(found) == [("matched", "copy-unsettled", 1)]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (CopyState.VOID, Reason.COPY_VOID),
        (CopyState.ISSUED, Reason.COPY_NOT_PRINTED),
    ],
)
def test_paper_that_should_not_exist_is_doubtful(books: Books, state: CopyState, reason: Reason):
    copy = books.copy(state=state)
    found = bring_and_read(books, *issued_pages(books, copy))
    assert fates(found) == [("doubtful", reason.value, 1)]
    assert archived(books, copy) is None


def _forged(books: Books, copy: CopyFacts) -> str:
    text = books.text(copy)
    return text[:-1] + str((int(text[-1]) + 1) % 10)


def _unknown_key(books: Books, copy: CopyFacts) -> str:
    stranger = replace(books.issuer, code_key=ec.generate_private_key(ec.SECP256R1()))
    return stranger.text(books.body(copy, key_id=key_id_of(spki_of(stranger.code_key.public_key()))))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (_forged, Reason.CODE_ALTERED),
        (_unknown_key, Reason.UNKNOWN_CODE),
        (lambda books, copy: books.text(copy, copy=9, copies=9), Reason.CODE_ALTERED),
    ],
    ids=["forged", "unknown key", "contradicts the books"],
)
def test_a_code_that_is_not_ours_makes_its_page_doubtful(
    books: Books, text: Callable[[Books, CopyFacts], str], reason: Reason
):
    copy = books.copy()
    pdf = pages_with_codes([text(books, copy)], [PageCode(copy.serial, 1)])
    found = bring_and_read(books, page_pixels(pdf))
    assert [(page.state, page.reason) for page in found.pages] == [(PageState.DOUBTFUL, reason)]
    assert archived(books, copy) is None


def test_bars_without_a_qr_need_an_existing_copy_and_page(books: Books):
    copy = books.copy()
    foreign = Books(books.database, books.objects, books.issuer, number=8).open().copy()
    numbers = [PageCode(copy.serial, 1), PageCode(copy.serial, 2), PageCode(foreign.serial, 1)]
    books.issue(copy, [contract_lines(0)])
    pdf = pages_with_codes([books.text(copy)] * 3, numbers, [contract_lines(0)] * 3)
    pages = [page_pixels(pdf, page) for page in (1, 2, 3)]
    for page in pages:
        page[:340, -450:] = 255  # the QR is torn off
    found = bring_and_read(books, *pages)
    assert [page.reason for page in found.pages] == ["", Reason.PAGE_OUT_OF_RANGE, Reason.FOREIGN_CODE]
    assert found.pages[0].findings["evidence"] == "code-128"
    assert found.pages[2].copy is None


def test_a_page_without_any_code_is_unreadable(books: Books):
    (page,) = issued_pages(books, books.copy())
    page[:340, -450:] = 255
    page[-350:, :900] = 255
    assert fates(bring_and_read(books, page)) == [("doubtful", "unreadable", None)]


def test_a_copy_whose_issued_pages_are_gone_waits_for_a_person(books: Books):
    copy = books.copy()
    pdf = pages_with_codes([books.text(copy)], [PageCode(copy.serial, 1)])
    found = bring_and_read(books, page_pixels(pdf))
    assert fates(found) == [("doubtful", "not-compared", 1)]


def test_a_copy_voided_while_its_pages_were_read_is_not_archived(books: Books, monkeypatch: pytest.MonkeyPatch):
    copy = books.copy()
    pages = issued_pages(books, copy)
    record = pipeline._record

    def void_first(*arguments: object) -> None:
        books.set_state(copy, CopyState.VOID)
        record(*arguments)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(pipeline, "_record", void_first)
    assert fates(bring_and_read(books, *pages)) == [("doubtful", "copy-void", 1)]
    assert archived(books, copy) is None


def test_a_file_that_cannot_be_read_fails_visibly_and_stays_stored(books: Books, tmp_path):
    data = png_of(BLANK)
    return_id = bring(books, data)
    digest = detail(books, return_id).summary.scan_sha256
    stored = content_file(tmp_path / "objects", books.organisation_id, digest)
    stored.write_bytes(b"not what was handed in")
    process_return(tools_of(books), return_id)
    failed = detail(books, return_id).summary
    assert (failed.state, failed.failure.partition(":")[0]) == (ReturnState.FAILED, "object-changed")
    assert books.entries() == ["ReturnHandedIn", "ReturnFailed"]
    fail_return(books.database, return_id, "again")
    process_return(tools_of(books), return_id)
    assert books.entries() == ["ReturnHandedIn", "ReturnFailed"]


def test_an_outage_leaves_the_return_waiting(books: Books):
    return_id = bring(books, png_of(BLANK))

    class Out(PassedOnObjects):
        def get(self, digest: str, owner: UUID) -> bytes:
            raise Unavailable("no store")

    with pytest.raises(Unavailable):
        process_return(ReturnTools(books.database, Out(books.objects), books.issuer.key_list), return_id)
    assert detail(books, return_id).summary.state is ReturnState.RECEIVED
    assert books.entries() == ["ReturnHandedIn"]
    process_return(tools_of(books), return_id)
    assert fates(detail(books, return_id)) == [("blank", "", None)]


def test_a_single_picture_is_a_scan_too(books: Books):
    copy = books.copy()
    return_id = bring(books, png_of(issued_pages(books, copy)[0]))
    process_return(tools_of(books), return_id)
    (page,) = detail(books, return_id).pages
    assert isinstance(page, PageView)
    assert (page.state, page.has_picture) == (PageState.MATCHED, True)
