"""Lists and details of returns, within the branches where a person may read them."""

from __future__ import annotations

from uuid import UUID

import pytest

from printserver.foundation.errors import Forbidden, NotFound
from printserver.foundation.ids import new_id
from printserver.organisations.permissions import Role
from printserver.returns.access import PageNotFound, ReturnNotFound, page_picture, scan_file
from printserver.returns.models import ReturnPage
from printserver.returns.queries import copy_return_status, doubtful_pages, page_view, return_detail, returns
from printserver.returns.states import PageState
from printserver.storage.objects import Objects
from tests.paper_books import Books
from tests.unit.returns.test_service import SCAN, discard, doubtful, give, settle


def return_of(books: Books, page_id: UUID) -> UUID:
    with books.database.reading() as work:
        return work.session.get_one(ReturnPage, page_id).return_id


def test_a_list_counts_pages_by_their_fate_and_shows_the_newest_first(any_books: Books):
    copy = any_books.copy(pages=2)
    settled, waiting = doubtful(any_books), doubtful(any_books)
    doubtful(any_books, branch=any_books.other)
    settle(any_books, settled, copy)
    with any_books.database.reading() as work:
        clerk = any_books.actor(Role.CLERK)
        listed = returns(work, clerk)
        assert [each.id for each in listed] == [return_of(any_books, waiting), return_of(any_books, settled)]
        assert [each.doubtful for each in listed] == [1, 0]
        assert listed[1].counts[PageState.SETTLED] == 1
        assert listed[0].handed_in_by == "王小明"
        assert returns(work, clerk, before=listed[0].id, limit=1) == listed[1:]


def test_the_queue_holds_what_waits_and_nothing_else(books: Books):
    first, second, third = (doubtful(books) for _ in range(3))
    discard(books, second)
    with books.database.reading() as work:
        assert [page.id for page in doubtful_pages(work, books.actor(Role.ARCHIVIST))] == [first, third]
        assert [page.id for page in doubtful_pages(work, books.actor(Role.ARCHIVIST), limit=1)] == [first]


def test_the_queue_is_read_on_behind_a_page_also_once_that_one_is_settled(any_books: Books):
    waiting = [doubtful(any_books) for _ in range(5)]
    archivist = any_books.actor(Role.ARCHIVIST)
    with any_books.database.reading() as work:
        first = doubtful_pages(work, archivist, limit=2)
    discard(any_books, first[-1].id)
    with any_books.database.reading() as work:
        second = doubtful_pages(work, archivist, behind=first[-1].id, limit=2)
        rest = doubtful_pages(work, archivist, behind=second[-1].id, limit=2)
        assert [page.id for page in (*first, *second, *rest)] == waiting
        with pytest.raises(PageNotFound):
            doubtful_pages(work, any_books.actor(Role.ARCHIVIST, branch=any_books.other), behind=first[0].id)


def test_what_lies_in_another_branch_is_not_found(books: Books):
    page_id, copy = doubtful(books), books.copy()
    stranger = books.actor(Role.ARCHIVIST, branch=books.other)
    with books.database.reading() as work:
        assert returns(work, stranger) == ()
        assert doubtful_pages(work, stranger) == ()
        with pytest.raises(ReturnNotFound):
            return_detail(work, stranger, return_of(books, page_id))
        with pytest.raises(PageNotFound):
            page_view(work, stranger, page_id)
        with pytest.raises(NotFound):
            copy_return_status(work, stranger, copy.id)


def test_without_the_right_there_is_no_list(books: Books):
    with books.database.reading() as work:
        for read in (returns, doubtful_pages):
            with pytest.raises(Forbidden):
                read(work, books.actor(Role.CUSTODIAN))


def test_an_applicant_sees_how_far_a_copy_has_come_home(books: Books):
    copy = books.copy(pages=3)
    settle(books, doubtful(books), copy, 2)
    with books.database.reading() as work:
        status = copy_return_status(work, books.actor(Role.APPROVER), copy.id)
    assert (status.pages_expected, status.found, status.missing) == (3, (2,), (1, 3))


def test_pictures_and_scans_come_out_only_to_who_may_see_them(books: Books):
    return_id = give(books)
    objects: Objects = books.objects
    assert scan_file(books.database, objects, books.actor(Role.CLERK), return_id) == SCAN
    assert books.entries() == ["ReturnHandedIn", "ReturnedScanRead"]
    with pytest.raises(ReturnNotFound):
        scan_file(books.database, objects, books.actor(Role.CLERK, branch=books.other), return_id)
    with pytest.raises(Forbidden):
        scan_file(books.database, objects, books.actor(Role.CUSTODIAN), return_id)
    assert books.entries() == ["ReturnHandedIn", "ReturnedScanRead"]
    page_id = doubtful(books)
    with books.database.work() as work:
        work.session.get_one(ReturnPage, page_id).image_sha256 = objects.put(b"picture", books.organisation_id)
    assert page_picture(books.database, objects, books.actor(Role.ARCHIVIST), page_id) == b"picture"
    for actor, wanted in (
        (books.actor(Role.ARCHIVIST, branch=books.other), page_id),
        (books.actor(Role.CLERK), new_id()),
    ):
        with pytest.raises(PageNotFound):
            page_picture(books.database, objects, actor, wanted)


def test_a_page_without_a_picture_says_so(books: Books):
    page_id = doubtful(books)
    with books.database.work() as work:
        work.session.get_one(ReturnPage, page_id).image_sha256 = None
    with pytest.raises(PageNotFound, match="whole scan"):
        page_picture(books.database, books.objects, books.actor(Role.CLERK), page_id)
