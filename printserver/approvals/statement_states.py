"""The way of a statement into the signer's register, as a table. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from printserver.foundation.errors import TransitionRefused


class StatementState(StrEnum):
    """`confirmed`: enough people have signed; the signer is being asked."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REGISTERED = "registered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class StatementAction(StrEnum):
    SIGN = "sign"
    CONFIRM = "confirm"
    REGISTER = "register"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


S, A = StatementState, StatementAction

TRANSITIONS: Final[Mapping[tuple[StatementState, StatementAction], StatementState]] = {
    (S.PROPOSED, A.SIGN): S.PROPOSED,
    (S.PROPOSED, A.CONFIRM): S.CONFIRMED,
    (S.PROPOSED, A.REFUSE): S.REFUSED,
    (S.PROPOSED, A.WITHDRAW): S.WITHDRAWN,
    (S.CONFIRMED, A.REGISTER): S.REGISTERED,
    (S.CONFIRMED, A.REFUSE): S.REFUSED,  # by the signer
}


def next_statement_state(state: StatementState, action: StatementAction) -> StatementState:
    """Raises: TransitionRefused."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise TransitionRefused(f"cannot {action} a statement that is {state}") from None
