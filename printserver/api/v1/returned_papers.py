"""The pages that came home behind a request's process sheet."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Header
from fastapi.responses import Response

from printserver.api.v1.common import View, api_router, attachment
from printserver.api.v1.returns import thumbnail_answer
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.returns import papers

router = api_router("/print-requests", "print requests")


class ReturnedPaper(View):
    """`number`: among the request's papers, from 1.   position: in the scan, from 1."""

    id: UUID
    number: int
    return_id: UUID
    position: int
    came_at: datetime


@router.get("/{request_id}/returned-papers", summary="Pages without a code that came home to this request")
@requires(Permission.READ_REQUESTS)
def list_returned_papers(request_id: UUID, actor: CurrentActor, work: CurrentWork) -> list[ReturnedPaper]:
    """They lay behind the request's process sheet, or a person put them there. In the order of scanning."""
    return [
        ReturnedPaper(
            id=each.id,
            number=each.number,
            return_id=each.return_id,
            position=each.position,
            came_at=each.came_at,
        )
        for each in papers.returned_papers(work, actor, request_id)
    ]


@router.get(
    "/{request_id}/returned-papers.pdf",
    summary="All of them in one file; that they were read is recorded",
    response_class=Response,
)
@requires(Permission.READ_REQUESTS, lane=Lane.DRAWING)
def read_returned_papers(request_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    pdf = papers.papers_pdf(adapters.database, adapters.objects, actor, request_id)
    return attachment(pdf, "application/pdf", f"returned-{request_id}.pdf")


@router.get(
    "/{request_id}/returned-papers/{page_id}/thumbnail",
    summary="A small picture of one of them",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
@requires(Permission.READ_REQUESTS)
def read_returned_paper_thumbnail(
    request_id: UUID,
    page_id: UUID,
    actor: CurrentActor,
    adapters: CurrentAdapters,
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    digest = papers.paper_digest(adapters.database, actor, request_id, page_id)
    return thumbnail_answer(digest, adapters.objects, actor, if_none_match)
