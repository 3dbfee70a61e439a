"""A record becomes searchable once, however often its job runs, and says why when it cannot."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pikepdf
import pypdfium2
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import select

from printserver.archive.access import searchable_pdf
from printserver.archive.models import ArchiveRecord
from printserver.archive.queries import record_detail
from printserver.archive.record_texts import SearchableTools
from printserver.archive.records import ArchivedPage, archive_copy
from printserver.archive.search_fields import ArchiveSearch
from printserver.archive.searchable import ask_for_old, give_up, make_searchable
from printserver.archive.searchable_jobs import SearchableState
from printserver.archive.searching import SearchableNotAwaited, make_searchable_again, search_records, view_record
from printserver.foundation.errors import Forbidden, Unavailable
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import RecordedJobs
from printserver.organisations.permissions import Role
from printserver.rendering.text_recognition import TextLine, TextNotRead
from printserver.storage.objects import Objects
from tests.paper_books import Books
from tests.unit.archive.test_records import BY, complete
from tests.unit.archive.test_search_index import Keys

DPI = 100
POSE = (0.9, 0.0, 10_000.0, 0.0, 0.9, 20_000.0, 0.0, 0.0, 1.0)
"""The scanner made everything smaller by a tenth and moved it 10 mm to the right and 20 mm down."""


def issued() -> bytes:
    """Two A4 pages with a word at 50 mm from the left, 100 mm down."""
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=(595.276, 841.89))
    for word in ("Warehouse", "Signatures"):
        canvas.setFont("Helvetica", 12)
        canvas.drawString(50 / 25.4 * 72, 841.89 - 100 / 25.4 * 72, word)
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def jpeg(shade: int) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (round(210 / 25.4 * DPI), round(297 / 25.4 * DPI)), (shade, 255, 255)).save(written, "JPEG")
    return written.getvalue()


def read(picture: bytes) -> tuple[TextLine, ...]:
    return (TextLine("手写的合同", 0.9, (100, 200, 300, 40)),)


def tools(books: Books, read_page: Callable[[bytes], tuple[TextLine, ...]] = read) -> SearchableTools:
    return SearchableTools(books.database, books.objects, Keys(), read_page)


def archived(books: Books, scans: tuple[bytes, bytes] | None = None, *, title: str = "采购合同") -> UUID:
    """Page 1 is the same as issued; page 2 was changed."""
    owner = books.organisation_id
    first, second = scans or (jpeg(10), jpeg(20))
    names = [books.objects.put(each, owner) for each in (issued(), first, second, jpeg(30), jpeg(40))]
    pages = (
        ArchivedPage(1, names[3], names[1], 1, "same", new_id(), kind="same", pose=POSE, dpi=DPI),
        ArchivedPage(2, names[4], names[2], 1, "changed", new_id(), kind="changed-text", dpi=DPI),
    )
    copy = replace(complete(books.copy(pages=2, title=title)), issued_sha256=names[0], pages=pages)
    with books.database.work() as work:
        return archive_copy(work, BY, copy)


def detail(books: Books, record_id: UUID):
    with books.database.reading() as work:
        return record_detail(work, books.actor(Role.ARCHIVIST), record_id)


def found(books: Books, words: str) -> list[str]:
    who = books.actor(Role.ARCHIVIST)
    return [each.title for each in search_records(books.database, Keys(), who, ArchiveSearch(), words=words)]


def test_issued_words_stand_where_the_paper_shows_them_and_changed_pages_are_read(any_books: Books):
    record_id = archived(any_books)
    assert detail(any_books, record_id).searchable.state is SearchableState.WAITING
    make_searchable(tools(any_books), record_id)
    made = detail(any_books, record_id)
    assert made.searchable.state is SearchableState.MADE
    assert [(page.text, page.kept) for page in made.pages] == [("issued", "untouched"), ("read", "untouched")]
    pdf = searchable_pdf(any_books.database, any_books.objects, any_books.actor(Role.ARCHIVIST), record_id)
    document = pypdfium2.PdfDocument(pdf)
    texts = [document[page].get_textpage() for page in (0, 1)]
    assert [text.get_text_range() for text in texts] == ["Warehouse", "手写的合同"]
    left, bottom, _, top = texts[0].get_charbox(0)
    width, height = document[0].get_size()
    assert left / width == pytest.approx((50 * 0.9 + 10) / 210, abs=0.005)
    baseline = bottom + (top - bottom) * 0.2
    assert 1 - baseline / height == pytest.approx((100 * 0.9 + 20) / 297, abs=0.005)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        kept = [image.read_raw_bytes() for page in opened.pages for image in page.resources.XObject.values()]
    assert kept == [jpeg(10), jpeg(20)]
    for words in ("warehouse", "手写", "采购合同", "OA 1"):
        assert found(any_books, words) == ["采购合同"], words
    assert found(any_books, "signatures") == []
    assert any_books.entries() == ["CopyArchived", "SearchableMade", "ArchivedFileRead"]


def test_a_job_that_is_killed_and_run_again_makes_one_part_only(books: Books):
    record_id = archived(books)
    jobs = books.database.jobs
    assert isinstance(jobs, RecordedJobs)
    assert [(job.workflow, job.arguments) for job in jobs.jobs] == [("make-searchable", (str(record_id),))]

    class Killed(BaseException):
        pass

    class Dying:
        """Dies after the file is stored and before anything says so."""

        def __getattr__(self, name: str) -> Any:
            return getattr(books.objects, name)

        def put(self, data: bytes, owner: UUID) -> str:
            books.objects.put(data, owner)
            raise Killed

    with pytest.raises(Killed):
        make_searchable(replace(tools(books), objects=cast("Objects", Dying())), record_id)
    before = set(books.objects.digests(books.organisation_id))
    for _ in range(2):
        make_searchable(tools(books), record_id)
    assert set(books.objects.digests(books.organisation_id)) == before
    assert detail(books, record_id).searchable.sha256 in before
    assert books.entries() == ["CopyArchived", "SearchableMade"]


def test_what_cannot_be_made_says_why_is_found_all_the_same_and_can_be_tried_again(books: Books):
    record_id = archived(books, (b"%PDF-1.7 broken", jpeg(20)))
    make_searchable(tools(books), record_id)
    failed = detail(books, record_id).searchable
    assert failed.state is SearchableState.FAILED
    assert failed.sha256 is None
    assert "PdfError" in failed.failure
    assert found(books, "warehouse") == ["采购合同"]
    actor = books.actor(Role.ARCHIVIST)
    with books.database.work() as work:
        make_searchable_again(work, actor, record_id)
    with pytest.raises(SearchableNotAwaited), books.database.work() as work:
        make_searchable_again(work, actor, record_id)
    with pytest.raises(Forbidden), books.database.work() as work:
        make_searchable_again(work, books.actor(Role.AUDITOR), record_id)
    assert isinstance(books.database.jobs, RecordedJobs)
    assert [job.id for job in books.database.jobs.jobs] == [f"searchable-{record_id}-{tries}" for tries in (1, 2)]
    assert books.entries() == ["CopyArchived", "SearchableFailed", "SearchableAskedAgain"]


def test_a_page_that_cannot_be_read_has_no_words_and_the_file_is_made(books: Books):
    def unreadable(picture: bytes) -> tuple[TextLine, ...]:
        raise TextNotRead("too dark")

    record_id = archived(books)
    make_searchable(tools(books, unreadable), record_id)
    assert [page.text for page in detail(books, record_id).pages] == ["issued", "none"]


def test_without_the_key_it_waits(books: Books):
    class NoKeys:
        def key(self, owner: UUID) -> bytes:
            raise Unavailable("the signer is away")

    record_id = archived(books)
    with pytest.raises(Unavailable):
        make_searchable(replace(tools(books), keys=NoKeys()), record_id)
    assert detail(books, record_id).searchable.state is SearchableState.WAITING
    assert books.entries() == ["CopyArchived"]


def test_nothing_is_kept_for_a_record_that_stopped_waiting(books: Books):
    record_id = archived(books)

    def meanwhile(picture: bytes) -> tuple[TextLine, ...]:
        give_up(books.database, record_id, "disposed of")
        return ()

    before = set(books.objects.digests(books.organisation_id))
    make_searchable(tools(books, meanwhile), record_id)
    assert set(books.objects.digests(books.organisation_id)) == before
    assert detail(books, record_id).searchable.failure == "disposed of"
    assert found(books, "warehouse") == []


def test_records_of_an_earlier_release_are_made_searchable_once(books: Books):
    record_id = archived(books)
    with books.database.work() as work:
        row = work.session.scalars(select(ArchiveRecord)).one()
        row.searchable_state, row.searchable_tries = SearchableState.NONE, 0
        row.pages = [
            {k: v for k, v in page.items() if k not in ("kind", "pose", "dpi", "rotation")} for page in row.pages
        ]
    assert [ask_for_old(books.database) for _ in range(2)] == [1, 0]
    make_searchable(tools(books), record_id)
    assert [page.text for page in detail(books, record_id).pages] == ["issued", "read"]


def test_looking_at_a_record_is_recorded(books: Books):
    record_id = archived(books)
    with books.database.work() as work:
        view_record(work, books.actor(Role.AUDITOR), record_id, by_page=True)
    assert books.entries() == ["CopyArchived", "ArchiveRecordViewed"]
    assert books.database.clock.now() == datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
