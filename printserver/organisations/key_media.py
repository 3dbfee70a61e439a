"""The life of a key medium that a person carries, as a table; and of which kinds there are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from printserver.foundation.errors import TransitionRefused


class MediumKind(StrEnum):
    USB_KEY = "usb-key"
    CARD = "card"
    PASSKEY_TOKEN = "passkey-token"  # noqa: S105 -- a kind of thing
    OTHER = "other"


class MediumState(StrEnum):
    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    HANDED_OUT = "handed-out"
    """Its holder has yet to sign for it."""
    IN_USE = "in-use"
    LOCKED = "locked"
    """After too many wrong PINs, or found again: somebody looks at it before it is used."""
    LOST = "lost"
    RETURNED = "returned"
    WIPED = "wiped"
    DESTROYED = "destroyed"
    WRITTEN_OFF = "written-off"
    """Lost for good."""


class MediumAction(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    HAND_OUT = "hand-out"
    RECEIVE = "receive"
    REPORT_LOST = "report-lost"
    FIND = "find"
    LOCK = "lock"
    UNLOCK = "unlock"
    REPLACE = "replace"
    """Another medium is applied for in its place."""
    RETURN = "return"
    WIPE = "wipe"
    DESTROY = "destroy"
    WRITE_OFF = "write-off"


class By(StrEnum):
    """On whose word a step is taken."""

    APPLICANT = "applicant"
    HOLDER = "holder"
    """In person, with a step-up."""
    ANYBODY = "holder-or-steward"
    """Who notices it."""
    STEWARD = "steward"
    SECOND = "second-person"
    """A steward who is neither the holder nor who applied."""
    TWO = "two-persons"
    """One steward asks, another confirms; neither is the holder."""


S, A = MediumState, MediumAction

TRANSITIONS: Final[Mapping[tuple[MediumState, MediumAction], MediumState]] = {
    (S.APPLIED, A.APPROVE): S.APPROVED,
    (S.APPLIED, A.REFUSE): S.REFUSED,
    (S.APPLIED, A.WITHDRAW): S.WITHDRAWN,
    (S.APPROVED, A.HAND_OUT): S.HANDED_OUT,
    (S.APPROVED, A.WITHDRAW): S.WITHDRAWN,
    (S.HANDED_OUT, A.RECEIVE): S.IN_USE,
    (S.HANDED_OUT, A.REPORT_LOST): S.LOST,
    (S.HANDED_OUT, A.RETURN): S.RETURNED,  # it was not taken
    (S.IN_USE, A.REPORT_LOST): S.LOST,
    (S.IN_USE, A.LOCK): S.LOCKED,
    (S.IN_USE, A.REPLACE): S.IN_USE,
    (S.IN_USE, A.RETURN): S.RETURNED,
    (S.LOCKED, A.UNLOCK): S.IN_USE,
    (S.LOCKED, A.REPORT_LOST): S.LOST,
    (S.LOCKED, A.REPLACE): S.LOCKED,
    (S.LOCKED, A.RETURN): S.RETURNED,
    (S.LOST, A.FIND): S.LOCKED,  # it was in unknown hands
    (S.LOST, A.REPLACE): S.LOST,
    (S.LOST, A.WRITE_OFF): S.WRITTEN_OFF,
    (S.RETURNED, A.WIPE): S.WIPED,
    (S.RETURNED, A.DESTROY): S.DESTROYED,
    (S.WIPED, A.DESTROY): S.DESTROYED,
}

WORD_OF: Final[Mapping[MediumAction, By]] = {
    A.APPROVE: By.SECOND,
    A.REFUSE: By.STEWARD,
    A.WITHDRAW: By.APPLICANT,
    A.HAND_OUT: By.STEWARD,
    A.RECEIVE: By.HOLDER,
    A.REPORT_LOST: By.ANYBODY,
    A.FIND: By.ANYBODY,
    A.LOCK: By.ANYBODY,
    A.UNLOCK: By.TWO,
    A.REPLACE: By.ANYBODY,
    A.RETURN: By.STEWARD,
    A.WIPE: By.TWO,
    A.DESTROY: By.TWO,
    A.WRITE_OFF: By.TWO,
}

REMARK_NEEDED: Final = frozenset(A) - {A.APPROVE, A.HAND_OUT, A.RECEIVE}
OWED: Final = frozenset({S.HANDED_OUT, S.IN_USE, S.LOCKED, S.LOST})
"""Somebody has it, or should have."""
OUT_OF_USE: Final = frozenset({S.REFUSED, S.WITHDRAWN, S.WIPED, S.DESTROYED, S.WRITTEN_OFF})
"""Its serial number may be entered anew."""
EXPIRING_WITHIN: Final = timedelta(days=30)


def next_state(state: MediumState, action: MediumAction) -> MediumState:
    """Raises: TransitionRefused."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise TransitionRefused(f"cannot {action} a key medium that is {state}") from None


def actions_of(state: MediumState) -> tuple[MediumAction, ...]:
    """What may come next, in the order of a medium's life."""
    return tuple(action for action in MediumAction if (state, action) in TRANSITIONS)


def is_expiring(state: MediumState, not_after: datetime | None, now: datetime) -> bool:
    """Whether the certificate of a medium that somebody has ends within 30 days, or is over."""
    return state in OWED and not_after is not None and not_after <= now + EXPIRING_WITHIN
