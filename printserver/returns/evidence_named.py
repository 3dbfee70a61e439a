"""What belongs to an archived copy besides the archive's own files: its manifest and the signatures of its seals."""

from __future__ import annotations

from uuid import UUID

from printserver.foundation.unit_of_work import Work
from printserver.print_requests.copy_seals import seals_on
from printserver.print_requests.public_queries import said_of_request
from printserver.print_requests.queries import copy_facts


def named_beside(work: Work, copy_id: UUID) -> dict[str, str]:
    """What each object is, by its digest."""
    named = {seal.signature_sha256: f"seal {seal.position}" for seal in seals_on(work, copy_id)}
    manifest = said_of_request(work, copy_facts(work, copy_id).request_id).manifest_sha256
    return named if manifest is None else {**named, manifest: "manifest"}
