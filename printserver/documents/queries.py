"""What others may know of documents."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from printserver.documents.findings import Findings
from printserver.documents.models import Document
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work


@dataclass(frozen=True)
class DocumentFacts:
    id: UUID
    branch_id: UUID
    filename: str
    original_sha256: str
    safe_sha256: str
    pages: int
    findings: Findings


def document_facts(work: Work, document_id: UUID) -> DocumentFacts:
    """Without regard to anybody's rights.   Raises: NotFound."""
    row = work.session.get(Document, document_id)
    if row is None:
        raise NotFound("there is no such document")
    findings = Findings.of_json(row.findings)
    return DocumentFacts(row.id, row.branch_id, row.filename, row.original_sha256, row.safe_sha256, row.pages, findings)
