"""The life of a key medium: every state with every action."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from printserver.foundation.errors import TransitionRefused
from printserver.organisations.key_media import (
    OUT_OF_USE,
    OWED,
    REMARK_NEEDED,
    TRANSITIONS,
    WORD_OF,
    By,
    MediumAction,
    MediumState,
    actions_of,
    is_expiring,
    next_state,
)

S, A = MediumState, MediumAction
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ALLOWED = {
    S.APPLIED: {A.APPROVE: S.APPROVED, A.REFUSE: S.REFUSED, A.WITHDRAW: S.WITHDRAWN},
    S.REFUSED: {},
    S.WITHDRAWN: {},
    S.APPROVED: {A.HAND_OUT: S.HANDED_OUT, A.WITHDRAW: S.WITHDRAWN},
    S.HANDED_OUT: {A.RECEIVE: S.IN_USE, A.REPORT_LOST: S.LOST, A.RETURN: S.RETURNED},
    S.IN_USE: {A.REPORT_LOST: S.LOST, A.LOCK: S.LOCKED, A.REPLACE: S.IN_USE, A.RETURN: S.RETURNED},
    S.LOCKED: {A.UNLOCK: S.IN_USE, A.REPORT_LOST: S.LOST, A.REPLACE: S.LOCKED, A.RETURN: S.RETURNED},
    S.LOST: {A.FIND: S.LOCKED, A.REPLACE: S.LOST, A.WRITE_OFF: S.WRITTEN_OFF},
    S.RETURNED: {A.WIPE: S.WIPED, A.DESTROY: S.DESTROYED},
    S.WIPED: {A.DESTROY: S.DESTROYED},
    S.DESTROYED: {},
    S.WRITTEN_OFF: {},
}


@pytest.mark.parametrize(("state", "action"), list(product(MediumState, MediumAction)))
def test_a_medium_goes_where_the_table_says_and_nowhere_else(state: MediumState, action: MediumAction):
    expected = ALLOWED[state].get(action)
    if expected is None:
        with pytest.raises(TransitionRefused):
            next_state(state, action)
        assert action not in actions_of(state)
    else:
        assert next_state(state, action) is expected
        assert action in actions_of(state)


def test_every_step_is_somebodys_word():
    assert set(WORD_OF) == set(A)


def test_what_opens_or_ends_a_medium_takes_two_persons():
    assert {action for action in A if WORD_OF[action] is By.TWO} == {A.UNLOCK, A.WIPE, A.DESTROY, A.WRITE_OFF}
    assert {action for action in A if WORD_OF[action] is By.TWO} <= REMARK_NEEDED


def test_one_word_is_enough_to_stop_a_medium_wherever_somebody_has_it():
    for state in OWED - {S.LOST}:
        assert TRANSITIONS[state, A.REPORT_LOST] is S.LOST
    assert WORD_OF[A.REPORT_LOST] is By.ANYBODY


def test_nothing_that_is_owed_is_out_of_use():
    assert set() == OWED & OUT_OF_USE


@pytest.mark.parametrize(
    ("state", "days", "expiring"),
    [(S.IN_USE, 31, False), (S.IN_USE, 30, True), (S.IN_USE, -1, True), (S.WIPED, 1, False), (S.IN_USE, None, False)],
)
def test_a_medium_expires_with_its_certificate_while_somebody_has_it(
    state: MediumState, days: int | None, expiring: bool
):
    not_after = None if days is None else NOW + timedelta(days)
    assert is_expiring(state, not_after, NOW) is expiring
