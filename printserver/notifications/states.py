"""The life of a message, a webhook's or a mail: tried until it came, or for days. What nobody knows is a state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from printserver.foundation.errors import TransitionRefused


class DeliveryState(StrEnum):
    PENDING = "pending"
    """Not tried yet, or asked for again by a person."""
    UNDER_WAY = "under-way"
    DELIVERED = "delivered"
    FAILED = "failed"
    """The receiver does not have it; it is tried again."""
    UNKNOWN = "unknown"
    """The receiver may have it: the answer was lost. It is tried again, under the same id."""
    GIVEN_UP = "given-up"


class DeliveryAction(StrEnum):
    BEGIN = "begin"
    ACCEPT = "accept"
    FAIL = "fail"
    LOSE = "lose"
    GIVE_UP = "give-up"
    REPEAT = "repeat"


S, A = DeliveryState, DeliveryAction
TRANSITIONS: Final[Mapping[tuple[DeliveryState, DeliveryAction], DeliveryState]] = {
    (S.PENDING, A.BEGIN): S.UNDER_WAY,
    (S.FAILED, A.BEGIN): S.UNDER_WAY,
    (S.UNKNOWN, A.BEGIN): S.UNDER_WAY,
    (S.UNDER_WAY, A.ACCEPT): S.DELIVERED,
    (S.UNDER_WAY, A.FAIL): S.FAILED,
    (S.UNDER_WAY, A.LOSE): S.UNKNOWN,
    (S.FAILED, A.GIVE_UP): S.GIVEN_UP,
    (S.UNKNOWN, A.GIVE_UP): S.GIVEN_UP,
    (S.FAILED, A.REPEAT): S.PENDING,
    (S.UNKNOWN, A.REPEAT): S.PENDING,
    (S.DELIVERED, A.REPEAT): S.PENDING,
    (S.GIVEN_UP, A.REPEAT): S.PENDING,
}
WAITING: Final = (S.PENDING, S.FAILED, S.UNKNOWN)
KEPT_UP_FOR: Final = timedelta(days=3)
_PAUSES: Final = tuple(
    timedelta(seconds=seconds) for seconds in (10, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800)
)


class DeliveryRefused(TransitionRefused):
    code = "delivery-transition-refused"


def next_state(state: DeliveryState, action: DeliveryAction) -> DeliveryState:
    """Raises: DeliveryRefused."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise DeliveryRefused(f"cannot {action} a message that is {state}") from None


def pause_after(attempts: int) -> timedelta:
    """How long to wait before the next attempt; it grows up to eight hours.   attempts: made so far, ≥ 1."""
    return _PAUSES[min(attempts, len(_PAUSES)) - 1]
