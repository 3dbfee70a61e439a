"""The archive is searched by field, within the branches where a person may read it."""

from __future__ import annotations

import pytest

from printserver.archive.access import RecordNotFound
from printserver.archive.queries import record_detail, record_named, record_of_copy, records
from printserver.archive.records import archive_copy
from printserver.archive.search_fields import ArchiveSearch
from printserver.foundation.errors import Forbidden
from printserver.organisations.permissions import Role
from tests.paper_books import Books
from tests.unit.archive.test_records import BY, complete


@pytest.fixture
def three(any_books: Books) -> Books:
    """Two records of the head's branch, one of the other."""
    copies = [
        any_books.copy(title="Lease of the 100% warehouse", own_reference="OA-77"),
        any_books.copy(title="采购合同 Purchase", own_reference="ERP_5", pages=2),
        any_books.copy(title="Elsewhere", branch=any_books.other),
    ]
    for copy in copies:
        with any_books.database.work() as work:
            archive_copy(work, BY, complete(copy))
    return any_books


def found(books: Books, search: ArchiveSearch) -> list[str]:
    with books.database.reading() as work:
        return [record.title for record in records(work, books.actor(Role.ARCHIVIST), search)]


def test_a_list_shows_the_newest_first_and_nothing_of_other_branches(three: Books):
    assert found(three, ArchiveSearch()) == ["采购合同 Purchase", "Lease of the 100% warehouse"]


SEARCHES = [
    (ArchiveSearch(title="WAREHOUSE"), ["Lease of the 100% warehouse"]),
    (ArchiveSearch(title="采购"), ["采购合同 Purchase"]),
    (ArchiveSearch(title="100%"), ["Lease of the 100% warehouse"]),
    (ArchiveSearch(title="%"), ["Lease of the 100% warehouse"]),
    (ArchiveSearch(own_reference="erp_"), ["采购合同 Purchase"]),
    (ArchiveSearch(number="2026-000001"), ["Lease of the 100% warehouse"]),
    (ArchiveSearch(number="000001"), []),
    (ArchiveSearch(number="２０２６－０００００１"), ["Lease of the 100% warehouse"]),
    (ArchiveSearch(title="ｐｕｒｃｈａｓｅ"), ["采购合同 Purchase"]),
    (ArchiveSearch(text="oa-77"), ["Lease of the 100% warehouse"]),
    (ArchiveSearch(text="2026-"), ["采购合同 Purchase", "Lease of the 100% warehouse"]),
    (ArchiveSearch(title="lease", own_reference="ERP_5"), []),
    (ArchiveSearch(serial="not a serial"), []),
    (ArchiveSearch(text="Elsewhere"), []),
    (ArchiveSearch(title="採購合同"), ["采购合同 Purchase"]),
    (ArchiveSearch(text="採购合同 ｐｕｒ"), ["采购合同 Purchase"]),
    (ArchiveSearch(title="採購合約"), []),
    (ArchiveSearch(title="採%"), []),
    (ArchiveSearch(title="採.*"), []),
    (ArchiveSearch(title="採]["), []),
]


def test_a_search_finds_what_it_names(three: Books):
    assert [(search, found(three, search)) for search, _ in SEARCHES] == SEARCHES


def test_a_serial_is_found_as_a_person_types_it(books: Books):
    copy = books.copy(title="mine")
    with books.database.work() as work:
        archive_copy(work, BY, complete(copy))
    typed = str(copy.serial).lower().replace("-", " ")
    assert found(books, ArchiveSearch(serial=typed)) == found(books, ArchiveSearch(text=typed)) == ["mine"]


def test_a_whole_number_or_serial_names_one_record(three: Books):
    actor, others = three.actor(Role.ARCHIVIST), three.actor(Role.ARCHIVIST, branch=three.other)
    with three.database.reading() as work:
        first = records(work, actor)[-1]
        for typed in (
            first.number,
            "２０２６－０００００１",
            f" {first.serial.lower()} ",
            first.serial.replace("-", " "),
        ):
            assert record_named(work, actor, typed) == first.id
            assert record_named(work, others, typed) is None
        assert record_named(work, actor, "2026-00000") is None


def test_a_list_is_read_page_by_page(three: Books):
    with three.database.reading() as work:
        actor = three.actor(Role.ARCHIVIST)
        first = records(work, actor, limit=1)
        second = records(work, actor, before=first[0].id, limit=1)
        assert [record.number for record in first + second] == ["2026-000002", "2026-000001"]
        assert records(work, actor, before=second[0].id) == ()


def test_a_record_shows_its_pages_and_is_found_by_its_copy(any_books: Books):
    copy = any_books.copy(pages=2)
    with any_books.database.work() as work:
        record_id = archive_copy(work, BY, complete(copy))
    with any_books.database.reading() as work:
        detail = record_detail(work, any_books.actor(Role.AUDITOR), record_id)
        assert record_of_copy(work, copy.id) == record_id
        assert record_of_copy(work, record_id) is None
    assert [(page.page, page.image_sha256) for page in detail.pages] == [(1, f"{1:064x}"), (2, f"{2:064x}")]
    assert detail.summary.pages == 2


def test_another_branch_and_an_unknown_record_are_not_found(three: Books):
    actor = three.actor(Role.ARCHIVIST, branch=three.other)
    with three.database.reading() as work:
        own = records(work, actor)
        foreign = records(work, three.actor(Role.ARCHIVIST))[0]
        assert [record.title for record in own] == ["Elsewhere"]
        with pytest.raises(RecordNotFound):
            record_detail(work, actor, foreign.id)


def test_without_the_right_the_archive_is_closed(three: Books):
    with three.database.reading() as work, pytest.raises(Forbidden):
        records(work, three.actor(Role.CLERK))
