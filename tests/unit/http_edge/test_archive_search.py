"""A search of the archive means the same on the page, in the API and at a terminal, and says which fields are wrong."""

from __future__ import annotations

import inspect
from contextlib import suppress
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.archive.saved_searches import FIELDS, LONGEST_FIELD
from printserver.archive.search_fields import ArchiveSearch
from printserver.cli.archive_finding import search as command
from printserver.http_edge.archive_search import ArchiveSearchMalformed, GivenArchiveSearch
from printserver.print_requests.money import Money

ZONE = ZoneInfo("Asia/Shanghai")
ID = UUID(int=7)


def test_everything_that_can_be_looked_for_can_be_kept_and_typed_at_a_terminal():
    fields = set(GivenArchiveSearch.model_fields)
    assert fields - {"before"} == FIELDS
    assert set(inspect.signature(command).parameters) == fields | {"limit"}


def test_what_is_given_becomes_conditions():
    given = GivenArchiveSearch(
        words=" 合同 ",
        query="OA 1",
        branch=str(ID),
        least="¥1,234.50",
        most="much",
        currency="",
        since="2026-11-23",
        until="2026-11-23",
        ends_until="2027-01-31",
        held="no",
    )
    with pytest.raises(ArchiveSearchMalformed) as refused:
        given.checked(ZONE)
    assert refused.value.fields == {"most"}
    checked = given.model_copy(update={"most": ""}).checked(ZONE)
    assert (checked.words, checked.held) == ("合同", False)
    assert checked.search == ArchiveSearch(
        text="OA 1",
        branch_id=ID,
        least_minor=123_450,
        currency="CNY",
        since=datetime(2026, 11, 22, 16, tzinfo=UTC).astimezone(ZONE),
        until=datetime(2026, 11, 23, 16, tzinfo=UTC).astimezone(ZONE),
        ends_until=date(2027, 1, 31),
    )
    assert GivenArchiveSearch(currency="USD").checked(ZONE).search == ArchiveSearch()


def test_moments_are_taken_to_the_second_and_days_whole():
    search = GivenArchiveSearch(since="2026-11-23T08:00", until="2026-11-23T09:00:00Z").checked(ZONE).search
    assert search.since == datetime(2026, 11, 23, tzinfo=UTC)
    assert search.until == datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize("field", sorted(FIELDS - {"currency"}))
def test_what_is_too_long_is_told_by_its_field(field: str):
    with pytest.raises(ArchiveSearchMalformed) as refused:
        GivenArchiveSearch.model_validate({field: "1" * (LONGEST_FIELD + 1)}).checked(ZONE)
    assert refused.value.fields == refused.value.too_long == {field}


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), st.text(max_size=30)))
def test_nothing_is_too_strange_to_be_answered_in_words(given_fields: dict[str, str]):
    with suppress(ArchiveSearchMalformed):
        checked = GivenArchiveSearch.model_validate(given_fields).checked(ZONE)
        assert checked.words == given_fields.get("words", "").strip()


@given(st.integers(0, 10**12))
def test_an_amount_is_the_same_with_and_without_separators(minor: int):
    money = Money(minor)
    plain, grouped = (
        GivenArchiveSearch(least=spelled).checked(ZONE).search.least_minor for spelled in (money.plain, money.grouped)
    )
    assert plain == grouped == minor
