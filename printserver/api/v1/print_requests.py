"""Print requests: apply, look, fetch what an approval binds to, look at the pages."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated
from uuid import UUID

from fastapi import File, Form, Query, UploadFile
from fastapi.responses import Response
from pydantic import Json

from printserver.api.v1.common import Before, Limit, Page, api_router, page_of
from printserver.api.v1.print_request_views import NewPrintRequest, PrintRequest, RequestSummary, Submitted
from printserver.documents.intake import IntakeLimits
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.idempotency import Answer, Keyed, RequiredKey, answer_once, digest, earlier_answer
from printserver.http_edge.work import Call, CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests import application, pipeline, queries, service
from printserver.print_requests.states import RequestState
from printserver.rendering.page_images import PREVIEW_WATERMARK, page_image

router = api_router("/print-requests", "print requests")

READERS = (Permission.READ_REQUESTS, Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE)
EXAMPLE = (
    '{"seal_id": "019392a4-…", "printer_id": "019392a5-…", "copies": 2, "title": "Supply contract", '
    '"places": [{"page": 10, "x_um": 150000, "y_um": 220000}], "own_reference": "OA-2026-0815"}'
)


class ManifestNotReady(NotFound):
    code = "manifest-not-ready"


class PageNotFound(NotFound):
    code = "page-not-found"


@router.post(
    "",
    status_code=201,
    summary="Ask for a contract to be sealed and printed",
    response_model=Submitted,
)
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def create_print_request(
    document: Annotated[UploadFile, File(description="A PDF.")],
    application: Annotated[Json[NewPrintRequest], Form(description="JSON.", examples=[EXAMPLE])],
    idempotency_key: RequiredKey,
    actor: CurrentActor,
    call: CurrentCall,
) -> Response:
    """The document is rebuilt into a safe one; what cannot be made safe is refused with its reason, and forgotten."""
    pdf, parts = document.file.read(), call.adapters
    request_sha256 = digest(application.model_dump_json().encode(), sha256(pdf).digest())
    keyed = Keyed(actor.id, idempotency_key, request_sha256)
    with parts.database.reading() as work:
        earlier = earlier_answer(work, keyed)
    if earlier is not None:
        return earlier.response()
    settings = parts.settings
    limits = IntakeLimits(max_bytes=settings.largest_upload_bytes, max_pages=settings.most_pages)
    asked = application.asked(document.filename or "")
    taken = pipeline.take_in(
        parts.database, parts.objects, actor, asked, pdf, limits=limits, most_copies=settings.most_copies
    )
    with parts.database.work() as work:
        answer = answer_once(work, keyed, lambda: _submit(call, work, asked, taken))
    return answer.response()


@router.get("", summary="Print requests, newest first")
@requires(Permission.READ_REQUESTS)
def list_print_requests(
    actor: CurrentActor,
    work: CurrentWork,
    state: Annotated[list[RequestState] | None, Query(description="Any of these; all without it.")] = None,
    own_reference: Annotated[str | None, Query(description="The caller's own number, whole.")] = None,
    mine: bool = False,
    before: Before = None,
    limit: Limit = 50,
) -> Page[RequestSummary]:
    found = queries.requests(
        work, actor, states=state or (), own_reference=own_reference, mine=mine, before=before, limit=limit
    )
    return page_of(RequestSummary, found, limit)


@router.get("/{request_id}", summary="One print request with its copies and decisions")
@requires(*READERS)
def read_print_request(request_id: UUID, actor: CurrentActor, work: CurrentWork) -> PrintRequest:
    return PrintRequest.of(queries.request_details(work, actor, request_id))


@router.get(
    "/{request_id}/manifest",
    summary="What an approval binds to: canonical JSON, whose SHA-256 is `manifest_sha256`",
    response_class=Response,
    responses={200: {"content": {"application/json": {}}}},
)
@requires(*READERS)
def read_manifest(request_id: UUID, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Response:
    manifest = queries.manifest_of(work, actor, adapters.objects, request_id)
    if manifest is None:
        raise ManifestNotReady("the copies are still being drawn")
    return Response(manifest, media_type="application/json")


@router.get(
    "/{request_id}/copies/{number}/pages/{page}/image",
    summary="A picture of a page as it will be printed, without its code and marked as not valid",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}},
)
@requires(*READERS, lane=Lane.DRAWING)
def read_page_image(
    request_id: UUID,
    number: int,
    page: int,
    actor: CurrentActor,
    adapters: CurrentAdapters,
    dpi: Annotated[int, Query(ge=36, le=150)] = 96,
) -> Response:
    with adapters.database.reading() as work:
        copies = queries.request_details(work, actor, request_id).copies
    rendition = next(
        (copy.rendition_sha256 for copy in copies if copy.number == number and 1 <= page <= copy.pages), ""
    )
    if not rendition:
        raise PageNotFound("there is no such page")
    image = page_image(adapters.objects.get(rendition), page, dpi=dpi, watermark=PREVIEW_WATERMARK)
    return Response(image, media_type="image/webp")


def _submit(call: Call, work: Work, asked: application.Application, taken: pipeline.TakenIn) -> Answer:
    settings = call.adapters.settings
    request = service.submit_request(
        work,
        call.caller_in(work).actor,
        asked,
        taken.safe,
        [page.to_json() for page in taken.layout],
        expires_after_days=settings.request_expires_after_days,
        most_copies=settings.most_copies,
    )
    return Answer(201, Submitted(id=request.id, state=RequestState(request.state)).model_dump(mode="json"))
