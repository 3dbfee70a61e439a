"""The life of a seal, as a table. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from printserver.foundation.errors import TransitionRefused


class SealState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    DESTROYED = "destroyed"


class SealAction(StrEnum):
    SUSPEND = "suspend"
    RESUME = "resume"
    REVOKE = "revoke"
    DESTROY = "destroy"


S, A = SealState, SealAction

TRANSITIONS: Final[Mapping[tuple[SealState, SealAction], SealState]] = {
    (S.ACTIVE, A.SUSPEND): S.SUSPENDED,  # also: reported lost
    (S.SUSPENDED, A.RESUME): S.ACTIVE,
    (S.ACTIVE, A.REVOKE): S.REVOKED,
    (S.SUSPENDED, A.REVOKE): S.REVOKED,
    (S.REVOKED, A.DESTROY): S.DESTROYED,  # witnessed; end of life
}


def next_state(state: SealState, action: SealAction) -> SealState:
    """Raises: TransitionRefused."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise TransitionRefused(f"cannot {action} a seal that is {state}") from None
