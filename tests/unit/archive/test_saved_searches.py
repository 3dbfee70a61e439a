"""A person keeps searches under names, and nobody else sees them; a part of the catalogue is taken out."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from printserver.archive.catalogue_table import COLUMNS, cells
from printserver.archive.queries import CatalogueLine, catalogue_lines
from printserver.archive.records import archive_copy
from printserver.archive.saved_searches import (
    MOST,
    SavedSearchMalformed,
    SavedSearchNotFound,
    forget_search,
    save_search,
    saved_searches,
)
from printserver.archive.search_fields import ArchiveSearch
from printserver.archive.searching import export_catalogue
from printserver.foundation.errors import Forbidden
from printserver.foundation.ids import new_id
from printserver.organisations.permissions import Role
from tests.paper_books import Books
from tests.unit.archive.test_records import BY, complete


def test_a_search_is_kept_replaced_and_forgotten(any_books: Books):
    actor = any_books.actor(Role.ARCHIVIST)
    with any_books.database.work() as work:
        first = save_search(work, actor, " big  leases ", {"words": "租赁合同", "title": " "})
        assert save_search(work, actor, "big leases", {"party": "甲"}) == first
    with any_books.database.reading() as work:
        assert [(each.name, dict(each.fields)) for each in saved_searches(work, actor)] == [
            ("big leases", {"party": "甲"})
        ]
    other = replace(actor, id=new_id())
    with any_books.database.work() as work:
        assert saved_searches(work, other) == ()
        with pytest.raises(SavedSearchNotFound):
            forget_search(work, other, first)
    with any_books.database.work() as work:
        forget_search(work, actor, first)
        assert saved_searches(work, actor) == ()
    assert any_books.entries() == ["SearchSaved", "SearchSaved", "SearchForgotten"]


@pytest.mark.parametrize(
    ("name", "fields"),
    [("", {"title": "x"}), ("x" * 81, {"title": "x"}), ("x", {}), ("x", {"title": " "}), ("x", {"colour": "red"})],
)
def test_what_is_no_search_is_not_kept(books: Books, name: str, fields: dict[str, str]):
    with pytest.raises(SavedSearchMalformed), books.database.work() as work:
        save_search(work, books.actor(Role.ARCHIVIST), name, fields)
    assert books.entries() == []


def test_a_person_keeps_so_many_and_who_may_not_read_keeps_none(books: Books):
    actor = books.actor(Role.ARCHIVIST)
    with books.database.work() as work:
        for at in range(MOST):
            save_search(work, actor, f"search {at}", {"title": "x"})
    with pytest.raises(SavedSearchMalformed), books.database.work() as work:
        save_search(work, actor, "one too many", {"title": "x"})
    with pytest.raises(Forbidden), books.database.work() as work:
        save_search(work, books.actor(Role.CLERK), "x", {"title": "x"})


def test_the_catalogue_is_counted_and_taken_out_in_the_order_of_numbers_within_ones_branches(any_books: Books):
    copies = [
        any_books.copy(title="=1+1"),
        any_books.copy(title="B"),
        any_books.copy(title="C", branch=any_books.other),
    ]
    for copy, code in zip(copies, ("sales", "lease", "sales"), strict=True):
        with any_books.database.work() as work:
            archive_copy(work, BY, replace(complete(copy), class_code=code))
    actor = any_books.actor(Role.ARCHIVIST)
    with any_books.database.work() as work:
        assert catalogue_lines(work, actor) == (
            CatalogueLine("2026/sales", any_books.branch, 1),
            CatalogueLine("2026/lease", any_books.branch, 1),
        )
        taken = export_catalogue(work, actor, ArchiveSearch(catalogue="2026"))
        assert [record.number for record in taken] == ["2026-000001", "2026-000002"]
        assert [each.title for each in export_catalogue(work, actor, ArchiveSearch(catalogue="2026/lease"))] == ["B"]
        with pytest.raises(Forbidden):
            export_catalogue(work, any_books.actor(Role.CLERK), ArchiveSearch())
    row = dict(zip(COLUMNS, cells(taken[0], {any_books.branch: "Head"}, ZoneInfo("Asia/Shanghai")), strict=True))
    assert row["number"] == "2026-000001"
    assert row["branch"] == "Head"
    assert row["archived_on"] == "2026-11-22"
    assert any_books.entries()[-2:] == ["CatalogueExported"] * 2
