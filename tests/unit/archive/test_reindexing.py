"""The words of texts are written down anew from what the archive keeps, and it can be broken off at any moment."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update

from printserver.archive.models import ArchiveRecord, ArchiveText, ArchiveWord
from printserver.archive.reindexing import IndexFacts, index_facts, is_read_anew, read_anew, write_anew
from printserver.archive.search_index import FORM, forget, remember
from printserver.archive.searchable import make_searchable
from printserver.foundation.errors import Forbidden, Unavailable
from printserver.organisations.permissions import Role
from tests.paper_books import Books
from tests.sealed_store import content_file
from tests.unit.archive.test_searchable import archived, found, tools


def words(books: Books) -> set[tuple[int, int, int]]:
    with books.database.reading() as work:
        rows = work.session.execute(select(ArchiveWord.token, ArchiveWord.shelf, ArchiveWord.number))
        return {(token, shelf, number) for token, shelf, number in rows}


def facts(books: Books) -> IndexFacts:
    with books.database.reading() as work:
        return index_facts(work, books.actor(Role.ARCHIVIST))


def never() -> bool:
    return False


def not_read(picture: bytes) -> tuple[()]:
    raise AssertionError("what is read once is kept in the searchable file")


def two(books: Books) -> list[UUID]:
    ids = [archived(books, title=title) for title in ("采购合同", "租赁合同")]
    for each in ids:
        make_searchable(tools(books), each)
    return ids


def test_the_same_words_are_found_again_without_reading_scans(any_books: Books):
    books = any_books
    two(books)
    before = words(books)
    with books.database.work() as work:
        assert read_anew(work, books.actor(Role.ARCHIVIST)) == 2
        work.session.execute(delete(ArchiveWord))
    assert facts(books) == IndexFacts(texts=2, waiting=2)
    assert books.entries()[-1] == "IndexAskedAnew"
    stops = count()
    assert write_anew(tools(books, not_read), lambda: next(stops) >= 1) == 1
    assert found(books, "手写") == ["租赁合同"]
    assert facts(books).waiting == 1
    assert write_anew(tools(books, not_read), never) == 1
    assert words(books) == before
    assert facts(books) == IndexFacts(texts=2, waiting=0)
    assert write_anew(tools(books, not_read), never) == 0
    with books.database.work() as work:  # as the release before left it, when it is upgraded
        work.session.execute(delete(ArchiveWord))
        work.session.execute(update(ArchiveText).values(form=FORM - 1))
    assert found(books, "採購") == found(books, "采购") == []
    assert write_anew(tools(books, not_read), never) == 2
    assert found(books, "採購") == found(books, "采购") == ["采购合同"]


def test_words_of_an_earlier_form_are_found_until_their_turn_comes(books: Books):
    two(books)
    with books.database.work() as work:
        work.session.execute(update(ArchiveText).values(form=0))
        assert is_read_anew(work, books.actor(Role.ARCHIVIST))
        assert not is_read_anew(work, books.actor(Role.ARCHIVIST, branch=books.other))
    assert found(books, "手写") == ["租赁合同", "采购合同"]

    class Away:
        def key(self, owner: UUID) -> bytes:
            raise Unavailable("the HSM does not answer")

    before = words(books)
    assert write_anew(replace(tools(books), keys=Away()), never) == 0
    assert words(books) == before
    assert facts(books).waiting == 2


def test_a_record_that_lies_with_another_branch_now_is_found_there(books: Books):
    ids = two(books)
    with books.database.work() as work:
        work.session.execute(update(ArchiveRecord).where(ArchiveRecord.id == ids[0]).values(branch_id=books.other))
        assert read_anew(work, books.actor(Role.ARCHIVIST, branch=books.other)) == 1
    write_anew(tools(books), never)
    assert found(books, "手写") == ["租赁合同"]
    with books.database.reading() as work:
        shelves = select(func.count(ArchiveWord.shelf.distinct()))
        assert work.session.scalar(shelves) == 2


def test_what_was_forgotten_meanwhile_is_not_written_down_again(books: Books):
    ids = two(books)
    with books.database.work() as work:
        read_anew(work, books.actor(Role.ARCHIVIST))

    class Forgetful:
        """A disposal comes in between."""

        def key(self, owner: UUID) -> bytes:
            with books.database.work() as work:
                for each in ids:
                    forget(work, each)
            return b"k" * 32

    assert write_anew(replace(tools(books), keys=Forgetful()), never) == 0
    assert words(books) == set()
    assert facts(books) == IndexFacts(0, 0)


def test_a_damaged_paper_is_still_found_by_what_its_record_says(books: Books, tmp_path):
    record_id = archived(books)
    make_searchable(tools(books), record_id)
    with books.database.work() as work:
        issued = work.session.get_one(ArchiveRecord, record_id).issued_sha256
        read_anew(work, books.actor(Role.ARCHIVIST))
    content_file(tmp_path / "objects", books.organisation_id, issued).write_bytes(b"forged")
    assert write_anew(tools(books), never) == 1
    assert found(books, "采购合同") == ["采购合同"]


def test_who_does_not_settle_returns_asks_for_nothing(books: Books):
    ids = two(books)
    for actor in (books.actor(Role.CLERK), books.actor(Role.AUDITOR)):
        with pytest.raises(Forbidden), books.database.work() as work:
            read_anew(work, actor)
    with books.database.work() as work:
        assert read_anew(work, books.actor(Role.ARCHIVIST, branch=books.other)) == 0
        remember(work, ids[0], {1})
    assert facts(books).waiting == 0
