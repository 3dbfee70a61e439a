"""The life of a seal, every state with every action."""

from __future__ import annotations

import itertools

import pytest

from printserver.foundation.errors import TransitionRefused
from printserver.seals.states import TRANSITIONS, SealAction, SealState, next_state


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
