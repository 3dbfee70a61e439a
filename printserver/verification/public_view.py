"""What a stranger who holds a paper may see of it: what the paper itself must show, and nothing of people or places.

Never: who applied, approved or printed, the printer, the branch, the own reference, reasons, other copies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from printserver.foundation.unit_of_work import Work
from printserver.organisations.queries import organisation
from printserver.print_requests.copy_seals import seals_on
from printserver.print_requests.notices import holders_notified_at
from printserver.print_requests.queries import CopyFacts
from printserver.print_requests.states import INVALID, CopyState
from printserver.seals.queries import seal_facts
from printserver.signing.codes import CodeBody


class VerdictKind(StrEnum):
    """What is said of a code. Words for people are the pages' own."""

    GENUINE = "genuine"
    """Signed, printed, and valid now."""
    UNSETTLED = "unsettled"
    """Signed, but the books do not know yet that it was printed: ask the issuer."""
    VOID = "void"
    """Signed once, declared invalid since."""
    REPLACED = "replaced"
    """Void, and another copy stands in its place."""
    ALTERED = "altered"
    """Shaped like a code, but not what was signed or recorded."""
    EXPIRED = "expired"
    """Signed with a key that is no longer accepted."""
    UNKNOWN = "unknown"
    """No code of this server, or of a copy that never left it."""


KIND_OF_STATE: Final[Mapping[CopyState, VerdictKind]] = {
    CopyState.RENDERED: VerdictKind.UNKNOWN,
    CopyState.AUTHORISED: VerdictKind.UNKNOWN,
    CopyState.WASTED: VerdictKind.UNKNOWN,
    CopyState.ISSUED: VerdictKind.UNSETTLED,
    CopyState.RELEASED: VerdictKind.UNSETTLED,
    CopyState.SENT: VerdictKind.UNSETTLED,
    CopyState.OUTCOME_UNKNOWN: VerdictKind.UNSETTLED,
    CopyState.PRINTED: VerdictKind.GENUINE,
    CopyState.DESTROYED: VerdictKind.VOID,
    CopyState.MISSING: VerdictKind.VOID,
    CopyState.VOID: VerdictKind.VOID,
    CopyState.REPLACED: VerdictKind.REPLACED,
}

WITH_FACTS: Final = frozenset({VerdictKind.GENUINE, VerdictKind.UNSETTLED, VerdictKind.VOID, VerdictKind.REPLACED})
"""A signed code of a copy that left the server: whoever shows it has the page's content already."""


@dataclass(frozen=True)
class PublicFacts:
    """What the paper in hand must show. `copy` of `copies` and `page` of `pages` count from 1."""

    title: str
    organisation: str
    seal: str
    serial: str
    copy: int
    copies: int
    page: int
    pages: int
    issued_at: datetime
    """As the code says; whole seconds, UTC."""
    sealed_at: datetime | None = None
    """When the seal's key signed the copy, as the books say; None for copies from before there was such a signature."""
    seal_origin: str = "internal"
    """`internal`: the seal was made here; `filed`: it is the object of another maker."""
    holders_notified_at: datetime | None = None
    """When the last holder was told that the copy is no longer valid; not whom, nor how."""


@dataclass(frozen=True)
class Verdict:
    """`facts` only for a signed code of a copy that left the server; otherwise None, whatever the reason."""

    kind: VerdictKind
    facts: PublicFacts | None = None


def public_facts(work: Work, copy: CopyFacts, body: CodeBody) -> PublicFacts:
    """copy and body: already found to agree with each other."""
    seal = seal_facts(work, copy.seal_id)
    return PublicFacts(
        title=copy.title,
        organisation=organisation(work, copy.organisation_id).name,
        seal=seal.name,
        seal_origin=seal.origin,
        serial=str(copy.serial),
        copy=copy.number,
        copies=copy.copies,
        page=body.page,
        pages=copy.pages,
        issued_at=body.issued_at,
        sealed_at=next((each.sealed_at for each in seals_on(work, copy.id)), None),
        holders_notified_at=holders_notified_at(work, copy.id) if copy.state in INVALID else None,
    )
