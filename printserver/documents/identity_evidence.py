"""Evidence of an identity is made safe as attachments are, before it is sealed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from printserver.documents.attachments import make_attachment_safe
from printserver.documents.intake import IntakeLimits
from printserver.organisations.identity_proof_errors import IdentityProofMalformed
from printserver.organisations.identity_proof_intake import MOST_FILES, EvidenceFile

MOST_PAGES: Final = 20
"""Of one file."""


def safe_evidence(files: Sequence[tuple[str, bytes]], *, largest_bytes: int) -> tuple[EvidenceFile, ...]:
    """files: name and content of each, a picture or PDF.

    Raises: IdentityProofMalformed, DocumentRefused and its kinds.
    """
    if not 1 <= len(files) <= MOST_FILES:
        raise IdentityProofMalformed(f"a proof comes with 1 to {MOST_FILES} pictures or files of the document")
    limits = IntakeLimits(max_bytes=largest_bytes, max_pages=MOST_PAGES)
    safe = ((name, make_attachment_safe(data, limits)) for name, data in files)
    return tuple(EvidenceFile(name, each.pdf, len(each.pages)) for name, each in safe)
