"""The life of a proof of identity: every state with every action, and what time alone does."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.foundation.errors import TransitionRefused
from printserver.organisations.identity_proof import (
    BY_TIME,
    COUNTS,
    ENDED,
    GRACE_DAYS,
    TRANSITIONS,
    Document,
    ProofAction,
    ProofState,
    by_time,
    counts,
    fits,
    next_state,
    recheck_day,
)

S, A = ProofState, ProofAction
TODAY = date(2026, 11, 22)
ALLOWED = {
    S.SUBMITTED: {A.VERIFY: S.VERIFIED, A.REFUSE: S.REFUSED, A.WITHDRAW: S.WITHDRAWN},
    S.VERIFIED: {
        A.REVERIFY: S.VERIFIED,
        A.REFUSE: S.REFUSED,
        A.WITHDRAW: S.WITHDRAWN,
        A.REPLACE: S.WITHDRAWN,
        A.FALL_DUE: S.DUE,
        A.EXPIRE: S.EXPIRED,
    },
    S.DUE: {
        A.REVERIFY: S.VERIFIED,
        A.REFUSE: S.REFUSED,
        A.WITHDRAW: S.WITHDRAWN,
        A.REPLACE: S.WITHDRAWN,
        A.EXPIRE: S.EXPIRED,
    },
    S.REFUSED: {A.ERASE: S.ERASED},
    S.EXPIRED: {A.ERASE: S.ERASED},
    S.WITHDRAWN: {A.ERASE: S.ERASED},
    S.ERASED: {},
}


@pytest.mark.parametrize(("state", "action"), list(product(ProofState, ProofAction)))
def test_a_proof_goes_where_the_table_says_and_nowhere_else(state: ProofState, action: ProofAction):
    expected = ALLOWED[state].get(action)
    if expected is None:
        with pytest.raises(TransitionRefused):
            next_state(state, action)
    else:
        assert next_state(state, action) is expected


def test_nothing_that_ended_ever_counts_again():
    assert set() == COUNTS & ENDED
    assert not any(TRANSITIONS.get((state, action)) in COUNTS for state in (*ENDED, S.ERASED) for action in A)


days = st.dates(date(2020, 1, 1), date(2040, 1, 1))


@given(st.sampled_from(ProofState), st.none() | days, st.none() | days, days, st.booleans())
def test_time_only_takes_steps_that_the_table_has(
    state: ProofState, until: date | None, recheck: date | None, today: date, gone: bool
):
    action = by_time(state, until, recheck, today, gone=gone)
    if action is not None:
        assert (state, action) in TRANSITIONS
        assert action in BY_TIME | {A.WITHDRAW}
    if state in COUNTS and not counts(state, until, today):
        assert action in (A.EXPIRE, A.WITHDRAW)


@pytest.mark.parametrize(
    ("state", "recheck_on", "valid_until", "action"),
    [
        (S.VERIFIED, TODAY + timedelta(1), None, None),
        (S.VERIFIED, TODAY, None, A.FALL_DUE),
        (S.DUE, TODAY, None, None),
        (S.DUE, TODAY - timedelta(GRACE_DAYS), None, None),
        (S.DUE, TODAY - timedelta(GRACE_DAYS + 1), None, A.EXPIRE),
        (S.VERIFIED, TODAY + timedelta(9), TODAY, None),
        (S.VERIFIED, TODAY + timedelta(9), TODAY - timedelta(1), A.EXPIRE),
        (S.SUBMITTED, None, TODAY - timedelta(1), None),
        (S.WITHDRAWN, TODAY, TODAY - timedelta(1), None),
    ],
)
def test_a_proof_falls_due_on_its_day_and_is_over_after_a_time_of_grace(
    state: ProofState, recheck_on: date | None, valid_until: date | None, action: ProofAction | None
):
    assert by_time(state, valid_until, recheck_on, TODAY) is action


def test_who_has_left_is_no_longer_proved():
    assert by_time(S.VERIFIED, None, TODAY + timedelta(9), TODAY, gone=True) is A.WITHDRAW
    assert by_time(S.REFUSED, None, None, TODAY, gone=True) is None


@given(days, st.none() | days, st.integers(1, 1098))
def test_a_check_is_never_due_after_the_documents_last_day(today: date, until: date | None, after: int):
    due = recheck_day(today, until, after)
    assert due <= today + timedelta(after)
    assert until is None or due <= until


def test_a_number_belongs_to_its_document():
    assert fits(Document.RESIDENT_ID, "11010519491231002X")
    assert not fits(Document.RESIDENT_ID, "E1234567")
    assert fits(Document.PASSPORT, "E1234567")
    assert fits(Document.OTHER, "H60000001")
    assert fits(Document.BUSINESS_LICENCE, "91350100M000100Y43")
    assert not fits(Document.BUSINESS_LICENCE, "11010519491231002X")
