"""The manifest: canonical JSON of everything an approval binds to. What is approved is what is signed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from printserver.approvals.rules import Step
from printserver.audit.canonical import canonical_json
from printserver.foundation.clock import as_text
from printserver.foundation.serials import CopySerial
from printserver.print_requests.sides import Sides

VERSION: Final = 2
"""1 said nothing of `sides`; what was approved as such was printed one-sided."""


@dataclass(frozen=True)
class ManifestCopy:
    """`sha256`: of the rendition, complete but for its codes."""

    copy_id: UUID
    serial: CopySerial
    number: int
    sha256: str


@dataclass(frozen=True)
class ManifestSeal:
    """`code_id`: 12 hexadecimal digits.   places: {"page", "x_um", "y_um"} each."""

    seal_id: UUID
    code_id: str
    object_sha256: str
    places: Sequence[Mapping[str, int]]


@dataclass(frozen=True)
class Manifest:
    """`organisation`: u32 of verification codes.   document_sha256: of the safe document."""

    request_id: UUID
    organisation: int
    branch_id: UUID
    applicant_id: UUID
    title: str
    own_reference: str
    document_sha256: str
    pages: int
    copies: Sequence[ManifestCopy]
    seals: Sequence[ManifestSeal]
    steps: Sequence[Step]
    layout: Sequence[Mapping[str, Any]]
    sides: Sides
    printer_id: UUID
    printer_certificate_sha256: str
    expires_at: datetime

    def canonical(self) -> bytes:
        return canonical_json(
            {
                "version": VERSION,
                "request_id": str(self.request_id),
                "organisation": self.organisation,
                "branch_id": str(self.branch_id),
                "applicant_id": str(self.applicant_id),
                "title": self.title,
                "own_reference": self.own_reference,
                "document_sha256": self.document_sha256,
                "pages": self.pages,
                "copies": [
                    {
                        "copy_id": str(copy.copy_id),
                        "serial": str(copy.serial),
                        "number": copy.number,
                        "sha256": copy.sha256,
                    }
                    for copy in self.copies
                ],
                "seals": [
                    {
                        "seal_id": str(seal.seal_id),
                        "code_id": seal.code_id,
                        "object_sha256": seal.object_sha256,
                        "places": [dict(place) for place in seal.places],
                    }
                    for seal in self.seals
                ],
                "steps": [{"name": step.name, "quorum": step.quorum} for step in self.steps],
                "layout": [dict(page) for page in self.layout],
                "sides": self.sides.value,
                "printer_id": str(self.printer_id),
                "printer_certificate_sha256": self.printer_certificate_sha256,
                "expires_at": as_text(self.expires_at),
            }
        )

    def digest(self) -> str:
        return sha256(self.canonical()).hexdigest()
