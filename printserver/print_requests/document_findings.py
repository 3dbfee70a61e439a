"""What was found in a request's document, for those who may read the request."""

from __future__ import annotations

from uuid import UUID

from printserver.documents.findings import Findings
from printserver.documents.queries import DocumentFacts, document_facts
from printserver.foundation.errors import Refused
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.queries import request_details
from printserver.storage.objects import Objects


class OriginalNotKept(Refused):
    code = "original-not-kept"


def document_of_request(work: Work, actor: Actor, request_id: UUID) -> DocumentFacts:
    """Raises: NotFound."""
    request_details(work, actor, request_id)
    return _document(work, request_id)


def findings_of_request(work: Work, request_id: UUID) -> Findings:
    """Without regard to anybody's rights."""
    return _document(work, request_id).findings


def original_of_request(work: Work, actor: Actor, objects: Objects, request_id: UUID) -> bytes:
    """The very bytes that were handed in.   Raises: NotFound, OriginalNotKept."""
    document = document_of_request(work, actor, request_id)
    if not document.findings.original_kept:
        raise OriginalNotKept("of this document only the digest of what was handed in is kept")
    return objects.get(document.original_sha256, actor.organisation_id)


def _document(work: Work, request_id: UUID) -> DocumentFacts:
    return document_facts(work, work.session.get_one(PrintRequest, request_id).document_id)
