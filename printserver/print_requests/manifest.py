"""The manifest: canonical JSON of everything an approval binds to. What is approved is what is signed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from printserver.audit.canonical import canonical_json
from printserver.foundation.clock import as_text
from printserver.foundation.serials import CopySerial
from printserver.print_requests.sides import Sides
from printserver.signing.flow import Flow, steps_of
from printserver.signing.manifest_shape import VERSION
from printserver.signing.quorum import case_of, custody_steps


@dataclass(frozen=True)
class ManifestCopy:
    """`sha256`: of the rendition, complete but for its codes."""

    copy_id: UUID
    serial: CopySerial
    number: int
    sha256: str


@dataclass(frozen=True)
class ManifestSeal:
    """`code_id`: 12 hexadecimal digits.

    places: {"page", "x_um", "y_um"} each; of a straddle seal with the `part` of it that the page shows, as a box in
    the seal itself, and then the place is one of the sheet, whatever becomes of the page's content.
    """

    seal_id: UUID
    code_id: str
    object_sha256: str
    type: str
    places: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Amount:
    """`currency`: ISO 4217.   minor: in its smallest unit, such as fen."""

    currency: str
    minor: int


@dataclass(frozen=True)
class Manifest:
    """`organisation`: u32 of verification codes.   document_sha256: of the safe document.

    applicant_id: the person, not the account.   flow: of the document's class, as it was when the copies were drawn.
    printer_dpi: the modules of every code and barcode are whole numbers of this printer's dots.
    parties, attachments: as people see them; an attachment by its digest.   marks: against copying, on every paper.
    electronic_marks: those on the electronic original.
    public_view: how much of a page strangers may ever see; its class may show them less, never more.
    """

    request_id: UUID
    organisation: int
    branch_id: UUID
    branch_path: str
    applicant_id: UUID
    flow: Flow
    amount: Amount | None
    parties: Sequence[Mapping[str, Any]]
    attachments: Sequence[Mapping[str, Any]]
    title: str
    purpose: str
    own_reference: str
    document_sha256: str
    pages: int
    copies: Sequence[ManifestCopy]
    seals: Sequence[ManifestSeal]
    layout: Sequence[Mapping[str, Any]]
    sides: Sides
    printer_id: UUID
    printer_certificate_sha256: str
    printer_dpi: int
    expires_at: datetime
    marks: Mapping[str, Any] = field(default_factory=dict)
    electronic_marks: Mapping[str, Any] = field(default_factory=dict)
    public_view: str = "none"

    def to_json(self) -> dict[str, Any]:
        """With the steps that follow from the flow for this very case, and each seal's custodian at the end."""
        manifest: dict[str, Any] = {
            "version": VERSION,
            "request_id": str(self.request_id),
            "organisation": self.organisation,
            "branch_id": str(self.branch_id),
            "branch_path": self.branch_path,
            "applicant_id": str(self.applicant_id),
            "class": self.flow.class_code,
            "flow_sha256": self.flow.digest(),
            "amount": None if self.amount is None else vars(self.amount),
            "parties": [dict(party) for party in self.parties],
            "attachments": [dict(attachment) for attachment in self.attachments],
            "title": self.title,
            "purpose": self.purpose,
            "own_reference": self.own_reference,
            "document_sha256": self.document_sha256,
            "pages": self.pages,
            "copies": [
                {"copy_id": str(copy.copy_id), "serial": str(copy.serial), "number": copy.number, "sha256": copy.sha256}
                for copy in self.copies
            ],
            "seals": [
                {
                    "seal_id": str(seal.seal_id),
                    "code_id": seal.code_id,
                    "object_sha256": seal.object_sha256,
                    "type": seal.type,
                    "places": [dict(place) for place in seal.places],
                }
                for seal in self.seals
            ],
            "layout": [dict(page) for page in self.layout],
            "sides": self.sides.value,
            "printer_id": str(self.printer_id),
            "printer_certificate_sha256": self.printer_certificate_sha256,
            "printer_dpi": self.printer_dpi,
            "expires_at": as_text(self.expires_at),
            "marks": dict(self.marks),
            "electronic_marks": dict(self.electronic_marks),
            "public_view": self.public_view,
        }
        steps = (*steps_of(self.flow, case_of(manifest)), *custody_steps(manifest))
        return {**manifest, "steps": [step.to_json() for step in steps]}

    def canonical(self) -> bytes:
        return canonical_json(self.to_json())

    def digest(self) -> str:
        return sha256(self.canonical()).hexdigest()
