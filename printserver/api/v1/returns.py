"""Returns: scans of signed paper, handed in and settled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import File, Header, Query, UploadFile
from fastapi.responses import Response
from pydantic import Field

from printserver.api.v1.common import Before, Limit, Page, View, api_router, page_of, scan_attachment
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.returns import access, batches, history, queries, service, settling
from printserver.returns.guesses import Why
from printserver.returns.states import PageAction, PageState, ReturnState
from printserver.returns.thumbnails import thumbnail
from printserver.storage.objects import Objects

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
    request_id: UUID | None
    request_title: str
    sheet: int | None


class ReturnDetail(Return):
    page_list: list[ReturnPage]


class PagesOfCopy(View):
    """Page numbers, from 1. Each page of the copy is in one of the first four; `waiting`: a doubtful page may be it."""

    here: list[int]
    elsewhere: list[int]
    waiting: list[int]
    missing: list[int]
    doubled: list[int]
    in_order: bool


class CopyInReturn(View):
    copy_: Annotated[ReturnedCopy, Field(alias="copy")]
    request_id: UUID
    pages: PagesOfCopy


class PageGuess(View):
    """`why`: on what it rests.   settlement: as it would be posted; with a copy and a page, or with a request."""

    why: Why
    settlement: Literal["page-of-copy", "further-version", "attachment"]
    copy_: Annotated[ReturnedCopy | None, Field(alias="copy")]
    page: int | None
    request_id: UUID | None
    request_title: str


class SaidOfPage(View):
    """`event`: as in the log.   before: the state that it changed."""

    at: datetime
    event: str
    by: str
    reason: str
    before: str
    copy_: Annotated[ReturnedCopy | None, Field(alias="copy")]
    page: int | None
    request_title: str


class ReturnPageDetail(ReturnPage):
    """`guesses`: the likeliest first.   history: the oldest first."""

    guesses: list[PageGuess]
    history: list[SaidOfPage]


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


class Versioned(View):
    """That the page is a further scan of page `page` of the copy with this serial, which came home before."""

    settlement: Literal["further-version"]
    serial: Annotated[str, Field(max_length=40, description="As printed on the paper; hyphens do not matter.")]
    page: Annotated[int, Field(ge=1)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Attached(View):
    """That the page carries no code and belongs to a request."""

    settlement: Literal["attachment"]
    request_id: UUID
    reason: Annotated[str, Field(min_length=1, max_length=500)]


PageSettlement = Annotated[Settled | Discarded | Versioned | Attached, Field(discriminator="settlement")]

_SETTLEMENTS: Final[Mapping[PageAction, Literal["page-of-copy", "further-version", "attachment"]]] = {
    PageAction.SETTLE: "page-of-copy",
    PageAction.KEEP_VERSION: "further-version",
    PageAction.ATTACH: "attachment",
}


@router.post("/returns", status_code=201, summary="Hand in a scan: PDF, TIFF, JPEG or PNG")
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
def list_doubtful(
    actor: CurrentActor,
    work: CurrentWork,
    behind: Annotated[UUID | None, Query(description="The last id of the page before, to read on from there.")] = None,
    limit: Limit = 50,
) -> list[ReturnPage]:
    found = queries.doubtful_pages(work, actor, behind=behind, limit=limit)
    return [ReturnPage.model_validate(page) for page in found]


@router.get("/returns/{return_id}", summary="One return with its pages")
@requires(Permission.READ_RETURNS)
def read_return(return_id: UUID, actor: CurrentActor, work: CurrentWork) -> ReturnDetail:
    detail = queries.return_detail(work, actor, return_id)
    return ReturnDetail(**vars(detail.summary), page_list=[ReturnPage.model_validate(page) for page in detail.pages])


@router.get("/returns/{return_id}/copies", summary="The copies in a return, with what is missing and doubled")
@requires(Permission.READ_RETURNS)
def list_copies_in_return(return_id: UUID, actor: CurrentActor, work: CurrentWork) -> list[CopyInReturn]:
    found = batches.batch(work, actor, return_id, limit=1)
    return [CopyInReturn.model_validate(group) for group in found.groups]


@router.get(
    "/returns/{return_id}/scan", summary="The scan, untouched; that it was read is recorded", response_class=Response
)
@requires(Permission.READ_RETURNS)
def read_scan(return_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    return scan_attachment(access.scan_file(adapters.database, adapters.objects, actor, return_id), f"scan-{return_id}")


@router.get("/return-pages/{page_id}", summary="One page, with the nearest guesses and all that was said of it")
@requires(Permission.READ_RETURNS)
def read_return_page(page_id: UUID, actor: CurrentActor, work: CurrentWork) -> ReturnPageDetail:
    return ReturnPageDetail(
        **vars(queries.page_view(work, actor, page_id)),
        guesses=[_guess(each) for each in batches.guesses_for(work, actor, page_id)],
        history=[SaidOfPage.model_validate(each) for each in history.page_history(work, actor, page_id)],
    )


@router.get(
    "/return-pages/{page_id}/thumbnail",
    summary="A small picture of a returned page",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
@requires(Permission.READ_RETURNS)
def read_return_page_thumbnail(
    page_id: UUID, actor: CurrentActor, adapters: CurrentAdapters, if_none_match: Annotated[str, Header()] = ""
) -> Response:
    """At most 240 × 340 pixels. A page's picture never changes, so browsers may keep it for a day."""
    return thumbnail_answer(
        access.picture_digest(adapters.database, actor, page_id), adapters.objects, actor, if_none_match
    )


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
    elif isinstance(body, Versioned):
        settling.keep_version(work, actor, page_id, serial=body.serial, page=body.page, reason=body.reason)
    elif isinstance(body, Attached):
        settling.attach_page(work, actor, page_id, request_id=body.request_id, reason=body.reason)
    else:
        settling.discard_page(work, actor, page_id, reason=body.reason)
    return ReturnPage.model_validate(queries.page_view(work, actor, page_id))


def thumbnail_answer(digest: str, objects: Objects, actor: Actor, known: str) -> Response:
    """known: the tag that the browser has; nothing is fetched when it is this picture's."""
    headers = {"Cache-Control": "private, max-age=86400", "ETag": f'"{digest[:32]}"', "Vary": "Cookie, Authorization"}
    if headers["ETag"] in known:
        return Response(status_code=304, headers=headers)
    picture = thumbnail(objects.get(digest, actor.organisation_id))
    return Response(picture, media_type="image/jpeg", headers=headers)


def _guess(each: batches.GuessView) -> PageGuess:
    return PageGuess.model_validate(
        {
            "why": each.guess.why,
            "settlement": _SETTLEMENTS[each.guess.action],
            "copy": each.copy,
            "page": each.guess.page,
            "request_id": each.guess.request_id,
            "request_title": each.request_title,
        }
    )
