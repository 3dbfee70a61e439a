"""The life of a seal, as a table; and that of a physical one, which is only kept in the register. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from printserver.foundation.errors import TransitionRefused


class SealState(StrEnum):
    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    MADE = "made"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    SEALED_UP = "sealed-up"
    REVOKED = "revoked"
    DESTROYED = "destroyed"


class SealAction(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    MAKE = "make"
    ACTIVATE = "activate"
    SUSPEND = "suspend"
    RESUME = "resume"
    CHANGE = "change"
    TRANSFER = "transfer"
    RENEW = "renew"
    SEAL_UP = "seal-up"
    UNSEAL = "unseal"
    REVOKE = "revoke"
    DESTROY = "destroy"


class Means(StrEnum):
    """On whose word a step is taken."""

    APPLICANT = "applicant"
    ADMINISTRATOR = "administrator"
    """One officer: what she refuses was nothing yet."""
    ORDER = "seal-order"
    """Two officers, then the signer makes it."""
    STATEMENT = "seal"
    """Two officers."""
    STOP = "seal-stop"
    """One officer, or the seal's custodian."""
    SIGNER = "signer"
    APPLICATION = "application"
    """A seal that takes the place of this one, with an application and a life of its own."""


S, A, M = SealState, SealAction, Means

TRANSITIONS: Final[Mapping[tuple[SealState, SealAction], SealState]] = {
    (S.APPLIED, A.APPROVE): S.APPROVED,
    (S.APPLIED, A.REFUSE): S.REFUSED,
    (S.APPLIED, A.WITHDRAW): S.WITHDRAWN,
    (S.APPROVED, A.MAKE): S.MADE,
    (S.MADE, A.ACTIVATE): S.ACTIVE,
    (S.MADE, A.REVOKE): S.REVOKED,
    (S.ACTIVE, A.SUSPEND): S.SUSPENDED,  # also: reported lost
    (S.ACTIVE, A.CHANGE): S.ACTIVE,
    (S.ACTIVE, A.TRANSFER): S.ACTIVE,
    (S.ACTIVE, A.RENEW): S.ACTIVE,
    (S.ACTIVE, A.SEAL_UP): S.SEALED_UP,
    (S.ACTIVE, A.REVOKE): S.REVOKED,
    (S.SUSPENDED, A.RESUME): S.ACTIVE,
    (S.SUSPENDED, A.CHANGE): S.SUSPENDED,
    (S.SUSPENDED, A.TRANSFER): S.SUSPENDED,
    (S.SUSPENDED, A.RENEW): S.SUSPENDED,
    (S.SUSPENDED, A.SEAL_UP): S.SEALED_UP,
    (S.SUSPENDED, A.REVOKE): S.REVOKED,
    (S.SEALED_UP, A.UNSEAL): S.ACTIVE,
    (S.SEALED_UP, A.TRANSFER): S.SEALED_UP,
    (S.SEALED_UP, A.REVOKE): S.REVOKED,
    (S.REVOKED, A.DESTROY): S.DESTROYED,  # witnessed; end of life
}

MEANS: Final[Mapping[SealAction, Means]] = {
    A.APPROVE: M.ORDER,
    A.REFUSE: M.ADMINISTRATOR,
    A.WITHDRAW: M.APPLICANT,
    A.MAKE: M.SIGNER,
    A.SUSPEND: M.STOP,
    A.RENEW: M.APPLICATION,
} | dict.fromkeys((A.ACTIVATE, A.RESUME, A.CHANGE, A.TRANSFER, A.SEAL_UP, A.UNSEAL, A.REVOKE, A.DESTROY), M.STATEMENT)

FORMS: Final[Mapping[SealAction, tuple[str, ...]]] = {
    A.ACTIVATE: ("custodians", "classes", "uses_limit", "evidence", "people", "branches"),
    A.CHANGE: ("classes", "uses_limit", "evidence", "people", "branches"),
    A.TRANSFER: ("custodians", "handed_over"),
    A.SEAL_UP: ("place",),
    A.DESTROY: ("witness",),
}
"""What the form of a step asks for besides its reason and an attachment."""

REASON_NEEDED: Final = frozenset(SealAction) - {A.APPROVE, A.MAKE, A.ACTIVATE}


def next_state(state: SealState, action: SealAction) -> SealState:
    """Raises: TransitionRefused."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise TransitionRefused(f"cannot {action} a seal that is {state}") from None


def actions_of(state: SealState) -> tuple[SealAction, ...]:
    """What may come next, in the order of a seal's life."""
    return tuple(action for action in SealAction if (state, action) in TRANSITIONS)


def action_between(before: SealState, after: SealState) -> SealAction:
    """The officers' step that a registered description amounts to.   Raises: TransitionRefused when there is none."""
    if before == after:
        return SealAction.CHANGE
    for (state, action), reached in TRANSITIONS.items():
        if state == before and reached == after and MEANS[action] is Means.STATEMENT:
            return action
    raise TransitionRefused(f"a seal that is {before} does not become {after}")


class PhysicalState(StrEnum):
    IN_USE = "in-use"
    SEALED_UP = "sealed-up"
    LOST = "lost"
    DESTROYED = "destroyed"


class PhysicalAction(StrEnum):
    HAND_OVER = "hand-over"
    REPORT_LOST = "report-lost"
    FIND = "find"
    SEAL_UP = "seal-up"
    UNSEAL = "unseal"
    DESTROY = "destroy"


PS, PA = PhysicalState, PhysicalAction

PHYSICAL_TRANSITIONS: Final[Mapping[tuple[PhysicalState, PhysicalAction], PhysicalState]] = {
    (PS.IN_USE, PA.HAND_OVER): PS.IN_USE,
    (PS.SEALED_UP, PA.HAND_OVER): PS.SEALED_UP,
    (PS.IN_USE, PA.REPORT_LOST): PS.LOST,
    (PS.SEALED_UP, PA.REPORT_LOST): PS.LOST,
    (PS.LOST, PA.FIND): PS.SEALED_UP,  # it was in unknown hands: it is looked at before it is used again
    (PS.IN_USE, PA.SEAL_UP): PS.SEALED_UP,
    (PS.SEALED_UP, PA.UNSEAL): PS.IN_USE,
    (PS.SEALED_UP, PA.DESTROY): PS.DESTROYED,
    (PS.LOST, PA.DESTROY): PS.DESTROYED,
}


def next_physical_state(state: PhysicalState, action: PhysicalAction) -> PhysicalState:
    """Raises: TransitionRefused."""
    try:
        return PHYSICAL_TRANSITIONS[state, action]
    except KeyError:
        raise TransitionRefused(f"cannot {action} a physical seal that is {state}") from None


def physical_actions_of(state: PhysicalState) -> tuple[PhysicalAction, ...]:
    return tuple(action for action in PhysicalAction if (state, action) in PHYSICAL_TRANSITIONS)
