"""When an unused account is frozen: never without a warning, never before its whole time is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from printserver.organisations.dormancy_rule import DormancyPolicy

MOMENTS = st.integers(0, 20_000).map(lambda hours: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
POLICIES = st.builds(DormancyPolicy, st.integers(30, 400), st.integers(1, 90))


@given(seen=MOMENTS, warned=st.none() | MOMENTS, now=MOMENTS, policy=POLICIES)
def test_nobody_is_frozen_before_the_days_are_over_nor_unwarned(
    seen: datetime, warned: datetime | None, now: datetime, policy: DormancyPolicy
):
    at = policy.freezes_at(seen, warned, now)
    assert at - seen >= timedelta(days=policy.days)
    told = warned if warned is not None and warned > seen else max(policy.warns_at(seen), now)
    assert at - told >= timedelta(days=policy.warning)


@given(seen=MOMENTS, policy=POLICIES)
def test_who_was_warned_in_time_is_frozen_on_the_day(seen: datetime, policy: DormancyPolicy):
    warned = policy.warns_at(seen)
    assert policy.warns_at(seen) > seen
    at = policy.freezes_at(seen, warned, warned)
    assert at == max(seen + timedelta(days=policy.days), warned + timedelta(days=policy.warning))


def test_zero_days_are_never():
    assert not DormancyPolicy(0).on
