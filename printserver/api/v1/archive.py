"""The archive: search, look, fetch what is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response

from printserver.api.v1.common import Before, Limit, Page, View, api_router, attachment, page_of, scan_attachment
from printserver.archive import access, queries
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission

router = api_router("/archive", "archive")

Words = Annotated[str, Query(max_length=500)]
PageNumber = Annotated[int, Query(ge=1, description="The page of the copy whose paper is meant.")]


class Record(View):
    """`number`: the archive number (档号)."""

    id: UUID
    number: str
    title: str
    own_reference: str
    serial: str
    copy_number: int
    copies: int
    pages: int
    retention_class: str
    created_at: datetime


class RecordPage(View):
    """`position`: of the page in its scan, from 1."""

    page: int
    image_sha256: str
    scan_sha256: str
    position: int
    verdict: str
    return_id: UUID


class RecordDetail(Record):
    copy_id: UUID
    request_id: UUID
    branch_id: UUID
    issued_sha256: str
    page_list: list[RecordPage]


@router.get("", summary="Archive records, newest first")
@requires(Permission.READ_ARCHIVE)
def list_records(
    actor: CurrentActor,
    work: CurrentWork,
    query: Annotated[str, Query(max_length=500, description="In title, own reference, number or serial.")] = "",
    title: Words = "",
    own_reference: Words = "",
    number: Words = "",
    serial: Words = "",
    before: Before = None,
    limit: Limit = 50,
) -> Page[Record]:
    search = queries.ArchiveSearch(query, title, own_reference, number, serial)
    return page_of(Record, queries.records(work, actor, search, before=before, limit=limit), limit)


@router.get("/{record_id}", summary="One archive record")
@requires(Permission.READ_ARCHIVE)
def read_record(record_id: UUID, actor: CurrentActor, work: CurrentWork) -> RecordDetail:
    detail = queries.record_detail(work, actor, record_id)
    return RecordDetail(
        **vars(detail.summary),
        copy_id=detail.copy_id,
        request_id=detail.request_id,
        branch_id=detail.branch_id,
        issued_sha256=detail.issued_sha256,
        page_list=[RecordPage.model_validate(page) for page in detail.pages],
    )


@router.get("/{record_id}/issued.pdf", summary="The signed PDF of an archived copy", response_class=Response)
@requires(Permission.READ_ARCHIVE)
def read_issued_pdf(record_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    """Evidence, for those who keep the archive; only once the paper is home, and each reading is recorded."""
    pdf = access.issued_pdf(adapters.database, adapters.objects, actor, record_id)
    return attachment(pdf, "application/pdf", f"controlled-print-{record_id}.pdf")


@router.get("/{record_id}/scan", summary="The untouched scan in which a page came home", response_class=Response)
@requires(Permission.READ_ARCHIVE)
def read_scan(record_id: UUID, actor: CurrentActor, adapters: CurrentAdapters, page: PageNumber = 1) -> Response:
    """It may hold pages of other copies too. Each reading is recorded."""
    return scan_attachment(
        access.scan_file(adapters.database, adapters.objects, actor, record_id, page), f"scan-{record_id}-{page}"
    )


@router.get(
    "/{record_id}/pages/{page}/image",
    summary="A page of the paper as it came home",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
@requires(Permission.READ_ARCHIVE)
def read_page_picture(record_id: UUID, page: int, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    picture = access.page_picture(adapters.database, adapters.objects, actor, record_id, page)
    return Response(picture, media_type="image/jpeg")
