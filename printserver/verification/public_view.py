"""What a stranger who holds a paper may see of it: what the paper itself must show, and nothing of people or places.

Never: who applied, approved or printed, the printer, the branch, the own reference, reasons, other copies.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from printserver.approvals.classes import ClassNotFound, PublicView, class_facts
from printserver.foundation.errors import NotFound, Unavailable
from printserver.foundation.serials import ELECTRONIC_ORIGINAL
from printserver.foundation.unit_of_work import Work
from printserver.organisations.queries import organisation
from printserver.print_requests.copy_seals import sealed_by
from printserver.print_requests.money import Money, in_capitals
from printserver.print_requests.parties import Party, PartyKind
from printserver.print_requests.public_queries import Told, issued_in_place_of, said_of_request, told_of
from printserver.print_requests.queries import CopyFacts
from printserver.print_requests.states import INVALID, CopyState
from printserver.rendering.marks import PlacedSeal, SealPlace, seal_box
from printserver.rendering.page_layout import PageLayout
from printserver.seals.queries import seal_on_paper
from printserver.seals.states import SealState
from printserver.signing.codes import CodeBody
from printserver.storage.objects import Objects
from printserver.verification.sightings import Sightings


class VerdictKind(StrEnum):
    """What is said of a code. Words for people are the pages' own."""

    GENUINE = "genuine"
    """Signed, printed, and valid now."""
    SEAL_REVOKED = "seal-revoked"
    """As genuine, but a seal on it was revoked since."""
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
    TEST = "test"
    """Would be valid, but was signed where everything is a test."""


KIND_OF_STATE: Final[Mapping[CopyState, VerdictKind]] = {
    CopyState.RENDERED: VerdictKind.UNKNOWN,
    CopyState.AUTHORISED: VerdictKind.UNKNOWN,
    CopyState.WASTED: VerdictKind.UNKNOWN,
    CopyState.ISSUED: VerdictKind.UNSETTLED,
    CopyState.RELEASED: VerdictKind.UNSETTLED,
    CopyState.SENT: VerdictKind.UNSETTLED,
    CopyState.OUTCOME_UNKNOWN: VerdictKind.UNSETTLED,
    CopyState.PRINTED: VerdictKind.GENUINE,
    CopyState.ELECTRONIC: VerdictKind.GENUINE,
    CopyState.DESTROYED: VerdictKind.VOID,
    CopyState.MISSING: VerdictKind.VOID,
    CopyState.VOID: VerdictKind.VOID,
    CopyState.REPLACED: VerdictKind.REPLACED,
}

WITH_FACTS: Final = frozenset(
    {
        VerdictKind.GENUINE,
        VerdictKind.SEAL_REVOKED,
        VerdictKind.UNSETTLED,
        VerdictKind.VOID,
        VerdictKind.REPLACED,
        VerdictKind.TEST,
    }
)
_OF_A_TEST: Final = frozenset({VerdictKind.GENUINE, VerdictKind.SEAL_REVOKED, VerdictKind.UNSETTLED})
"""A signed code of a copy that left the server: whoever shows it has the page's content already."""
SEAL_ENDED: Final = frozenset({SealState.REVOKED, SealState.DESTROYED})


@dataclass(frozen=True)
class PublicSeal:
    """`origin`: `internal`, made here, or `filed`, another maker's object.   sealed_at: None for old copies.

    ended: revoked or destroyed since.
    """

    name: str
    origin: str
    ended: bool
    sealed_at: datetime | None = None


@dataclass(frozen=True)
class PublicFacts:
    """What the paper in hand must show. `copy` of `copies` and `page` of `pages` count from 1."""

    title: str
    organisation: str
    """Holder of the seals."""
    seals: tuple[PublicSeal, ...]
    serial: str
    copy: int
    """0 for the electronic original."""
    copies: int
    page: int
    pages: int
    issued_at: datetime
    """As the code says; whole seconds, UTC."""
    parties: tuple[str, ...] = ()
    """Of a person only the first and the last letter, unless the class shows its pages to everybody."""
    amount: Money | None = None
    marks: tuple[str, ...] = ()
    """Security marks that the manifest names: what else the paper must show."""
    told: tuple[Told, ...] = ()
    """What holders of an invalid copy were told, and when; not whom, nor how."""
    replaced_by: tuple[str, ...] = ()
    """Serials of the copies that stand in its place."""

    @property
    def electronic(self) -> bool:
        """Whether it is the file itself, of which no paper is the controlled copy."""
        return self.copy == ELECTRONIC_ORIGINAL

    @property
    def capitals(self) -> str:
        """The amount as Chinese papers write it; empty without one, or in another currency."""
        return "" if self.amount is None else in_capitals(self.amount)

    @property
    def seal(self) -> str:
        return "、".join(seal.name for seal in self.seals)

    @property
    def sealed_at(self) -> datetime | None:
        return next((seal.sealed_at for seal in self.seals if seal.sealed_at), None)


@dataclass(frozen=True)
class PagePolicy:
    """How much of the page is shown, and from what.   rendition_sha256: the pages as approved, without codes.

    owner: the organisation whose copy it is.

    seals: boxes (left, top, width, height) in µm on this page, from its top left corner.
    """

    view: PublicView
    owner: UUID
    rendition_sha256: str
    page: int
    seals: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True)
class Verdict:
    """`facts`, `policy` and `copy_id` only for a signed code of a copy that left the server."""

    kind: VerdictKind
    facts: PublicFacts | None = None
    policy: PagePolicy | None = field(default=None, repr=False)
    copy_id: UUID | None = field(default=None, repr=False)
    unlikely: Sightings | None = None
    """From how many places the code was opened lately, when they are more than one paper gets to."""


def genuine_kind(seals: Sequence[PublicSeal]) -> VerdictKind:
    """Of a printed copy."""
    return VerdictKind.SEAL_REVOKED if any(seal.ended for seal in seals) else VerdictKind.GENUINE


def under_keys(kind: VerdictKind, *, test: bool) -> VerdictKind:
    """The same, unless the keys are those of a test: what they sign is never valid."""
    return VerdictKind.TEST if test and kind in _OF_A_TEST else kind


def public_facts(
    work: Work, copy: CopyFacts, body: CodeBody, objects: Objects | None
) -> tuple[PublicFacts, PagePolicy]:
    """copy and body: already found to agree with each other.   objects: None leaves the manifest unread."""
    said = said_of_request(work, copy.request_id)
    manifest = _manifest(objects, said.manifest_sha256, copy.organisation_id)
    view = _view(work, copy, said.class_code, manifest)
    seals = seals_of_copy(work, copy)
    invalid = copy.state in INVALID
    facts = PublicFacts(
        title=copy.title,
        organisation=organisation(work, copy.organisation_id).name,
        seals=seals,
        serial=str(copy.serial),
        copy=copy.number,
        copies=copy.copies,
        page=body.page,
        pages=copy.pages,
        issued_at=body.issued_at,
        parties=tuple(_party(party, view) for party in said.parties),
        amount=said.amount,
        marks=marks_of(manifest, on_paper=copy.number != ELECTRONIC_ORIGINAL),
        told=told_of(work, copy.id) if invalid else (),
        replaced_by=tuple(map(str, issued_in_place_of(work, copy.id))) if invalid else (),
    )
    boxes = _seal_boxes(work, manifest, body.page) if view.hides_lines else ()
    return facts, PagePolicy(view, copy.organisation_id, copy.rendition_sha256, body.page, boxes)


def marks_of(manifest: Mapping[str, Any], *, on_paper: bool) -> tuple[str, ...]:
    """The marks that were switched on, by name and in the manifest's order; none in older manifests."""
    marks = manifest.get("marks" if on_paper else "electronic_marks")
    if isinstance(marks, Mapping):
        marks = [name for name, wanted in marks.items() if wanted]
    return tuple(map(str, marks)) if isinstance(marks, list) else ()


def seals_of_copy(work: Work, copy: CopyFacts) -> tuple[PublicSeal, ...]:
    sealed: dict[UUID, datetime | None] = dict(sealed_by(work, copy.id)) or {copy.seal_id: None}
    found = ((seal_on_paper(work, seal_id), at) for seal_id, at in sealed.items())
    return tuple(PublicSeal(seal.name, seal.origin, seal.state in SEAL_ENDED, at) for seal, at in found)


def _view(work: Work, copy: CopyFacts, class_code: str, manifest: Mapping[str, Any]) -> PublicView:
    """What the approvers saw that strangers would see, or less where the class shows less by now.

    Nothing is shown of a class that nobody knows, or of a copy whose manifest cannot be read or does not say.
    """
    try:
        shown = PublicView(class_facts(work, copy.organisation_id, class_code).description.public_view)
        return shown.at_most(PublicView(manifest.get("public_view", PublicView.NONE)))
    except (ClassNotFound, ValueError):
        return PublicView.NONE


def _party(party: Party, view: PublicView) -> str:
    if view is PublicView.FULL or party.kind is not PartyKind.PERSON or len(party.name) < 2:
        return party.name
    return f"{party.name[0]}{'*' * max(1, len(party.name) - 2)}{party.name[-1] if len(party.name) > 2 else ''}"


def _manifest(objects: Objects | None, digest: str | None, owner: UUID) -> Mapping[str, Any]:
    """Empty when there is none to be had: then the page says less, and never something else."""
    if objects is None or digest is None:
        return {}
    try:
        manifest = json.loads(objects.get(digest, owner))
    except (NotFound, Unavailable, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _seal_boxes(work: Work, manifest: Mapping[str, Any], page: int) -> tuple[tuple[int, int, int, int], ...]:
    """Of the seals on that page, and of the slices of straddle seals, where they are printed."""
    layouts = manifest.get("layout", ())
    if not 1 <= page <= len(layouts):
        return ()
    layout, boxes = PageLayout.from_json(layouts[page - 1]), []
    for seal in manifest.get("seals", ()):
        places = tuple(SealPlace.from_json(place) for place in seal["places"] if place["page"] == page)
        if places:
            facts = seal_on_paper(work, UUID(seal["seal_id"]))
            drawn = PlacedSeal(b"", facts.width_um, facts.height_um, places)
            boxes += [seal_box(layout, drawn, place) for place in places]
    return tuple((box.x_um, box.y_um, box.width_um, box.height_um) for box in boxes)
