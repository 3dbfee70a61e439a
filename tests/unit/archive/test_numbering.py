"""Archive numbers are written as an organisation chooses, and as ever until it does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from printserver.archive.numbering import FULL, ArchiveNumberingMalformed, Numbering
from printserver.archive.records import archive_copy
from printserver.archive.scheme import numbering_of, set_numbering
from printserver.foundation.errors import Forbidden
from printserver.organisations.permissions import Role
from tests.paper_books import Books
from tests.unit.archive.test_records import BY, complete, numbers

GIVEN: Final[dict[str, Any]] = {"year": 2026, "sequence": 7, "retention": "10-years", "class_code": "sales"}


@pytest.mark.parametrize(
    ("pattern", "fonds", "number"),
    [
        ("{year}-{sequence}", "", "2026-000007"),
        (FULL, "X043", "X043-2026-10-years-000007"),
        ("{class}·{year}/{sequence}", "", "sales·2026/000007"),
        ("档{year}号{sequence}", "", "档2026号000007"),
    ],
)
def test_a_number_is_written_by_its_pattern(pattern: str, fonds: str, number: str):
    assert Numbering(pattern, fonds).number(**GIVEN) == number


@pytest.mark.parametrize(
    ("pattern", "fonds"),
    [
        ("{year}", ""),
        ("{sequence}", ""),
        ("{year}-{sequence}-{sequence}", ""),
        ("{year}-{sequence}-{branch}", ""),
        ("{fonds}-{year}-{sequence}", ""),
        ("{year}-{sequence}", "全宗"),
        ("{year} {sequence}", ""),
        ("{year}-{sequence}{", ""),
        ("{year}-{sequence}" + "x" * 80, ""),
        ("{year.real}-{sequence}", ""),
    ],
)
def test_a_pattern_without_year_or_sequence_or_with_something_else_is_refused(pattern: str, fonds: str):
    with pytest.raises(ArchiveNumberingMalformed):
        Numbering(pattern, fonds)


def test_a_chosen_pattern_counts_from_the_next_record_on(any_books: Books):
    first, second = (replace(complete(copy), class_code="sales") for copy in any_books.copies(2))
    with any_books.database.work() as work:
        archive_copy(work, BY, first)
    of_head = any_books.actor(Role.DOCUMENT_ADMINISTRATOR)
    of_all = replace(of_head, grants=tuple(replace(grant, path="/") for grant in of_head.grants))
    for who, fonds, problem in (
        (any_books.actor(Role.ARCHIVIST), "X1", Forbidden),
        (of_head, "X1", Forbidden),
        (of_all, "", ArchiveNumberingMalformed),
    ):
        with pytest.raises(problem), any_books.database.work() as work:
            set_numbering(work, who, pattern=FULL, fonds=fonds)
    with any_books.database.reading() as work:
        assert numbering_of(work, any_books.organisation_id) == Numbering()
    with any_books.database.work() as work:
        set_numbering(work, of_all, pattern=FULL, fonds="X1")
        archive_copy(work, BY, second)
    assert numbers(any_books) == ["2026-000001", "X1-2026-permanent-000002"]
    assert any_books.entries() == ["CopyArchived", "ArchiveNumberingSet", "CopyArchived"]
