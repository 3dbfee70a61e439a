"""The lives of requests and copies, every state with every action."""

from __future__ import annotations

import itertools

import pytest

from printserver.foundation.errors import TransitionRefused
from printserver.print_requests.states import (
    COPY_TRANSITIONS,
    REQUEST_TRANSITIONS,
    CopyAction,
    CopyState,
    RequestAction,
    RequestState,
    next_copy_state,
    next_request_state,
)

ENDS = {
    RequestState.ISSUED,
    RequestState.REFUSED,
    RequestState.WITHDRAWN,
    RequestState.EXPIRED,
    RequestState.FAILED,
    RequestState.RECALLED,
    RequestState.SEALED_BY_HAND,
}
HAS_A_SIGNED_CODE = {
    CopyState.ISSUED,
    CopyState.RELEASED,
    CopyState.SENT,
    CopyState.PRINTED,
    CopyState.OUTCOME_UNKNOWN,
    CopyState.DESTROYED,
    CopyState.MISSING,
}


@pytest.mark.parametrize(("state", "action"), list(itertools.product(RequestState, RequestAction)))
def test_a_request_goes_only_where_the_table_says(state: RequestState, action: RequestAction):
    if (state, action) in REQUEST_TRANSITIONS:
        assert next_request_state(state, action) is REQUEST_TRANSITIONS[state, action]
    else:
        with pytest.raises(TransitionRefused, match=state):
            next_request_state(state, action)


@pytest.mark.parametrize(("state", "action"), list(itertools.product(CopyState, CopyAction)))
def test_a_copy_goes_only_where_the_table_says(state: CopyState, action: CopyAction):
    if (state, action) in COPY_TRANSITIONS:
        assert next_copy_state(state, action) is COPY_TRANSITIONS[state, action]
    else:
        with pytest.raises(TransitionRefused, match=state):
            next_copy_state(state, action)


def test_nothing_leads_out_of_the_end_of_a_request():
    assert not [state for state, _ in REQUEST_TRANSITIONS if state in ENDS]


def test_a_request_is_approved_only_by_the_custodians_word():
    ways = [way for way, after in REQUEST_TRANSITIONS.items() if after is RequestState.APPROVED]
    assert ways == [(RequestState.PENDING_CUSTODY, RequestAction.CONFIRM_USE)]


def test_a_request_that_is_sealed_by_hand_never_comes_near_the_signer():
    reached, grows = {RequestState.PHYSICAL_SEAL}, True
    while grows:
        more = {after for (before, _), after in REQUEST_TRANSITIONS.items() if before in reached}
        grows, reached = not more <= reached, reached | more
    assert not reached & {RequestState.APPROVED, RequestState.ISSUED, RequestState.PENDING_CUSTODY}


def test_only_what_nobody_has_decided_to_the_end_is_recalled():
    undecided = {RequestState.RENDERING, RequestState.PENDING_APPROVAL, RequestState.PENDING_CUSTODY}
    assert {before for before, action in REQUEST_TRANSITIONS if action is RequestAction.RECALL} == undecided


def test_a_copy_has_a_signed_code_only_after_it_was_authorised():
    for (before, action), after in COPY_TRANSITIONS.items():
        if after in HAS_A_SIGNED_CODE and before not in HAS_A_SIGNED_CODE:
            assert (before, action, after) == (CopyState.AUTHORISED, CopyAction.ISSUE, CopyState.ISSUED)


def test_only_a_sent_copy_can_be_printed_and_nothing_prints_again_after_it():
    after_printing = {CopyState.PRINTED, CopyState.OUTCOME_UNKNOWN}
    reached, grows = set(after_printing), True
    while grows:
        more = {after for (before, _), after in COPY_TRANSITIONS.items() if before in reached}
        grows, reached = not more <= reached, reached | more
    assert not reached & {CopyState.ISSUED, CopyState.RELEASED, CopyState.SENT, CopyState.AUTHORISED}


def test_a_wasted_copy_is_never_used():
    assert not [state for state, _ in COPY_TRANSITIONS if state is CopyState.WASTED]


def test_every_state_of_a_copy_can_be_reached():
    assert {CopyState.RENDERED, *COPY_TRANSITIONS.values()} == set(CopyState)
