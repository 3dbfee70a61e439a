"""The lives of a print request and of a copy, as tables. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from printserver.foundation.errors import TransitionRefused


class RequestState(StrEnum):
    RENDERING = "rendering"
    PENDING_APPROVAL = "pending-approval"
    PENDING_CUSTODY = "pending-custody"
    APPROVED = "approved"
    ISSUED = "issued"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    FAILED = "failed"
    RECALLED = "recalled"
    PHYSICAL_SEAL = "physical-seal"
    SEALED_BY_HAND = "sealed-by-hand"


class RequestAction(StrEnum):
    OPEN_FLOW = "open the approval flow of"
    NOTE_DECISION = "decide on a step of"
    APPROVE = "approve"
    APPROVE_FOR_HAND = "approve for sealing by hand"
    CONFIRM_USE = "confirm the seal's use for"
    RECORD_SEALING = "record the sealing by hand of"
    FINISH_ISSUING = "finish issuing"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    RECALL = "recall"
    EXPIRE = "expire"
    FAIL = "give up"


class CopyState(StrEnum):
    """Every copy is in exactly one of these at any time."""

    RENDERED = "rendered"
    AUTHORISED = "authorised"
    ISSUED = "issued"
    ELECTRONIC = "electronic"
    """Issued as a file: the electronic original, which no action brings to a printer."""
    RELEASED = "released"
    SENT = "sent"
    PRINTED = "printed"
    WASTED = "wasted"
    OUTCOME_UNKNOWN = "outcome-unknown"
    DESTROYED = "destroyed"
    MISSING = "missing"
    VOID = "void"
    REPLACED = "replaced"


class CopyAction(StrEnum):
    AUTHORISE = "authorise"
    ISSUE = "issue"
    ISSUE_ELECTRONIC = "issue as a file"
    WASTE = "waste"
    RELEASE = "release"
    SEND = "send"
    GIVE_BACK = "give back"
    TAKE_BACK = "take back"
    RECORD_PRINTED = "record as printed"
    LOSE_TRACK = "lose track of"
    SETTLE_SEEN = "settle as seen"
    SETTLE_DESTROYED = "settle as destroyed"
    SETTLE_MISSING = "settle as missing"
    VOID = "void"
    REPLACE = "replace"


INVALID: Final = frozenset({CopyState.DESTROYED, CopyState.MISSING, CopyState.VOID, CopyState.REPLACED})
"""No action leads out of these: a copy that was ever in one of them is never valid again."""

R, RA = RequestState, RequestAction
C, CA = CopyState, CopyAction

REQUEST_TRANSITIONS: Final[Mapping[tuple[RequestState, RequestAction], RequestState]] = {
    (R.RENDERING, RA.OPEN_FLOW): R.PENDING_APPROVAL,
    (R.RENDERING, RA.FAIL): R.FAILED,
    (R.RENDERING, RA.WITHDRAW): R.WITHDRAWN,
    (R.RENDERING, RA.RECALL): R.RECALLED,
    (R.PENDING_APPROVAL, RA.NOTE_DECISION): R.PENDING_APPROVAL,  # steps go on, or somebody else was asked
    (R.PENDING_APPROVAL, RA.APPROVE): R.PENDING_CUSTODY,
    (R.PENDING_APPROVAL, RA.APPROVE_FOR_HAND): R.PHYSICAL_SEAL,
    (R.PENDING_APPROVAL, RA.REFUSE): R.REFUSED,
    (R.PENDING_APPROVAL, RA.WITHDRAW): R.WITHDRAWN,
    (R.PENDING_APPROVAL, RA.RECALL): R.RECALLED,
    (R.PENDING_APPROVAL, RA.EXPIRE): R.EXPIRED,
    (R.PENDING_CUSTODY, RA.NOTE_DECISION): R.PENDING_CUSTODY,  # somebody else was asked
    (R.PENDING_CUSTODY, RA.CONFIRM_USE): R.APPROVED,
    (R.PENDING_CUSTODY, RA.REFUSE): R.REFUSED,
    (R.PENDING_CUSTODY, RA.WITHDRAW): R.WITHDRAWN,
    (R.PENDING_CUSTODY, RA.RECALL): R.RECALLED,
    (R.PENDING_CUSTODY, RA.EXPIRE): R.EXPIRED,
    (R.PHYSICAL_SEAL, RA.NOTE_DECISION): R.PHYSICAL_SEAL,  # another seal is still to be put on
    (R.PHYSICAL_SEAL, RA.RECORD_SEALING): R.SEALED_BY_HAND,
    (R.PHYSICAL_SEAL, RA.REFUSE): R.REFUSED,
    (R.PHYSICAL_SEAL, RA.WITHDRAW): R.WITHDRAWN,
    (R.PHYSICAL_SEAL, RA.EXPIRE): R.EXPIRED,
    (R.APPROVED, RA.FINISH_ISSUING): R.ISSUED,
    (R.APPROVED, RA.FAIL): R.FAILED,
}

COPY_TRANSITIONS: Final[Mapping[tuple[CopyState, CopyAction], CopyState]] = {
    (C.RENDERED, CA.AUTHORISE): C.AUTHORISED,
    (C.RENDERED, CA.VOID): C.VOID,
    (C.AUTHORISED, CA.ISSUE): C.ISSUED,
    (C.AUTHORISED, CA.ISSUE_ELECTRONIC): C.ELECTRONIC,
    (C.AUTHORISED, CA.VOID): C.VOID,
    (C.AUTHORISED, CA.WASTE): C.WASTED,  # redeemed, then no signature: the serial is never used
    (C.ISSUED, CA.RELEASE): C.RELEASED,
    (C.ISSUED, CA.VOID): C.VOID,
    (C.ELECTRONIC, CA.VOID): C.VOID,
    (C.RELEASED, CA.SEND): C.SENT,
    (C.RELEASED, CA.TAKE_BACK): C.ISSUED,
    (C.RELEASED, CA.LOSE_TRACK): C.OUTCOME_UNKNOWN,  # the fence knows these very bytes, by the books they never began
    (C.SENT, CA.GIVE_BACK): C.RELEASED,  # the backend ended before the first octet; its job may be started again
    (C.SENT, CA.RECORD_PRINTED): C.PRINTED,
    (C.SENT, CA.LOSE_TRACK): C.OUTCOME_UNKNOWN,
    (C.SENT, CA.TAKE_BACK): C.ISSUED,  # the fence shows that the printer was never reached
    (C.OUTCOME_UNKNOWN, CA.RECORD_PRINTED): C.PRINTED,  # the fence's word came late
    (C.OUTCOME_UNKNOWN, CA.SETTLE_SEEN): C.PRINTED,
    (C.OUTCOME_UNKNOWN, CA.SETTLE_DESTROYED): C.DESTROYED,
    (C.OUTCOME_UNKNOWN, CA.SETTLE_MISSING): C.MISSING,
    (C.PRINTED, CA.VOID): C.VOID,
    (C.MISSING, CA.VOID): C.VOID,
    (C.DESTROYED, CA.REPLACE): C.REPLACED,
    (C.VOID, CA.REPLACE): C.REPLACED,
}


def next_request_state(state: RequestState, action: RequestAction) -> RequestState:
    """Raises: TransitionRefused."""
    try:
        return REQUEST_TRANSITIONS[state, action]
    except KeyError:
        raise TransitionRefused(f"cannot {action} a request that is {state}") from None


def next_copy_state(state: CopyState, action: CopyAction) -> CopyState:
    """Raises: TransitionRefused."""
    try:
        return COPY_TRANSITIONS[state, action]
    except KeyError:
        raise TransitionRefused(f"cannot {action} a copy that is {state}") from None
