"""Copies that the product draws and signs with all its marks, on the books of `tests.paper_books`; nothing prints."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import pikepdf
from sqlalchemy import update

from benchmarks.returned_pages import Desk, Paper
from printserver.cli.demo.contract import sample_contract
from printserver.documents.intake import make_safe
from printserver.foundation.database import open_engines
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Database
from printserver.organisations.permissions import Role
from printserver.print_requests.models import Copy
from printserver.print_requests.queries import CopyFacts
from printserver.rendering.layout import plan_layout
from printserver.rendering.marks import CopyMarks
from printserver.rendering.overlay import put_codes, render_copy
from tests.databases import FakeClock, create_every_table
from tests.paper_books import Books, make_issuer, open_books


@dataclass(frozen=True)
class Office:
    """A branch with an empty database, a store and keys.   folder: for the files of its copies."""

    books: Books
    folder: Path

    @property
    def desk(self) -> Desk:
        books = self.books
        return Desk(books.database, books.objects, books.issuer.key_list, books.actor(Role.CLERK))

    def print_copies(self, count: int, pages: int) -> list[Paper]:
        """Draw, sign and book `count` copies of one request with so many pages of the sample contract."""
        return [self._drawn(copy) for copy in self.books.copies(count, pages=pages)]

    def _drawn(self, copy: CopyFacts) -> Paper:
        safe = _document(copy.pages)
        layout = plan_layout(safe)
        rendition = render_copy(safe, layout, CopyMarks(copy.serial, copy.number, copy.copies, ()))
        issued = put_codes(rendition, layout, [self.books.text(copy, page) for page in range(1, copy.pages + 1)])
        digest = self.books.objects.put(issued, self.books.organisation_id)
        with self.books.database.work() as work:
            work.session.execute(update(Copy).where(Copy.id == copy.id).values(issued_sha256=digest))
        file = self.folder / f"{copy.id}.pdf"
        file.write_bytes(issued)
        return Paper(copy, file)


def open_office(folder: Path) -> Office:
    """folder: empty."""
    url = f"sqlite:///{folder / 'books.sqlite'}"
    create_every_table(url)
    database = Database(open_engines(url), RecordedJobs(), FakeClock())
    return Office(open_books(database, make_issuer(), folder), folder)


@cache
def _document(pages: int) -> bytes:
    with pikepdf.open(BytesIO(sample_contract())) as pdf:
        del pdf.pages[pages:]
        out = BytesIO()
        pdf.save(out)
    return make_safe(out.getvalue()).pdf
