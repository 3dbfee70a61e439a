"""Record a document that was made safe."""

from __future__ import annotations

from uuid import UUID

from printserver.audit.log import append
from printserver.documents.events import DocumentConfirmed, DocumentMade, DocumentTakenIn
from printserver.documents.findings import Findings
from printserver.documents.intake import SafeDocument
from printserver.documents.models import Document
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor

LONGEST_FILENAME = 200


def register_document(work: Work, actor: Actor, branch_id: UUID, safe: SafeDocument, *, filename: str) -> Document:
    """`safe` must be in the object store already.   Raises: NotConfirmed while somebody has to look at it first."""
    safe.findings.require_confirmed()
    document = Document(
        id=new_id(),
        organisation_id=actor.organisation_id,
        branch_id=branch_id,
        created_by=actor.id,
        filename=filename[:LONGEST_FILENAME],
        original_sha256=safe.original_sha256,
        safe_sha256=safe.safe_sha256,
        pages=len(safe.pages),
        created_at=work.now(),
        findings=safe.findings.to_json(),
    )
    work.session.add(document)
    work.session.flush()
    append(
        work,
        actor.by,
        DocumentTakenIn(
            id=document.id,
            original_sha256=document.original_sha256,
            safe_sha256=document.safe_sha256,
            pages=document.pages,
        ),
    )
    _record_findings(work, actor, document.id, safe.findings)
    return document


def _record_findings(work: Work, actor: Actor, document_id: UUID, findings: Findings) -> None:
    if findings.confirmed:
        append(work, actor.by, DocumentConfirmed(id=document_id, questions=tuple(sorted(findings.confirmed))))
    made = findings.made_from
    if made is not None:
        append(
            work,
            actor.by,
            DocumentMade(id=document_id, template=made.template, version=made.version, data_sha256=made.data_sha256),
        )
