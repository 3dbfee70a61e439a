"""The life of a proof of identity, as a table; and which documents, methods and dates there are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from printserver.foundation.errors import TransitionRefused
from printserver.organisations.identity_numbers import is_citizen_number, is_credit_code, is_other_number


class ProofState(StrEnum):
    SUBMITTED = "submitted"
    VERIFIED = "verified"
    REFUSED = "refused"
    DUE = "due"
    """It still counts, and is to be checked again."""
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"
    """The keys of all that was sealed are forgotten, and what could be read is blanked."""


class ProofAction(StrEnum):
    VERIFY = "verify"
    REVERIFY = "reverify"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    REPLACE = "replace"
    """A newer proof of the same person or company was verified."""
    FALL_DUE = "fall-due"
    EXPIRE = "expire"
    ERASE = "erase"


class Document(StrEnum):
    RESIDENT_ID = "resident-id"
    PASSPORT = "passport"
    OTHER = "other"
    BUSINESS_LICENCE = "business-licence"


class Method(StrEnum):
    """How somebody made sure."""

    IN_PERSON = "in-person"
    REGISTER = "register"
    """Against an official register."""
    VIDEO = "video"


S, A = ProofState, ProofAction

TRANSITIONS: Final[Mapping[tuple[ProofState, ProofAction], ProofState]] = {
    (S.SUBMITTED, A.VERIFY): S.VERIFIED,
    (S.SUBMITTED, A.REFUSE): S.REFUSED,
    (S.SUBMITTED, A.WITHDRAW): S.WITHDRAWN,
    (S.VERIFIED, A.REVERIFY): S.VERIFIED,  # nobody need wait until it is due
    (S.VERIFIED, A.REFUSE): S.REFUSED,  # a later look has found it wrong
    (S.VERIFIED, A.WITHDRAW): S.WITHDRAWN,
    (S.VERIFIED, A.REPLACE): S.WITHDRAWN,
    (S.VERIFIED, A.FALL_DUE): S.DUE,
    (S.VERIFIED, A.EXPIRE): S.EXPIRED,
    (S.DUE, A.REVERIFY): S.VERIFIED,
    (S.DUE, A.REFUSE): S.REFUSED,
    (S.DUE, A.WITHDRAW): S.WITHDRAWN,
    (S.DUE, A.REPLACE): S.WITHDRAWN,
    (S.DUE, A.EXPIRE): S.EXPIRED,
    (S.REFUSED, A.ERASE): S.ERASED,
    (S.EXPIRED, A.ERASE): S.ERASED,
    (S.WITHDRAWN, A.ERASE): S.ERASED,
}

COUNTS: Final = frozenset({S.VERIFIED, S.DUE})
"""In these a person or company is proved, while the document is valid."""
ENDED: Final = frozenset({S.REFUSED, S.EXPIRED, S.WITHDRAWN})
BY_TIME: Final = frozenset({A.FALL_DUE, A.EXPIRE})
BY_A_SECOND_PERSON: Final = frozenset({A.VERIFY, A.REVERIFY})
"""Neither the one whom it concerns nor who submitted it."""
OF_PERSONS: Final = (Document.RESIDENT_ID, Document.PASSPORT, Document.OTHER)

USUAL_RECHECK_DAYS: Final = 365
USUAL_RETENTION_DAYS: Final = 30
LONGEST_RECHECK_DAYS: Final = 3 * 366
LONGEST_RETENTION_DAYS: Final = 30 * 366
GRACE_DAYS: Final = 30
"""For how long a proof counts that is due."""
REMINDED_BEFORE: Final = (30, 7, 1)
"""Days before a proof falls due."""


def next_state(state: ProofState, action: ProofAction) -> ProofState:
    """Raises: TransitionRefused."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise TransitionRefused(f"cannot {action} a proof of identity that is {state}") from None


def fits(document: Document, number: str) -> bool:
    """Whether such a document can carry this number, which is in its usual form."""
    match document:
        case Document.RESIDENT_ID:
            return is_citizen_number(number)
        case Document.BUSINESS_LICENCE:
            return is_credit_code(number)
        case Document.PASSPORT | Document.OTHER:
            return is_other_number(number)


def counts(state: ProofState, valid_until: date | None, today: date) -> bool:
    """Whether somebody is proved by it now.   valid_until: the document's last day; None when it has none."""
    return state in COUNTS and (valid_until is None or today <= valid_until)


def recheck_day(today: date, valid_until: date | None, days: int) -> date:
    """When it is due again: after so many days, or on the document's last one when that comes first."""
    usual = today + timedelta(days=days)
    return usual if valid_until is None else min(usual, valid_until)


def by_time(
    state: ProofState, valid_until: date | None, recheck_on: date | None, today: date, *, gone: bool = False
) -> ProofAction | None:
    """What time alone does to it today; None for nothing.   gone: the person has left."""
    if gone and (state, A.WITHDRAW) in TRANSITIONS:
        return ProofAction.WITHDRAW
    if state not in COUNTS:
        return None
    document_over = valid_until is not None and today > valid_until
    forgotten = recheck_on is not None and today > recheck_on + timedelta(days=GRACE_DAYS)
    if document_over or forgotten:
        return ProofAction.EXPIRE
    return ProofAction.FALL_DUE if state is S.VERIFIED and recheck_on is not None and today >= recheck_on else None
