"""What this room keeps of documents, for disposal: their bytes, and what is said of them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Select, or_, select, update

from printserver.documents.models import Document
from printserver.foundation.unit_of_work import Work


def objects_of_document(work: Work, document_id: UUID) -> set[str]:
    rows = work.session.execute(
        select(Document.original_sha256, Document.safe_sha256).where(Document.id == document_id)
    )
    return {digest for row in rows for digest in row}


def named_by_documents(work: Work, organisation_id: UUID, digests: Collection[str], *, gone: Select[UUID]) -> set[str]:
    """Those of `digests` that a document names which is not among `gone`, a query of documents' ids."""
    rows = work.session.execute(
        select(Document.original_sha256, Document.safe_sha256).where(
            Document.organisation_id == organisation_id,
            or_(Document.original_sha256.in_(digests), Document.safe_sha256.in_(digests)),
            Document.id.not_in(gone),
        )
    )
    return {digest for row in rows for digest in row if digest in digests}


def forget_document(work: Work, document_id: UUID) -> None:
    """Its digests and the number of its pages remain."""
    work.session.execute(update(Document).where(Document.id == document_id).values(filename="", findings=None))
