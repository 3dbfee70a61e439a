"""Record a document that was made safe."""

from __future__ import annotations

from uuid import UUID

from printserver.audit.log import append
from printserver.documents.events import DocumentTakenIn
from printserver.documents.intake import SafeDocument
from printserver.documents.models import Document
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor

LONGEST_FILENAME = 200


def register_document(work: Work, actor: Actor, branch_id: UUID, safe: SafeDocument, *, filename: str) -> Document:
    """`safe` must be in the object store already."""
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
    return document
