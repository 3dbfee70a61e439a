"""The lives of pages, and a reason for every state of a copy."""

from __future__ import annotations

import pytest

from printserver.foundation.errors import TransitionRefused
from printserver.print_requests.states import CopyState
from printserver.returns.reading import note_of_state, refusal_of_state
from printserver.returns.states import KEPT, PageAction, PageState, Reason, next_page_state

S, A = PageState, PageAction


@pytest.mark.parametrize("state", PageState)
@pytest.mark.parametrize("action", PageAction)
def test_every_action_on_every_state_is_decided(state: PageState, action: PageAction):
    refused = {(S.BLANK, A.DISCARD), (S.DISCARDED, A.DISCARD), (S.VERSION, A.KEEP_VERSION)}
    after = {A.SETTLE: S.SETTLED, A.DISCARD: S.DISCARDED, A.ATTACH: S.ATTACHED, A.KEEP_VERSION: S.VERSION}
    if (state, action) in refused:
        with pytest.raises(TransitionRefused):
            next_page_state(state, action)
    else:
        assert next_page_state(state, action) is after[action]


def test_only_matched_and_settled_pages_count():
    assert {S.MATCHED, S.SETTLED} == KEPT


@pytest.mark.parametrize("state", CopyState)
def test_only_paper_that_may_exist_and_counts_comes_home(state: CopyState):
    refusal = refusal_of_state(state)
    if state in (CopyState.PRINTED, CopyState.SENT, CopyState.OUTCOME_UNKNOWN):
        assert refusal is None
        assert (note_of_state(state) is None) == (state is CopyState.PRINTED)
    else:
        assert refusal in (Reason.COPY_VOID, Reason.COPY_NOT_PRINTED, Reason.ELECTRONIC_ORIGINAL)
