"""Due dates, days overdue, stages and blocks hold for any policy and moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.approvals.return_policy import CountedFrom, PolicyMalformed, ReturnPolicy
from printserver.print_requests.owed_rules import (
    Blocked,
    Stage,
    Standing,
    blocked,
    due_at,
    overdue_days,
    stages,
    standing,
)

DUE = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SECONDS = st.integers(-400 * 86_400, 400 * 86_400)
LATE = st.lists(st.integers(1, 400), max_size=30)


@given(SECONDS)
def test_days_overdue_begin_right_after_the_due_moment_and_never_shrink(seconds: int):
    now = DUE + timedelta(seconds=seconds)
    days = overdue_days(DUE, now)
    assert (days > 0) is (now > DUE)
    assert days - 1 < max(seconds, 0) / 86_400 <= days or days == 0
    assert overdue_days(DUE, now + timedelta(hours=1)) >= days


@given(SECONDS, st.integers(0, 60), st.integers(1, 60), st.integers(1, 40))
def test_at_most_one_reminder_is_told_at_a_time_and_none_before_its_time(
    seconds: int, remind: int, escalate: int, every: int
):
    now = DUE + timedelta(seconds=seconds)
    told = stages(DUE, now, remind_before=remind, escalate_after=escalate, every=every)
    assert len([each for each in told if each is not Stage.ESCALATED]) <= 1
    late = overdue_days(DUE, now)
    assert (Stage.ESCALATED in told) is (late > escalate)
    assert (Stage.SOON in told) is (standing(DUE, now, remind_before=remind) is Standing.SOON)
    assert bool(set(told) - {Stage.SOON}) is bool(late)


def test_reminders_come_at_the_interval_and_end_with_the_fourth():
    told = []
    for day in range(1, 100):
        (reminder, *_) = stages(DUE, DUE + timedelta(days=day), remind_before=7, escalate_after=14, every=14)
        told.append(reminder)
    assert told[:29] == [Stage.OVERDUE_1] * 14 + [Stage.OVERDUE_2] * 14 + [Stage.OVERDUE_3]
    assert told[-1] is Stage.OVERDUE_4


@given(st.integers(1, 3_650), SECONDS, st.none() | SECONDS, st.sampled_from(CountedFrom))
def test_the_due_moment_counts_from_what_the_policy_says(
    days: int, printed: int, handed: int | None, counted: CountedFrom
):
    printed_at = DUE + timedelta(seconds=printed)
    handed_at = None if handed is None else DUE + timedelta(seconds=handed)
    since, due = due_at(days, counted, printed_at, handed_at)
    assert since == (handed_at if counted is CountedFrom.HAND_OVER and handed_at else printed_at)
    assert due == since + timedelta(days=days)
    assert due_at(None, counted, printed_at, handed_at)[1] is None


@given(LATE, st.none() | st.integers(0, 30), st.none() | st.integers(0, 400))
def test_a_branch_is_blocked_exactly_beyond_a_limit(late: list[int], number: int | None, longest: int | None):
    found = blocked(ReturnPolicy(most_overdue=number, longest_overdue=longest), late)
    too_many = number is not None and len(late) > number
    too_long = longest is not None and max(late, default=0) > longest
    assert (found is not None) is (too_many or too_long)
    assert found is not Blocked.TOO_LONG or not too_many


@given(st.integers(0, 20))
def test_without_limits_nothing_is_ever_blocked(number: int):
    assert blocked(ReturnPolicy(), [365] * number) is None


@pytest.mark.parametrize(
    "stored",
    [
        {"days": 0},
        {"days": 4_000},
        {"remind_before": -1},
        {"escalate_after": 0},
        {"most_overdue": -1},
        {"late_hours": 0},
        {"counted_from": "signing"},
        {"dayz": 3},
    ],
)
def test_a_policy_that_says_nothing_usable_is_refused(stored: dict[str, object]):
    with pytest.raises(PolicyMalformed):
        ReturnPolicy.from_json(stored)


@given(st.none() | st.integers(1, 3_650), st.sampled_from(CountedFrom), st.integers(0, 90), st.integers(1, 90))
def test_a_policy_is_read_as_it_was_stored(days: int | None, counted: CountedFrom, before: int, after: int):
    policy = ReturnPolicy(days, counted, before, after, most_overdue=before, longest_overdue=after)
    assert ReturnPolicy.from_json(policy.to_json()) == policy
