"""One moment has one text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.foundation.clock import SystemClock, as_text, from_text

MOMENTS = st.datetimes(
    min_value=datetime(1, 1, 3),  # noqa: DTZ001 -- the zone is drawn beside it
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


@given(MOMENTS)
def test_a_moment_reads_back_as_it_was_written(moment: datetime):
    text = as_text(moment)
    assert len(text) == len("2026-11-22T13:30:00.000000Z")
    assert from_text(text) == moment
    assert from_text(text).tzinfo is UTC


@given(MOMENTS, MOMENTS)
def test_texts_sort_as_moments_do(one: datetime, other: datetime):
    assert (as_text(one) < as_text(other)) == (one < other)


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError):
        as_text(datetime(2026, 1, 1))  # noqa: DTZ001 -- the mistake that is refused


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22T13:30:00Z",
        "2026-11-22T13:30:00.0Z",
        "2026-11-22T13:30:00.000000",
        "2026-11-22T13:30:00.000000+00:00",
        "2026-1-2T3:4:5.000000Z",
        "2026-11-22 13:30:00.000000Z",
        "2026-11-22T13:30:00.000000z",
        "2026-02-30T13:30:00.000000Z",
        " 2026-11-22T13:30:00.000000Z",
        "2026-11-22T13:30:00.000000Z\n",
        "２026-11-22T13:30:00.000000Z",
    ],
)
def test_no_other_form_is_read(text: str):
    with pytest.raises(ValueError):
        from_text(text)


def test_the_system_clock_is_aware_and_in_utc():
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)
