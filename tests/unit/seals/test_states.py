"""The life of a seal, every state with every action."""

from __future__ import annotations

import itertools

import pytest

from printserver.foundation.errors import TransitionRefused
from printserver.seals.states import (
    MEANS,
    PHYSICAL_TRANSITIONS,
    TRANSITIONS,
    Means,
    PhysicalAction,
    PhysicalState,
    SealAction,
    SealState,
    action_between,
    next_physical_state,
    next_state,
)


@pytest.mark.parametrize(("state", "action"), list(itertools.product(SealState, SealAction)))
def test_a_seal_goes_only_where_the_table_says(state: SealState, action: SealAction):
    if (state, action) in TRANSITIONS:
        assert next_state(state, action) is TRANSITIONS[state, action]
    else:
        with pytest.raises(TransitionRefused, match=state):
            next_state(state, action)


def test_a_revoked_seal_never_becomes_active_again():
    reached = {SealState.REVOKED}
    for _ in SealState:
        reached |= {after for (before, _action), after in TRANSITIONS.items() if before in reached}
    assert SealState.ACTIVE not in reached


@pytest.mark.parametrize(("state", "action"), list(itertools.product(PhysicalState, PhysicalAction)))
def test_a_physical_seal_goes_only_where_its_table_says(state: PhysicalState, action: PhysicalAction):
    if (state, action) in PHYSICAL_TRANSITIONS:
        assert next_physical_state(state, action) is PHYSICAL_TRANSITIONS[state, action]
    else:
        with pytest.raises(TransitionRefused, match=state):
            next_physical_state(state, action)


def test_every_step_says_on_whose_word_it_is_taken_and_only_a_stop_needs_one():
    assert set(MEANS) == set(SealAction)
    assert [action for action in SealAction if MEANS[action] is Means.STOP] == [SealAction.SUSPEND]


@pytest.mark.parametrize(("before", "after"), list(itertools.product(SealState, SealState)))
def test_a_registered_description_amounts_to_a_step_of_officers_or_to_none(before: SealState, after: SealState):
    try:
        action = action_between(before, after)
    except TransitionRefused:
        assert not any(
            state is before and reached is after and MEANS[each] is Means.STATEMENT
            for (state, each), reached in TRANSITIONS.items()
        )
    else:
        assert MEANS[action] is Means.STATEMENT
        assert before is after or TRANSITIONS[before, action] is after
