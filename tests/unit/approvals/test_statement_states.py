"""The way of a statement: every state with every action, and that the table has no way out of an end."""

from __future__ import annotations

from itertools import product

import pytest

from printserver.approvals.statement_states import (
    TRANSITIONS,
    StatementAction,
    StatementState,
    next_statement_state,
)
from printserver.foundation.errors import TransitionRefused

S, A = StatementState, StatementAction
ENDS = {S.REGISTERED, S.REFUSED, S.WITHDRAWN}


@pytest.mark.parametrize(("state", "action"), list(product(S, A)))
def test_every_state_takes_every_action_as_the_table_says_or_refuses_it(state: StatementState, action: StatementAction):
    if (state, action) in TRANSITIONS:
        assert next_statement_state(state, action) is TRANSITIONS[state, action]
    else:
        with pytest.raises(TransitionRefused, match=state):
            next_statement_state(state, action)


def test_what_has_ended_stays_ended_and_only_the_signers_answer_follows_a_confirmation():
    assert not ENDS & {state for state, _ in TRANSITIONS}
    assert {action for state, action in TRANSITIONS if state is S.CONFIRMED} == {A.REGISTER, A.REFUSE}
    assert [state for (state, _), after in TRANSITIONS.items() if after is S.REGISTERED] == [S.CONFIRMED]
