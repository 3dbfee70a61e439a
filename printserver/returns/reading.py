"""What one scanned page is: its code believed or not, its copy fit to come home or not. Decides, changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from printserver.foundation.serials import PageCode
from printserver.organisations.queries import OrganisationFacts
from printserver.print_requests.queries import CopyFacts
from printserver.print_requests.states import CopyState
from printserver.returns.matching import Evidence, PageCodes, identify_page
from printserver.returns.states import Note, Reason
from printserver.signing.codes import CodeBody, parse_text, verify_code
from printserver.signing.errors import CodeForged, CodeMalformed, KeyNotValid, KeyUnknown
from printserver.signing.key_list import KeyList

_REFUSAL_OF_STATE: Final[Mapping[CopyState, Reason | None]] = {
    CopyState.RENDERED: Reason.COPY_NOT_PRINTED,
    CopyState.AUTHORISED: Reason.COPY_NOT_PRINTED,
    CopyState.ISSUED: Reason.COPY_NOT_PRINTED,
    CopyState.RELEASED: Reason.COPY_NOT_PRINTED,
    CopyState.ELECTRONIC: Reason.ELECTRONIC_ORIGINAL,
    CopyState.WASTED: Reason.COPY_NOT_PRINTED,
    CopyState.SENT: None,
    CopyState.OUTCOME_UNKNOWN: None,
    CopyState.PRINTED: None,
    CopyState.VOID: Reason.COPY_VOID,
    CopyState.REPLACED: Reason.COPY_VOID,
    CopyState.DESTROYED: Reason.COPY_VOID,
    CopyState.MISSING: Reason.COPY_VOID,
}


@dataclass(frozen=True)
class CodeReading:
    """What a page's codes say. `code` is None when `reason` says why none is believed."""

    code: PageCode | None
    body: CodeBody | None
    """Of the signed QR; None when only the Code 128 was read."""
    evidence: Evidence
    reason: Reason | None = None


def read_codes(codes: PageCodes, key_list: KeyList, at: datetime) -> CodeReading:
    """Believe a signed QR, or a Code 128 where no QR contradicts it.

    A QR of our form with a wrong signature makes the page doubtful, whatever else is on it.
    """
    bodies: dict[str, CodeBody] = {}
    refusals: set[Reason] = set()
    for text in codes.qr_texts:
        try:
            bodies[text] = verify_code(parse_text(text), key_list, at)
        except (CodeMalformed, KeyUnknown):
            refusals.add(Reason.UNKNOWN_CODE)
        except CodeForged:
            refusals.add(Reason.CODE_ALTERED)
        except KeyNotValid:
            refusals.add(Reason.KEY_NOT_VALID)
    identity = identify_page(codes, lambda text: _page_code(bodies.get(text)))
    if Reason.CODE_ALTERED in refusals:
        return CodeReading(None, None, identity.evidence, Reason.CODE_ALTERED)
    if identity.evidence is Evidence.CONFLICT:
        return CodeReading(None, None, identity.evidence, Reason.CONFLICTING_CODES)
    if refusals and not bodies:
        return CodeReading(None, None, identity.evidence, min(refusals, key=list(Reason).index))
    if identity.code is None:
        return CodeReading(None, None, identity.evidence, Reason.UNREADABLE)
    body = next((body for body in bodies.values() if _page_code(body) == identity.code), None)
    return CodeReading(identity.code, body, identity.evidence)


def refusal(
    reading: CodeReading, copy: CopyFacts | None, organisation: OrganisationFacts, *, agrees: bool
) -> Reason | None:
    """Why the page cannot be taken as the page its code names, or None.

    copy: found by the code's serial.   organisation: that of the return.
    agrees: whether the signed code and the books say the same; True without a signed code.
    """
    if reading.code is None:
        return reading.reason
    if reading.body is not None and reading.body.organisation != organisation.number:
        return Reason.FOREIGN_CODE
    if copy is None:
        return Reason.UNKNOWN_CODE
    if copy.organisation_id != organisation.id:
        return Reason.FOREIGN_CODE
    if not agrees:
        return Reason.CODE_ALTERED
    if reading.code.page > copy.pages:
        return Reason.PAGE_OUT_OF_RANGE
    return refusal_of_state(copy.state)


def refusal_of_state(state: CopyState) -> Reason | None:
    """Why the paper of a copy in that state cannot simply come home, or None."""
    return _REFUSAL_OF_STATE[state]


def note_of_state(state: CopyState) -> Note | None:
    """A page that came back proves that it was printed; settling the copy stays a person's act."""
    return None if state is CopyState.PRINTED else Note.COPY_UNSETTLED


def _page_code(body: CodeBody | None) -> PageCode | None:
    return None if body is None else PageCode(body.serial, body.page)
