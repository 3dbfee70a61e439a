"""Archived bytes come out only to who may read them, and every reading is recorded."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from printserver.archive.access import RecordNotFound, issued_pdf, page_picture, scan_file
from printserver.archive.records import ArchivedPage, archive_copy
from printserver.foundation.errors import Forbidden
from printserver.foundation.ids import new_id
from printserver.organisations.access import Grant
from printserver.organisations.permissions import Permission, Role
from printserver.storage.objects import ObjectChanged
from tests.paper_books import Books
from tests.sealed_store import content_file
from tests.unit.archive.test_records import BY, complete


@pytest.fixture
def archived(books: Books) -> UUID:
    issued, scan, picture = (
        books.objects.put(data, books.organisation_id) for data in (b"issued", b"scan", b"picture")
    )
    copy = replace(complete(books.copy(pages=2)), issued_sha256=issued)
    pages = (
        ArchivedPage(1, picture, scan, 2, "same", new_id()),
        ArchivedPage(2, None, scan, 1, "", new_id()),
    )
    with books.database.work() as work:
        return archive_copy(work, BY, replace(copy, pages=pages))


def test_a_reader_gets_the_issued_pdf_the_scan_and_the_pages(books: Books, archived: UUID):
    actor = books.actor(Role.ARCHIVIST)
    assert issued_pdf(books.database, books.objects, actor, archived) == b"issued"
    assert scan_file(books.database, books.objects, actor, archived, 2) == b"scan"
    assert page_picture(books.database, books.objects, actor, archived, 1) == b"picture"
    assert books.entries() == ["CopyArchived", "ArchivedFileRead", "ArchivedFileRead", "ArchivedFileRead"]


@pytest.mark.parametrize("page", [0, 2, 3])
def test_a_page_that_has_no_picture_is_not_found(books: Books, archived: UUID, page: int):
    with pytest.raises(RecordNotFound):
        page_picture(books.database, books.objects, books.actor(Role.ARCHIVIST), archived, page)
    assert books.entries() == ["CopyArchived"]


def test_who_may_not_read_gets_no_bytes_and_leaves_no_trace(books: Books, archived: UUID):
    with pytest.raises(Forbidden):
        issued_pdf(books.database, books.objects, books.actor(Role.CLERK), archived)
    with pytest.raises(RecordNotFound):
        issued_pdf(books.database, books.objects, books.actor(Role.ARCHIVIST, branch=books.other), archived)
    with pytest.raises(RecordNotFound):
        issued_pdf(books.database, books.objects, books.actor(Role.ARCHIVIST), new_id())
    assert books.entries() == ["CopyArchived"]


def test_the_signed_file_takes_the_right_to_evidence_and_reading_alone_does_not_give_it(books: Books, archived: UUID):
    reader = books.actor(Role.ARCHIVIST).limited_to({Permission.READ_ARCHIVE})
    assert page_picture(books.database, books.objects, reader, archived, 1) == b"picture"
    with pytest.raises(Forbidden):
        issued_pdf(books.database, books.objects, reader, archived)
    elsewhere = Grant(Role.ARCHIVIST, f"/{books.other}/", only=frozenset({Permission.READ_EVIDENCE}))
    reading = replace(reader.grants[0], only=frozenset({Permission.READ_ARCHIVE}))
    with pytest.raises(RecordNotFound):
        issued_pdf(books.database, books.objects, replace(reader, scopes=None, grants=(reading, elsewhere)), archived)
    assert books.entries() == ["CopyArchived", "ArchivedFileRead"]


def test_changed_bytes_are_an_alarm_and_never_handed_out(books: Books, archived: UUID, tmp_path):
    digest = books.objects.put(b"issued", books.organisation_id)
    content_file(tmp_path / "objects", books.organisation_id, digest).write_bytes(b"forged")
    with pytest.raises(ObjectChanged):
        issued_pdf(books.database, books.objects, books.actor(Role.ARCHIVIST), archived)
