"""Pages are settled, kept as versions, attached, discarded and corrected by hand."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from printserver.archive.queries import record_of_copy
from printserver.foundation.errors import Forbidden, NotFound, PrintServerError, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.serials import CopySerial, SerialMalformed
from printserver.organisations.permissions import Role
from printserver.print_requests.queries import CopyFacts
from printserver.print_requests.service import ReasonMissing
from printserver.print_requests.states import CopyState
from printserver.returns.access import PageNotFound
from printserver.returns.completion import kept_pages
from printserver.returns.models import ReturnPage
from printserver.returns.queries import page_view
from printserver.returns.settling import (
    CopyNotFound,
    CopyNotReturnable,
    NoEarlierPage,
    NoSuchPage,
    PageArchived,
    PageTaken,
    attach_page,
    discard_page,
    keep_version,
    settle_page,
)
from printserver.returns.states import PageState
from tests.paper_books import Books
from tests.unit.returns.test_service import discard, doubtful, facts, page_as_it_is, settle


def keep(books: Books, page_id: UUID, copy: CopyFacts, page: int = 1) -> None:
    with books.database.work() as work:
        archivist = books.actor(Role.ARCHIVIST)
        keep_version(work, archivist, page_id, serial=str(copy.serial), page=page, reason="a better scan")


def attach(books: Books, page_id: UUID, request_id: UUID) -> None:
    with books.database.work() as work:
        attach_page(work, books.actor(Role.ARCHIVIST), page_id, request_id=request_id, reason="I know the paper")


def test_an_archivist_settles_a_page_and_the_last_one_archives_the_copy(any_books: Books):
    copy = any_books.copy(pages=2)
    one, two = doubtful(any_books), doubtful(any_books)
    settle(any_books, one, copy, 1)
    with any_books.database.reading() as work:
        assert record_of_copy(work, copy.id) is None
        view = page_view(work, any_books.actor(Role.ARCHIVIST), one)
        assert (view.state, view.page, view.settled_by, view.reason) == (PageState.SETTLED, 1, "王小明", "I saw it")
    settle(any_books, two, copy, 2)
    with any_books.database.reading() as work:
        assert record_of_copy(work, copy.id) is not None
    assert any_books.entries() == ["PageSettled", "PageSettled", "CopyArchived"]


def test_a_correction_keeps_the_old_value_in_the_log(books: Books):
    first, second = books.copies(2, pages=2)
    page_id = doubtful(books)
    settle(books, page_id, first, 1)
    settle(books, page_id, second, 2)
    discard(books, page_id)
    settle(books, page_id, first, 2)
    kept = ("state_before", "copy_id_before", "page_before")
    assert [tuple(entry[name] for name in kept) for entry in facts(books, "PageSettled")] == [
        ("doubtful", None, None),
        ("settled", str(first.id), 1),
        ("discarded", str(second.id), 2),
    ]
    assert [tuple(entry[name] for name in kept) for entry in facts(books, "PageDiscarded")] == [
        ("settled", str(second.id), 2)
    ]
    assert page_as_it_is(books, page_id)[:4] == ("settled", "I saw it", first.id, 2)


def test_a_page_that_is_kept_already_is_not_taken_twice(any_books: Books):
    copy = any_books.copy(pages=2)
    one, two = doubtful(any_books), doubtful(any_books)
    settle(any_books, one, copy, 1)
    before, entries = page_as_it_is(any_books, two), any_books.entries()
    with pytest.raises(PageTaken):
        settle(any_books, two, copy, 1)
    assert (page_as_it_is(any_books, two), any_books.entries()) == (before, entries)
    discard(any_books, one)
    settle(any_books, two, copy, 1)


def test_pages_of_an_archived_copy_no_longer_change(books: Books):
    copy, other = books.copies(2)
    page_id = doubtful(books)
    settle(books, page_id, copy)
    before, entries = page_as_it_is(books, page_id), books.entries()
    with pytest.raises(PageArchived):
        discard(books, page_id)
    with pytest.raises(PageArchived):
        settle(books, page_id, other)
    assert (page_as_it_is(books, page_id), books.entries()) == (before, entries)


@pytest.mark.parametrize("state", [CopyState.VOID, CopyState.MISSING, CopyState.ISSUED, CopyState.WASTED])
def test_a_copy_that_is_void_or_was_never_printed_takes_no_page(books: Books, state: CopyState):
    copy, page_id = books.copy(state=state), doubtful(books)
    before = page_as_it_is(books, page_id)
    with pytest.raises(CopyNotReturnable):
        settle(books, page_id, copy)
    assert (page_as_it_is(books, page_id), books.entries()) == (before, [])


def test_what_cannot_be_meant_is_refused_and_changes_nothing(books: Books):
    copy, page_id, archivist = books.copy(pages=2), doubtful(books), books.actor(Role.ARCHIVIST)
    elsewhere = books.copy(branch=books.other)
    before = page_as_it_is(books, page_id)
    tries: list[tuple[type[PrintServerError], str, int, str]] = [
        (NoSuchPage, str(copy.serial), 0, "x"),
        (NoSuchPage, str(copy.serial), 3, "x"),
        (ReasonMissing, str(copy.serial), 1, "  "),
        (SerialMalformed, "1234", 1, "x"),
        (CopyNotFound, str(CopySerial.generate()), 1, "x"),
        (CopyNotFound, str(elsewhere.serial), 1, "x"),
    ]
    for refusal, serial, page, reason in tries:
        with pytest.raises(refusal), books.database.work() as work:
            settle_page(work, archivist, page_id, serial=serial, page=page, reason=reason)
    with pytest.raises(ReasonMissing), books.database.work() as work:
        discard_page(work, archivist, page_id, reason="")
    assert (page_as_it_is(books, page_id), books.entries()) == (before, [])


def test_only_an_archivist_of_the_branch_settles(books: Books):
    copy, page_id = books.copy(), doubtful(books)
    before = page_as_it_is(books, page_id)
    with pytest.raises(Forbidden):
        settle(books, page_id, copy, actor=books.actor(Role.CLERK))
    with pytest.raises(PageNotFound):
        settle(books, page_id, copy, actor=books.actor(Role.ARCHIVIST, branch=books.other))
    with pytest.raises(PageNotFound):
        settle(books, new_id(), copy)
    assert (page_as_it_is(books, page_id), books.entries()) == (before, [])


def test_a_page_that_somebody_else_settles_meanwhile_is_not_taken_from_its_copy_again(books: Books):
    """Both saw it settled as the first copy's; the copy of whoever was faster may be archived by now."""
    (one, two, three), page_id = books.copies(3, pages=2), doubtful(books)
    settle(books, page_id, one)
    before = books.entries()
    with books.database.work() as work:
        seen = work.session.get_one(ReturnPage, page_id)
        faster = {"copy_id": two.id, "settled_at": work.now() + timedelta(seconds=1)}
        change = update(ReturnPage).where(ReturnPage.id == page_id).values(**faster)
        work.session.execute(change.execution_options(synchronize_session=False))
        assert seen.copy_id == one.id
        with pytest.raises(TransitionRefused):
            settle_page(work, books.actor(Role.ARCHIVIST), page_id, serial=str(three.serial), page=1, reason="mine")
    assert (page_as_it_is(books, page_id)[2], books.entries()) == (two.id, before)


def test_a_discarded_page_is_not_discarded_again(books: Books):
    page_id = doubtful(books)
    discard(books, page_id)
    with pytest.raises(TransitionRefused):
        discard(books, page_id)
    assert books.entries() == ["PageDiscarded"]


def test_two_halves_settled_at_the_same_time_archive_the_copy_once(any_books: Books):
    for _ in range(4):
        copy = any_books.copy(pages=2)
        pages = [doubtful(any_books), doubtful(any_books)]
        begin = threading.Barrier(2)

        def settle_one(number: int, copy: CopyFacts = copy, pages: list[UUID] = pages, begin=begin) -> None:
            begin.wait()
            settle(any_books, pages[number - 1], copy, number)

        threads = [threading.Thread(target=settle_one, args=(number,)) for number in (1, 2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with any_books.database.reading() as work:
            assert record_of_copy(work, copy.id) is not None
    assert any_books.entries().count("CopyArchived") == 4


def test_a_further_scan_of_an_archived_page_is_kept_as_a_version_and_changes_nothing_else(any_books: Books):
    copy = any_books.copy()
    first, again = doubtful(any_books), doubtful(any_books)
    settle(any_books, first, copy)
    keep(any_books, again, copy)
    assert page_as_it_is(any_books, again)[:4] == ("version", "a better scan", copy.id, 1)
    with any_books.database.reading() as work:
        assert kept_pages(work, copy.id) == {1: first}
    assert any_books.entries() == ["PageSettled", "CopyArchived", "PageVersionKept"]
    discard(any_books, again)
    assert page_as_it_is(any_books, again)[0] == "discarded"


def test_there_is_no_further_version_of_a_page_that_never_came_home(books: Books):
    copy, page_id = books.copy(pages=2), doubtful(books)
    before = page_as_it_is(books, page_id)
    with pytest.raises(NoEarlierPage):
        keep(books, page_id, copy, 2)
    assert (page_as_it_is(books, page_id), books.entries()) == (before, [])


def test_a_page_without_a_code_is_put_to_a_request_and_taken_away_again(any_books: Books):
    copy, page_id = any_books.copy(pages=2), doubtful(any_books)
    attach(any_books, page_id, copy.request_id)
    with any_books.database.reading() as work:
        view = page_view(work, any_books.actor(Role.ARCHIVIST), page_id)
        assert (view.state, view.request_id, view.copy) == (PageState.ATTACHED, copy.request_id, None)
        assert kept_pages(work, copy.id) == {}
    settle(any_books, page_id, copy, 2)
    with any_books.database.reading() as work:
        assert page_view(work, any_books.actor(Role.ARCHIVIST), page_id).request_id is None
        assert list(kept_pages(work, copy.id)) == [2]
    assert facts(any_books, "PageSettled")[0]["request_id_before"] == str(copy.request_id)


def test_a_request_of_another_branch_takes_no_page(books: Books):
    page_id, elsewhere = doubtful(books), books.copy(branch=books.other)
    before = page_as_it_is(books, page_id)
    for request_id in (elsewhere.request_id, new_id()):
        with pytest.raises(NotFound):
            attach(books, page_id, request_id)
    assert (page_as_it_is(books, page_id), books.entries()) == (before, [])
