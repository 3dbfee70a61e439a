"""Returns: scans of signed paper, handed in and settled."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import File, UploadFile
from fastapi.responses import Response
from pydantic import Field

from printserver.api.v1.common import Before, Limit, Page, View, api_router, page_of, scan_attachment
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.returns import access, queries, service, settling
from printserver.returns.states import PageState, ReturnState

router = api_router("", "returns")


class Return(View):
    """`counts`: pages by state, all zero until the scan is read."""

    id: UUID
    filename: str
    scan_kind: str
    scan_sha256: str
    state: ReturnState
    failure: str
    pages: int
    counts: dict[PageState, int]
    handed_in_by: str
    created_at: datetime
    finished_at: datetime | None


class ReturnedCopy(View):
    id: UUID
    serial: str
    number: int
    copies: int
    pages: int
    title: str


class ReturnPage(View):
    """`position`: in the scan, from 1.   page: of the copy, from 1.   reason: a code, or a person's words."""

    id: UUID
    return_id: UUID
    position: int
    state: PageState
    reason: str
    copy_: Annotated[ReturnedCopy | None, Field(alias="copy")]
    page: int | None
    rotation: int
    has_picture: bool
    verdict: str
    findings: dict[str, Any]
    settled_by: str
    settled_at: datetime | None


class ReturnDetail(Return):
    page_list: list[ReturnPage]


class HandedIn(View):
    id: UUID
    state: ReturnState


class Settled(View):
    """That the page is page `page` of the copy with this serial."""

    settlement: Literal["page-of-copy"]
    serial: Annotated[str, Field(max_length=40, description="As printed on the paper; hyphens do not matter.")]
    page: Annotated[int, Field(ge=1)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Discarded(View):
    """That the page is none to keep."""

    settlement: Literal["discard"]
    reason: Annotated[str, Field(min_length=1, max_length=500, examples=["cover sheet"])]


PageSettlement = Annotated[Settled | Discarded, Field(discriminator="settlement")]


@router.post("/returns", status_code=201, summary="Hand in a scan: PDF, JPEG or PNG")
@requires(Permission.HAND_IN_RETURNS, lane=Lane.DRAWING)
def create_return(
    scan: Annotated[UploadFile, File(description="Copies and pages in any order.")],
    actor: CurrentActor,
    adapters: CurrentAdapters,
) -> HandedIn:
    """Stored untouched, then read in the background. The same file a second time is refused, naming the first."""
    return_id = service.hand_in(
        adapters.database, adapters.objects, actor, filename=scan.filename or "", data=scan.file.read()
    )
    return HandedIn(id=return_id, state=ReturnState.RECEIVED)


@router.get("/returns", summary="Returns, newest first")
@requires(Permission.READ_RETURNS)
def list_returns(actor: CurrentActor, work: CurrentWork, before: Before = None, limit: Limit = 50) -> Page[Return]:
    return page_of(Return, queries.returns(work, actor, before=before, limit=limit), limit)


@router.get("/returns/doubtful", summary="Pages that wait for a person, the longest waiting first")
@requires(Permission.READ_RETURNS)
def list_doubtful(actor: CurrentActor, work: CurrentWork, limit: Limit = 50) -> list[ReturnPage]:
    return [ReturnPage.model_validate(page) for page in queries.doubtful_pages(work, actor, limit=limit)]


@router.get("/returns/{return_id}", summary="One return with its pages")
@requires(Permission.READ_RETURNS)
def read_return(return_id: UUID, actor: CurrentActor, work: CurrentWork) -> ReturnDetail:
    detail = queries.return_detail(work, actor, return_id)
    return ReturnDetail(**vars(detail.summary), page_list=[ReturnPage.model_validate(page) for page in detail.pages])


@router.get(
    "/returns/{return_id}/scan", summary="The scan, untouched; that it was read is recorded", response_class=Response
)
@requires(Permission.READ_RETURNS)
def read_scan(return_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    return scan_attachment(access.scan_file(adapters.database, adapters.objects, actor, return_id), f"scan-{return_id}")


@router.get(
    "/return-pages/{page_id}/image",
    summary="A returned page as it was read",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
@requires(Permission.READ_RETURNS)
def read_return_page_image(page_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    picture = access.page_picture(adapters.database, adapters.objects, actor, page_id)
    return Response(picture, media_type="image/jpeg")


@router.post("/return-pages/{page_id}/settlements", status_code=201, summary="Say what a page is")
@requires(Permission.SETTLE_RETURNS)
def create_page_settlement(page_id: UUID, body: PageSettlement, actor: CurrentActor, work: CurrentWork) -> ReturnPage:
    """The copy is archived with its last page."""
    if isinstance(body, Settled):
        settling.settle_page(work, actor, page_id, serial=body.serial, page=body.page, reason=body.reason)
    else:
        settling.discard_page(work, actor, page_id, reason=body.reason)
    return ReturnPage.model_validate(queries.page_view(work, actor, page_id))
