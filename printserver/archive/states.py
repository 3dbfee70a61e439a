"""The lives of a hold, of a change of how long a record is kept, and of a disposal run, as tables. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from printserver.foundation.errors import TransitionRefused


class HoldState(StrEnum):
    """A hold works in every state but the last, see there."""

    SET = "set"
    """By one person; a second one has not confirmed it."""
    CONFIRMED = "confirmed"
    LIFTING = "lifting"
    """One person has asked to lift it."""
    LIFTED = "lifted"
    """Without the signed words of two persons, as earlier releases lifted, it works all the same."""


class HoldAction(StrEnum):
    CONFIRM = "confirm"
    ASK_LIFT = "ask to lift"
    ASK_AGAIN = "ask once more to lift"
    """Because nobody can prove that two persons agreed."""
    LIFT = "lift"
    KEEP = "keep"


class ChangeState(StrEnum):
    WAITING = "waiting"
    IN_FORCE = "in-force"
    REFUSED = "refused"


class ChangeAction(StrEnum):
    CONFIRM = "confirm"
    REFUSE = "refuse"


class RunState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    """The worker carries it out."""
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    """What two persons approved cannot be proved any more: an alarm."""


class RunAction(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    FINISH = "finish"
    STOP = "stop"


class ItemState(StrEnum):
    LISTED = "listed"
    MARKED = "marked"
    """It will go: nothing holds it back any more, and what is erased is decided."""
    DISPOSED = "disposed"
    KEPT = "kept"
    """It was held, or no longer due, when its turn came."""


H, HA, C, CA, R, RA = HoldState, HoldAction, ChangeState, ChangeAction, RunState, RunAction

HOLD_TRANSITIONS: Final[Mapping[tuple[HoldState, HoldAction], HoldState]] = {
    (H.SET, HA.CONFIRM): H.CONFIRMED,
    (H.SET, HA.ASK_LIFT): H.LIFTING,
    (H.CONFIRMED, HA.ASK_LIFT): H.LIFTING,
    (H.LIFTED, HA.ASK_AGAIN): H.LIFTING,
    (H.LIFTING, HA.LIFT): H.LIFTED,
    (H.LIFTING, HA.KEEP): H.CONFIRMED,  # whoever keeps it is a second person for it
}
CHANGE_TRANSITIONS: Final[Mapping[tuple[ChangeState, ChangeAction], ChangeState]] = {
    (C.WAITING, CA.CONFIRM): C.IN_FORCE,
    (C.WAITING, CA.REFUSE): C.REFUSED,
}
RUN_TRANSITIONS: Final[Mapping[tuple[RunState, RunAction], RunState]] = {
    (R.PROPOSED, RA.APPROVE): R.APPROVED,
    (R.PROPOSED, RA.REFUSE): R.REFUSED,
    (R.PROPOSED, RA.WITHDRAW): R.WITHDRAWN,
    (R.APPROVED, RA.FINISH): R.DONE,
    (R.APPROVED, RA.STOP): R.STOPPED,
}


def next_hold_state(state: HoldState, action: HoldAction) -> HoldState:
    """Raises: TransitionRefused."""
    try:
        return HOLD_TRANSITIONS[state, action]
    except KeyError:
        raise TransitionRefused(f"cannot {action} a hold that is {state}") from None


def next_change_state(state: ChangeState, action: ChangeAction) -> ChangeState:
    """Raises: TransitionRefused."""
    try:
        return CHANGE_TRANSITIONS[state, action]
    except KeyError:
        raise TransitionRefused(f"cannot {action} a change that is {state}") from None


def next_run_state(state: RunState, action: RunAction) -> RunState:
    """Raises: TransitionRefused."""
    try:
        return RUN_TRANSITIONS[state, action]
    except KeyError:
        raise TransitionRefused(f"cannot {action} a disposal that is {state}") from None
