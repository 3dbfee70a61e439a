"""A copy that came home is kept by the word of its class, from the day that the applicant named."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import update

from printserver.archive.models import ArchiveRecord
from printserver.audit.log import By
from printserver.print_requests.models import PrintRequest
from printserver.returns.completion import archive_if_complete
from tests.paper_books import Books
from tests.unit.archive.retention_scene import Scene

END = date(2031, 12, 31)


@pytest.mark.parametrize(("code", "word"), [("general", "standard"), ("marriage", "permanent"), ("gone", "permanent")])
def test_the_class_and_the_contracts_end_reach_the_record(books: Books, code: str, word: str):
    scene = Scene(books)
    copy = scene.issued(books.copy())
    scene.returned(copy)
    with books.database.work() as work:
        work.session.execute(update(PrintRequest).values(class_code=code, contract_end=END))
        record_id = archive_if_complete(work, By(process="test"), copy.id)
        assert record_id is not None
        record = work.session.get_one(ArchiveRecord, record_id)
        assert (record.retention_class, record.contract_end) == (word, END)
