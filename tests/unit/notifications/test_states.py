"""Every state with every action; and pauses that grow."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from printserver.notifications.states import (
    KEPT_UP_FOR,
    TRANSITIONS,
    DeliveryAction,
    DeliveryRefused,
    DeliveryState,
    next_state,
    pause_after,
)


@pytest.mark.parametrize(("state", "action"), list(product(DeliveryState, DeliveryAction)))
def test_what_is_not_in_the_table_is_refused(state: DeliveryState, action: DeliveryAction):
    if (state, action) in TRANSITIONS:
        assert next_state(state, action) is TRANSITIONS[state, action]
        return
    with pytest.raises(DeliveryRefused):
        next_state(state, action)


def test_only_what_is_under_way_is_delivered():
    assert {state for (state, action) in TRANSITIONS if action is DeliveryAction.ACCEPT} == {DeliveryState.UNDER_WAY}


def test_pauses_grow_and_three_days_hold_more_than_a_dozen_attempts():
    pauses = [pause_after(attempts) for attempts in range(1, 40)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=8)
    made, waited = 0, timedelta()
    while waited < KEPT_UP_FOR:
        waited += pauses[made]
        made += 1
    assert made > 12
