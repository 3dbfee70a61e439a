"""Records are found by words that stand nowhere in clear, within the branches where a person may read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from printserver.archive import search_index
from printserver.archive.models import ArchiveRecord, ArchiveText, ArchiveWord
from printserver.archive.queries import records
from printserver.archive.records import ContractParty, archive_copy
from printserver.archive.search_fields import ArchiveSearch
from printserver.archive.search_index import forget, remember, tokens_of_question, tokens_of_text
from printserver.archive.search_words import WordsTooShort
from printserver.archive.searching import search_records
from printserver.foundation.errors import Forbidden
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Role
from tests.paper_books import Books
from tests.unit.archive.test_records import BY, complete

KEY = b"k" * 32


class Keys:
    """One key for everybody, so that only rights keep branches apart."""

    def key(self, owner: UUID) -> bytes:
        return KEY


TEXTS = (
    "甲方：示例公司 采购合同 Purchase of steel",
    "乙方 租赁合同 lease of the warehouse",
    "采购 合\n同 of paper",
    "合同 warehouse Elsewhere",
)


@pytest.fixture
def four(any_books: Books) -> tuple[Books, list[UUID]]:
    """Three records of the head's branch and one of the other, oldest first."""
    made = []
    for at, text in enumerate(TEXTS):
        copy = any_books.copy(title=f"T{at}", branch=any_books.other if at == 3 else None)
        with any_books.database.work() as work:
            made.append(archive_copy(work, BY, complete(copy)))
            remember(work, made[-1], tokens_of_text(KEY, text))
    return any_books, made


def found(books: Books, words: str, actor: Actor | None = None, **more: Any) -> list[str]:
    who = actor or books.actor(Role.ARCHIVIST)
    search = ArchiveSearch(**{name: value for name, value in more.items() if name not in ("before", "limit", "held")})
    rest: dict[str, Any] = {name: value for name, value in more.items() if name in ("before", "limit", "held")}
    return [each.title for each in search_records(books.database, Keys(), who, search, words=words, **rest)]


def test_words_find_the_newest_records_that_hold_them_all(four: tuple[Books, list[UUID]]):
    books, ids = four
    assert found(books, "合同") == ["T2", "T1", "T0"]
    assert found(books, "采购合同") == ["T2", "T0"]
    assert found(books, "合同 WAREHOUSE") == ["T1"]
    assert found(books, "采购 lease") == found(books, "租金") == []
    assert found(books, "合同", limit=1) == ["T2"]
    assert found(books, "合同", before=ids[2], limit=1) == ["T1"]
    assert found(books, "合同", before=ids[0]) == []
    assert found(books, "合同", title="t1") == ["T1"]
    assert found(books, "") == found(books, "", held=False) == ["T2", "T1", "T0"]
    assert found(books, "合同", held=True) == []


def test_either_script_finds_both(four: tuple[Books, list[UUID]]):
    books, ids = four
    with books.database.work() as work:
        remember(work, ids[1], tokens_of_text(KEY, "買賣合約 採購 合同"))
    for asked in ("采购", "採購", "采購"):
        assert found(books, asked) == ["T2", "T1", "T0"]
    assert found(books, "买卖合约") == found(books, "買賣") == ["T1"]
    assert found(books, "買合") == []


@pytest.mark.parametrize("looked_at", [1, 1_000])
def test_what_others_have_is_passed_over_window_by_window(
    four: tuple[Books, list[UUID]], monkeypatch: pytest.MonkeyPatch, looked_at: int
):
    books, ids = four
    small = {"LOOKED_AT": looked_at, "FIRST_WINDOW": 1, "WIDENED_AT_MOST": 1}
    for name, value in small.items():
        monkeypatch.setattr(search_index, name, value)
    assert found(books, "合同") == ["T2", "T1", "T0"]
    assert found(books, "合同", limit=2) == ["T2", "T1"]
    assert found(books, "合同", before=ids[1]) == ["T0"]
    assert found(books, "合同", title="T0") == ["T0"]
    assert found(books, "合同 warehouse") == ["T1"]


def test_a_branch_finds_its_own_alone_and_who_may_not_read_finds_nothing(four: tuple[Books, list[UUID]]):
    books, _ = four
    assert found(books, "合同", books.actor(Role.ARCHIVIST, branch=books.other)) == ["T3"]
    with pytest.raises(Forbidden):
        found(books, "合同", books.actor(Role.CLERK))
    with pytest.raises(WordsTooShort):
        found(books, "合")


def test_who_has_several_branches_finds_the_records_of_all_of_them_newest_first(four: tuple[Books, list[UUID]]):
    books, ids = four
    both = replace(
        books.actor(Role.ARCHIVIST),
        grants=(*books.actor(Role.ARCHIVIST).grants, *books.actor(Role.ARCHIVIST, branch=books.other).grants),
    )
    assert found(books, "合同", both) == ["T3", "T2", "T1", "T0"]
    assert found(books, "合同", both, before=ids[3]) == ["T2", "T1", "T0"]
    assert found(books, "warehouse 合同", both) == ["T3", "T1"]
    assert found(books, "合同", both, branch_id=books.other) == ["T3"]
    assert found(books, "合同", branch_id=books.other) == []


def test_a_record_of_another_branch_is_kept_from_readers_of_the_shelf_where_its_words_lie(
    four: tuple[Books, list[UUID]],
):
    """Rows decide; where the words lie only tells where to look."""
    books, ids = four
    others = books.actor(Role.ARCHIVIST, branch=books.other)
    with books.database.work() as work:
        work.session.get_one(ArchiveRecord, ids[0]).branch_id = books.other
    assert found(books, "合同") == ["T2", "T1"]
    with books.database.work() as work:
        remember(work, ids[0], tokens_of_text(KEY, TEXTS[0]))
    assert found(books, "合同") == ["T2", "T1"]
    assert found(books, "合同", others) == ["T3", "T0"]


def test_two_branches_that_share_a_shelf_are_apart_all_the_same(
    four: tuple[Books, list[UUID]], monkeypatch: pytest.MonkeyPatch
):
    books, ids = four
    monkeypatch.setattr(search_index, "shelf", lambda branch_id: 1)
    for record_id, text in zip(ids, TEXTS, strict=True):
        with books.database.work() as work:
            remember(work, record_id, tokens_of_text(KEY, text))
    assert found(books, "合同") == ["T2", "T1", "T0"]
    assert found(books, "合同", books.actor(Role.ARCHIVIST, branch=books.other)) == ["T3"]


def test_another_organisations_key_finds_nothing(four: tuple[Books, list[UUID]]):
    books, _ = four
    with books.database.reading() as work:
        other = ArchiveSearch(tokens=tokens_of_question(b"x" * 32, "合同"))
        assert records(work, books.actor(Role.ARCHIVIST), other) == ()


def test_no_word_can_be_read_in_the_rows(four: tuple[Books, list[UUID]]):
    books, _ = four
    with books.database.reading() as work:
        rows = work.session.execute(select(ArchiveWord.token, ArchiveWord.shelf, ArchiveWord.number)).all()
    assert {type(value) for row in rows for value in row} == {int}
    assert {row.token for row in rows} == set().union(*(tokens_of_text(KEY, text) for text in TEXTS))


def test_remembering_again_replaces_and_forgetting_leaves_nothing(four: tuple[Books, list[UUID]]):
    books, ids = four
    with books.database.work() as work:
        remember(work, ids[0], tokens_of_text(KEY, "别的"))
    assert found(books, "合同") == ["T2", "T1"]
    assert found(books, "别的") == ["T0"]
    with books.database.work() as work:
        number = work.session.scalar(select(ArchiveText.number).where(ArchiveText.record_id == ids[0]))
        forget(work, ids[0])
        forget(work, ids[0])
    assert found(books, "别的") == []
    with books.database.reading() as work:
        left = select(func.count()).select_from(ArchiveWord).where(ArchiveWord.number == number)
        assert work.session.scalar(left) == 0
        assert work.session.get(ArchiveText, number) is None


def test_a_search_by_what_the_request_said(any_books: Books):
    copy = replace(
        complete(any_books.copy(title="lease", own_reference="租赁-7")),
        class_code="sales",
        parties=(ContractParty("上海甲商贸有限公司", "91310000ABCDEFGH1X"), ContractParty("李四", "")),
        amount_minor=1_234_560,
        amount_currency="CNY",
    )
    plain = complete(any_books.copy(title="other"))
    with any_books.database.work() as work:
        archive_copy(work, BY, copy)
        archive_copy(work, BY, plain)

    def titles(**said: Any) -> Sequence[str]:
        return found(any_books, "", **said)

    for finding in (
        {"party": "甲商贸"},
        {"party": "91310000abcdefgh1x"},
        {"class_code": "sales"},
        {"catalogue": "2026/sales"},
        {"currency": "CNY", "least_minor": 1_234_560},
        {"most_minor": 1_234_560},
        {"party": "李四", "since": datetime(2026, 11, 22, tzinfo=UTC), "until": datetime(2026, 11, 23, tzinfo=UTC)},
        {"party": "李四", "branch_id": any_books.branch},
        {"party": "商貿有限"},
        {"text": "租賃"},
    ):
        assert titles(**finding) == ["lease"], finding
    for missing in (
        {"party": "王五"},
        {"catalogue": "2026/sale"},
        {"least_minor": 1_234_561},
        {"currency": "USD", "least_minor": 1},
        {"until": datetime(2026, 11, 22, tzinfo=UTC)},
        {"branch_id": any_books.other},
        {"retention_class": "unknown"},
    ):
        assert titles(**missing) == [], missing
    assert titles(catalogue="2026") == ["other", "lease"]
