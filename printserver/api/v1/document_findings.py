"""What was found in a request's document when it was handed in, and its untouched original where that is kept."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Form
from fastapi.responses import Response
from pydantic import Field

from printserver.api.v1.common import View, api_router, attachment
from printserver.documents import findings as found
from printserver.documents.findings import Question, Source
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests.document_findings import document_of_request, original_of_request

router = api_router("/print-requests", "print requests")

READERS = (Permission.READ_REQUESTS, Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE)
Confirmed = Annotated[
    list[Question], Form(max_length=20, description="What somebody has looked at and stands by; see `findings`.")
]


class Confirmation(View):
    questions: Annotated[list[Question], Field(max_length=20)]


class FontReplaced(View):
    """A font that the Office file names and the server lacks.   substitute: what its pages may be set in instead."""

    name: str
    substitute: str


class SignatureFound(View):
    """In the file that was handed in.   signer: as its certificate says; nobody here vouches for that."""

    signer: str
    intact: bool
    whole: bool
    signed_at: str


class MadeFrom(View):
    template: str
    version: int
    language: str
    data_sha256: str
    name: dict[str, str]


class Findings(View):
    """`questions`: what has to be confirmed.   confirmed: what was.   differing_pages: from 1, drawn otherwise by
    another engine.   unseen_pages: how many were not compared."""

    source: Source
    fonts_replaced: list[FontReplaced]
    fonts_not_embedded: list[str]
    differing_pages: list[int]
    unseen_pages: int
    signatures: list[SignatureFound]
    original_kept: bool
    made_from: MadeFrom | None
    questions: list[Question]
    confirmed: list[Question]

    @classmethod
    def of(cls, findings: found.Findings) -> Findings:
        return cls.model_validate({**findings.to_json(), "questions": sorted(findings.questions)})


class DocumentFacts(View):
    original_sha256: str
    safe_sha256: str
    findings: Findings


@router.get("/{request_id}/document", summary="What was found in the document when it was handed in")
@requires(*READERS)
def read_document(request_id: UUID, actor: CurrentActor, work: CurrentWork) -> DocumentFacts:
    document = document_of_request(work, actor, request_id)
    return DocumentFacts(
        original_sha256=document.original_sha256,
        safe_sha256=document.safe_sha256,
        findings=Findings.of(document.findings),
    )


@router.get(
    "/{request_id}/document/original",
    summary="The untouched file, of a PDF that came with signatures",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
)
@requires(*READERS)
def read_original(request_id: UUID, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Response:
    """Never shown inside a page: it is as it was handed in."""
    data = original_of_request(work, actor, adapters.objects, request_id)
    return attachment(data, "application/pdf", f"original-{request_id}.pdf")
