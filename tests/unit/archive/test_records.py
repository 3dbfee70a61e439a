"""A complete copy is archived once, under the next number of its organisation and year."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from printserver.archive.models import ArchiveRecord
from printserver.archive.records import ArchivedPage, CompleteCopy, CopyIncomplete, archive_copy
from printserver.audit.log import By
from printserver.foundation.ids import new_id
from printserver.print_requests.queries import CopyFacts
from tests.databases import clock_of
from tests.paper_books import Books

BY = By(process="test")


def complete(copy: CopyFacts) -> CompleteCopy:
    return CompleteCopy(
        organisation_id=copy.organisation_id,
        branch_id=copy.branch_id,
        request_id=copy.request_id,
        copy_id=copy.id,
        serial=copy.serial,
        number=copy.number,
        copies=copy.copies,
        title=copy.title,
        own_reference=copy.own_reference,
        issued_sha256=copy.issued_sha256 or "",
        pages_expected=copy.pages,
        pages=tuple(
            ArchivedPage(page, f"{page:064x}", "5" * 64, page, "same", new_id()) for page in range(1, copy.pages + 1)
        ),
    )


def numbers(books: Books) -> list[str]:
    with books.database.reading() as work:
        return list(work.session.scalars(select(ArchiveRecord.number).order_by(ArchiveRecord.number)))


def test_a_complete_copy_gets_a_record_and_an_audit_entry(any_books: Books):
    copy = any_books.copy(pages=2)
    with any_books.database.work() as work:
        record_id = archive_copy(work, BY, complete(copy))
    with any_books.database.reading() as work:
        record = work.session.get_one(ArchiveRecord, record_id)
        assert (record.number, record.serial, record.title) == ("2026-000001", str(copy.serial), copy.title)
        assert [page["page"] for page in record.pages] == [1, 2]
    assert any_books.entries() == ["CopyArchived"]


def test_a_copy_is_archived_once_however_often_it_is_asked_for(any_books: Books):
    copy = complete(any_books.copy())
    with any_books.database.work() as work:
        first = archive_copy(work, BY, copy)
    with any_books.database.work() as work:
        assert archive_copy(work, BY, copy) == first
    assert numbers(any_books) == ["2026-000001"]
    assert any_books.entries() == ["CopyArchived"]


def test_numbers_have_no_gaps_and_begin_anew_each_year(any_books: Books):
    copies = [complete(copy) for copy in any_books.copies(3)]
    with any_books.database.work() as work:
        archive_copy(work, BY, copies[0])
    with pytest.raises(CopyIncomplete), any_books.database.work() as work:  # noqa: PT012 -- the second undoes the first
        archive_copy(work, BY, copies[1])
        archive_copy(work, BY, replace(copies[2], pages=()))
    with any_books.database.work() as work:
        archive_copy(work, BY, copies[1])
    clock_of(any_books.database).moment = datetime(2027, 1, 1, tzinfo=UTC)
    with any_books.database.work() as work:
        archive_copy(work, BY, copies[2])
    assert numbers(any_books) == ["2026-000001", "2026-000002", "2027-000001"]


def test_two_who_archive_at_the_same_time_get_different_numbers(any_books: Books):
    copies = [complete(copy) for copy in any_books.copies(6)]
    failures: list[BaseException] = []

    def archive(some: list[CompleteCopy]) -> None:
        try:
            for copy in some:
                with any_books.database.work() as work:
                    archive_copy(work, BY, copy)
        except BaseException as failure:  # noqa: BLE001 - the main thread asserts on what a thread met
            failures.append(failure)

    threads = [threading.Thread(target=archive, args=(some,)) for some in (copies, copies[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert numbers(any_books) == [f"2026-{number:06d}" for number in range(1, 7)]
    assert any_books.entries() == ["CopyArchived"] * 6


@pytest.mark.parametrize(
    "lacking", ["a page", "all pages", "the order", "one page twice", "the issued PDF", "any page"]
)
def test_an_incomplete_copy_is_not_archived(books: Books, lacking: str):
    whole = complete(books.copy(pages=3))
    one, two, three = whole.pages
    broken = {
        "a page": replace(whole, pages=(one, three)),
        "all pages": replace(whole, pages=()),
        "the order": replace(whole, pages=(one, three, two)),
        "one page twice": replace(whole, pages=(one, two, two, three)),
        "the issued PDF": replace(whole, issued_sha256=""),
        "any page": replace(whole, pages=(), pages_expected=0),
    }[lacking]
    with pytest.raises(CopyIncomplete), books.database.work() as work:
        archive_copy(work, BY, broken)
    with books.database.reading() as work:
        assert work.session.scalar(select(func.count()).select_from(ArchiveRecord)) == 0
    assert books.entries() == []
