"""The lives of a return and of its pages, as tables, and why a page waits for a person. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from printserver.foundation.errors import TransitionRefused


class ReturnState(StrEnum):
    RECEIVED = "received"
    """Stored, waiting to be read."""
    READ = "read"
    """Each page has its fate; doubtful ones may still wait."""
    FAILED = "failed"
    """Nothing of the file could be read; it stays stored."""


class PageState(StrEnum):
    MATCHED = "matched"
    DOUBTFUL = "doubtful"
    BLANK = "blank"
    SETTLED = "settled"
    """A person said which page of which copy it is."""
    DISCARDED = "discarded"
    """A person said that it is no page to keep; it stays stored."""
    SHEET = "process-sheet"
    """It parts the batch: the uncoded pages behind it belong to its request."""
    ATTACHED = "attached"
    """A page without a code of ours that lay behind a request's process sheet, or that a person put there."""
    VERSION = "version"
    """A further scan of a page that came home before; a person said so."""


class PageAction(StrEnum):
    SETTLE = "settle"
    DISCARD = "discard"
    ATTACH = "attach"
    KEEP_VERSION = "keep-version"


class Reason(StrEnum):
    """Why a page is doubtful. Codes are documented and never renamed; words for people are the pages' own."""

    UNREADABLE = "unreadable"
    """No code of ours was found."""
    BROKEN_PAGE = "broken-page"
    """The page's picture cannot be decoded."""
    UNKNOWN_CODE = "unknown-code"
    """The code names a copy or key that nobody here knows."""
    FOREIGN_CODE = "foreign-code"
    """The page belongs to another organisation."""
    CODE_ALTERED = "code-altered"
    """The code's signature is not right, or it says other things than the books."""
    KEY_NOT_VALID = "key-not-valid"
    """The code was signed with a key that is no longer accepted."""
    CONFLICTING_CODES = "conflicting-codes"
    """The page carries codes of two different pages."""
    COPY_VOID = "copy-void"
    """The copy is void, replaced, destroyed or missing."""
    COPY_NOT_PRINTED = "copy-not-printed"
    """By the books the copy never went to a printer."""
    ELECTRONIC_ORIGINAL = "electronic-original"
    """Somebody has printed the electronic original."""
    PAGE_OUT_OF_RANGE = "page-number-out-of-range"
    DUPLICATE_PAGE = "duplicate-page"
    """The same page of the same copy came home already."""
    NEW_VERSION = "new-version"
    """The same, and the copy is in the archive: this is a further scan of an archived page."""
    SHEET_UNKNOWN = "sheet-unknown"
    """A process sheet of a request that nobody here knows."""
    SHEET_FOREIGN = "sheet-foreign"
    """A process sheet of another organisation or of a branch that is not beneath this one."""
    DIFFERS = "differs"
    """The page does not show what was issued."""
    COMPARE_BY_EYE = "compare-by-eye"
    """Nobody can tell without looking: the scan has no colour, something lies over or beside the text, or pictures."""
    NOT_COMPARED = "not-compared"
    """The issued page could not be had, or the scan is too poor or too different to be laid over it."""


class Note(StrEnum):
    """What to know of a page that is matched all the same."""

    COPY_UNSETTLED = "copy-unsettled"
    """By the books it is not certain that the copy was printed; its paper is here."""


class ByKey(StrEnum):
    """What people say by a single key instead of in their own words."""

    NO_PAGE_TO_KEEP = "no-page-to-keep"


R, P, A = ReturnState, PageState, PageAction

RETURN_ENDS: Final = frozenset({R.READ, R.FAILED})
"""Where a received return may go; once there it stays."""

KEPT: Final = frozenset({P.MATCHED, P.SETTLED})
"""The states in which a page counts as a page of its copy."""

OF_REQUEST: Final = frozenset({P.SHEET, P.ATTACHED})
"""The states in which a page belongs to a request, and to none of its copies."""

_SETTLED_AS: Final[Mapping[PageAction, PageState]] = {
    A.SETTLE: P.SETTLED,
    A.DISCARD: P.DISCARDED,
    A.ATTACH: P.ATTACHED,
    A.KEEP_VERSION: P.VERSION,
}

PAGE_TRANSITIONS: Final[Mapping[tuple[PageState, PageAction], PageState]] = {
    # Whatever the machine or a person said may be corrected; what was said before stays in the log.
    (state, action): after
    for state in P
    for action, after in _SETTLED_AS.items()
    if (state, action) not in {(P.BLANK, A.DISCARD), (P.DISCARDED, A.DISCARD), (P.VERSION, A.KEEP_VERSION)}
}


def next_page_state(state: PageState, action: PageAction) -> PageState:
    """Raises: TransitionRefused."""
    try:
        return PAGE_TRANSITIONS[state, action]
    except KeyError:
        raise TransitionRefused(f"cannot {action} a page that is {state}") from None
