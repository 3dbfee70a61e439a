"""Print requests: apply, look, fetch what an approval binds to, look at the pages."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated
from uuid import UUID

from fastapi import File, Form, Query, UploadFile
from fastapi.responses import Response
from pydantic import AwareDatetime, Field, Json

from printserver.api.v1.common import Page, View, api_router, page_of
from printserver.api.v1.document_findings import Confirmed
from printserver.api.v1.print_request_views import DraftMade, NewPrintRequest, PrintRequest, RequestSummary, Submitted
from printserver.api.v1.seal_places import Placement, Seals
from printserver.bootstrap import Adapters, hand_in_rules
from printserver.documents.handing_in import hand_in
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.idempotency import Answer, Keyed, RequiredKey, answer_once, digest, earlier_answer
from printserver.http_edge.work import Call, CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests import application, drafts, pipeline, queries, service
from printserver.print_requests.application import check_application
from printserver.print_requests.as_approved import require_as_approved
from printserver.print_requests.attachments import take_in_attachments
from printserver.print_requests.binding import manifest_of
from printserver.print_requests.placing import preview
from printserver.print_requests.search import Search
from printserver.print_requests.shown_pages import LookedAt, Part, shown_pdf
from printserver.print_requests.sides import Sides
from printserver.print_requests.states import RequestState
from printserver.rendering.layout import CodeCorner
from printserver.rendering.page_images import PREVIEW_WATERMARK, page_image

router = api_router("/print-requests", "print requests")

READERS = (Permission.READ_REQUESTS, Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE)
EXAMPLE = (
    '{"seal_id": "019392a4-…", "printer_id": "019392a5-…", "copies": 2, "title": "Supply contract", '
    '"places": [{"page": 10, "x_um": 150000, "y_um": 220000}], "own_reference": "OA-2026-0815"}'
)
SEALS_EXAMPLE = (
    '[{"seal_id": "019392a4-…", "places": [{"keyword": "甲方（盖章）", "which": "last"}, {"straddle": "right"}]}]'
)
Resolution = Annotated[int, Query(ge=36, le=150)]
LookedAtDigest = Annotated[str, Query(max_length=64, description="Of the manifest that is looked at.")]


class Wanted(View):
    """`own_reference`: whole.   title: part of it.   party: part of a name, or a whole number.

    least_minor, most_minor: of the amount.   since, until: when it was handed in, [since, until).   copied: to me.
    """

    state: Annotated[tuple[RequestState, ...], Field(description="Any of these; all without it.")] = ()
    own_reference: Annotated[str, Field(max_length=500)] = ""
    title: Annotated[str, Field(max_length=200)] = ""
    party: Annotated[str, Field(max_length=200)] = ""
    class_code: Annotated[str, Field(max_length=40)] = ""
    branch_id: UUID | None = None
    least_minor: Annotated[int | None, Field(ge=0, lt=10**15)] = None
    most_minor: Annotated[int | None, Field(ge=0, lt=10**15)] = None
    currency: Annotated[str, Field(max_length=3)] = ""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    mine: bool = False
    copied: bool = False
    before: Annotated[UUID | None, Field(description="The last id of the page before, to read on from there.")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="How many at most.")] = 50

    @property
    def search(self) -> Search:
        return Search(states=self.state, **self.model_dump(exclude={"state", "before", "limit"}))


class ManifestNotReady(NotFound):
    code = "manifest-not-ready"


@router.post(
    "",
    status_code=201,
    summary="Ask for a contract to be sealed and printed",
    response_model=Submitted,
)
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def create_print_request(
    document: Annotated[UploadFile, File(description="A PDF, a picture or an Office file.")],
    application: Annotated[Json[NewPrintRequest], Form(description="JSON.", examples=[EXAMPLE])],
    idempotency_key: RequiredKey,
    actor: CurrentActor,
    call: CurrentCall,
    attachments: Annotated[
        list[UploadFile] | None, File(description="PDFs and pictures for the approvers; they are not printed.")
    ] = None,
    confirmed: Confirmed = [],  # noqa: B006 -- FastAPI copies it
) -> Response:
    """The document is rebuilt into a safe one; what cannot be made safe is refused with its reason, and forgotten.

    What a person has to look at first is refused as `document-not-confirmed` with the names of the questions; say them
    as `confirmed` when somebody has looked.
    """
    pdf, parts = document.file.read(), call.adapters
    files = [(each.filename or "", each.file.read()) for each in attachments or ()]
    digests = (sha256(data).digest() for _name, data in files)
    request_sha256 = digest(application.model_dump_json().encode(), sha256(pdf).digest(), *digests)
    keyed = Keyed(actor.id, idempotency_key, request_sha256)
    with parts.database.reading() as work:
        earlier = earlier_answer(work, keyed)
    if earlier is not None:
        return earlier.response()
    settings = parts.settings
    with parts.database.reading() as work:
        wanted = application.asked(document.filename or "")
        check_application(work, call.caller_in(work).actor, wanted, most_copies=settings.most_copies)
    rules = hand_in_rules(settings)
    limits, handed = rules.limits, hand_in(pdf, rules)
    findings = handed.findings.confirm(confirmed)
    findings.require_confirmed()
    kept = take_in_attachments(parts.objects, actor.organisation_id, files, limits)
    asked = application.asked(document.filename or "", kept)
    taken = pipeline.take_in(
        parts.database,
        parts.objects,
        actor,
        asked,
        handed.safe,
        makers=parts.load_key_list(),
        limits=limits,
        most_copies=settings.most_copies,
        seen=application.seen_warnings,
    )
    handed.keep(parts.objects, actor.organisation_id)
    taken = taken.with_original(handed.safe.original_sha256, findings)
    with parts.database.work() as work:
        answer = answer_once(work, keyed, lambda: _submit(call, work, asked, taken))
    return answer.response()


@router.post("/placements", summary="Where the seals of a document would stand, before it is handed in")
@requires(Permission.CREATE_REQUEST, lane=Lane.DRAWING)
def create_placement(
    document: Annotated[UploadFile, File(description="A PDF.")],
    seals: Annotated[Json[Seals], Form(description="JSON.", examples=[SEALS_EXAMPLE])],
    actor: CurrentActor,
    adapters: CurrentAdapters,
    sides: Annotated[Sides, Form()] = Sides.ONE_SIDED,
    code_corner: Annotated[CodeCorner, Form()] = CodeCorner.FREE,
) -> Placement:
    """Nothing is recorded. `problems` would be refused; `warnings` tell what is against custom."""
    safe = hand_in(document.file.read(), hand_in_rules(adapters.settings)).safe
    wanted = [seal.wanted() for seal in seals]
    makers = adapters.load_key_list()
    found = preview(
        adapters.database, adapters.objects, makers, actor, wanted, safe.pdf, sides=sides, corner=code_corner
    )
    return Placement.of(found)


@router.get("", summary="Print requests, newest first")
@requires(Permission.READ_REQUESTS)
def list_print_requests(
    actor: CurrentActor, work: CurrentWork, wanted: Annotated[Wanted, Query()]
) -> Page[RequestSummary]:
    found = queries.requests(work, actor, wanted.search, before=wanted.before, limit=wanted.limit)
    return page_of(RequestSummary, found, wanted.limit)


@router.get("/{request_id}", summary="One print request with its copies and decisions")
@requires(*READERS)
def read_print_request(
    request_id: UUID, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> PrintRequest:
    """Refused when the database says something else than the manifest that people decide on."""
    details = queries.request_details(work, actor, request_id)
    require_as_approved(work, adapters.objects, request_id)
    return PrintRequest.of(details)


@router.get(
    "/{request_id}/manifest",
    summary="What an approval binds to: canonical JSON, whose SHA-256 is `manifest_sha256`",
    response_class=Response,
    responses={200: {"content": {"application/json": {}}}},
)
@requires(*READERS)
def read_manifest(request_id: UUID, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Response:
    manifest = manifest_of(work, actor, adapters.objects, request_id)
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
    dpi: Resolution = 96,
    manifest_sha256: LookedAtDigest = "",
) -> Response:
    """Of the pages that the manifest names."""
    return _image(adapters, actor, request_id, LookedAt(Part.COPY, page, number, manifest_sha256), dpi=dpi)


@router.get(
    "/{request_id}/document/pages/{page}/image",
    summary="A picture of a page of the document itself, without seals and marks",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}},
)
@requires(*READERS, lane=Lane.DRAWING)
def read_document_page(
    request_id: UUID,
    page: int,
    actor: CurrentActor,
    adapters: CurrentAdapters,
    dpi: Resolution = 96,
    manifest_sha256: LookedAtDigest = "",
) -> Response:
    return _image(adapters, actor, request_id, LookedAt(Part.DOCUMENT, page, 0, manifest_sha256), dpi=dpi)


@router.get(
    "/{request_id}/attachments/{number}/pages/{page}/image",
    summary="A picture of a page of an attachment",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}},
)
@requires(*READERS, lane=Lane.DRAWING)
def read_attachment_page(
    request_id: UUID,
    number: int,
    page: int,
    actor: CurrentActor,
    adapters: CurrentAdapters,
    dpi: Resolution = 96,
    manifest_sha256: LookedAtDigest = "",
) -> Response:
    return _image(adapters, actor, request_id, LookedAt(Part.ATTACHMENT, page, number, manifest_sha256), dpi=dpi)


@router.post("/{request_id}/urgings", status_code=204, summary="Remind whoever has the step; at most once an hour")
@requires(Permission.CREATE_REQUEST)
def create_urging(request_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    service.urge_request(work, actor, request_id)


@router.post("/{request_id}/recalls", status_code=201, summary="Take an undecided request of my own back to a draft")
@requires(Permission.CREATE_REQUEST)
def create_recall(request_id: UUID, actor: CurrentActor, work: CurrentWork) -> DraftMade:
    """What was decided until now counts for nothing any more; the draft is handed in anew."""
    return DraftMade(draft_id=drafts.recall_to_draft(work, actor, request_id))


@router.post("/{request_id}/drafts", status_code=201, summary="Begin again from a request of my own that has ended")
@requires(Permission.CREATE_REQUEST)
def create_draft_again(request_id: UUID, actor: CurrentActor, work: CurrentWork) -> DraftMade:
    """Handed in, it follows the earlier one, and approvers see what changed."""
    return DraftMade(draft_id=drafts.start_again(work, actor, request_id))


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


def _image(adapters: Adapters, actor: Actor, request_id: UUID, looked_at: LookedAt, *, dpi: int) -> Response:
    """What is sealed bears a watermark; an attachment does not."""
    with adapters.database.reading() as work:
        pdf = shown_pdf(work, actor, adapters.objects, request_id, looked_at)
    watermark = None if looked_at.part is Part.ATTACHMENT else PREVIEW_WATERMARK
    return Response(page_image(pdf, looked_at.page, dpi=dpi, watermark=watermark), media_type="image/webp")
