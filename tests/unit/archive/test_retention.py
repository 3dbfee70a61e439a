"""A record is never due before its time, whatever the day, the word or the time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.approvals.legal_classes import SHIPPED
from printserver.approvals.retention_periods import YEARS_KEPT
from printserver.archive.retention import Standing, Term, day_over_everywhere, shortens, standing, years_after

DAYS = st.dates(date(1990, 1, 1), date(2200, 12, 31))
CODES = st.sampled_from([*YEARS_KEPT, "as long as the boss says"])
TERMS = st.builds(Term, CODES, st.none() | DAYS, DAYS)


@given(TERMS, DAYS)
def test_nothing_is_due_before_the_end_and_the_whole_period_after_it(term: Term, today: date):
    if term.is_due(today):
        years = YEARS_KEPT[term.code]
        assert term.end is not None
        assert years is not None
        assert (today.year - term.end.year, today.month, today.day) > (years, term.end.month, term.end.day)


@given(TERMS, DAYS)
def test_what_is_due_stays_due_and_what_is_not_becomes_due_on_the_day_after_the_last(term: Term, today: date):
    until = term.kept_until
    if until is None or term.end is None:
        assert not term.is_due(date.max)
        return
    assert not term.is_due(until)
    assert term.is_due(until + timedelta(days=1))
    assert not term.is_due(today) or term.is_due(today + timedelta(days=1))


@given(TERMS, DAYS, st.booleans())
def test_a_hold_always_wins(term: Term, today: date, disposed: bool):
    found = standing(term, today, held=True, disposed=disposed)
    assert found is (Standing.DISPOSED if disposed else Standing.HELD)


@given(TERMS, TERMS)
def test_of_two_different_times_exactly_one_is_the_shorter(one: Term, other: Term):
    if one.kept_until == other.kept_until:
        assert shortens(one, other) == shortens(other, one)
    else:
        assert shortens(one, other) != shortens(other, one)


@given(DAYS)
def test_to_keep_for_ever_is_never_shorter_and_from_for_ever_everything_is(day: date):
    for_ever, short = Term("permanent", day, day), Term("5-years", day, day)
    assert shortens(for_ever, short)
    assert not shortens(short, for_ever)


def test_a_year_after_a_leap_day_begins_in_march():
    leap = date(2024, 2, 29)
    assert years_after(leap, 5) == date(2029, 3, 1)
    assert years_after(leap, 4) == date(2028, 2, 29)
    term = Term("5-years", leap, leap)
    assert not term.is_due(date(2029, 3, 1))
    assert term.is_due(date(2029, 3, 2))


def test_beyond_the_calendar_is_for_ever():
    assert years_after(date(9990, 1, 1), 30) is None
    assert Term("30-years", date(9990, 1, 1), date(2026, 1, 1)).kept_until is None


def test_an_end_named_before_the_archives_day_shortens_and_a_later_one_does_not():
    archived = date(2026, 11, 22)
    unknown = Term("10-years", None, archived)
    assert shortens(unknown, Term("10-years", date(2020, 1, 1), archived))
    assert not shortens(unknown, Term("10-years", date(2028, 1, 1), archived))


@given(DAYS, st.times(), st.integers(-12, 14))
def test_a_day_is_over_when_it_is_over_everywhere(day: date, time: time, hours: int):
    now = datetime.combine(day, time, UTC)
    assert day_over_everywhere(now) <= now.astimezone(timezone(timedelta(hours=hours))).date()


@pytest.mark.parametrize("shipped", SHIPPED.values(), ids=lambda each: each.code)
def test_every_shipped_class_is_kept_by_a_word_of_the_table(shipped):
    assert shipped.retention in YEARS_KEPT
