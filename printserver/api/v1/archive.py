"""The archive: search, look, fetch what is kept."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from printserver.api.v1.common import Page, View, api_router, attachment, page_of, scan_attachment
from printserver.archive import access, hits, searching
from printserver.archive.hits import Hit
from printserver.archive.queries import RecordPage, SearchableFacts
from printserver.archive.records import ContractParty
from printserver.http_edge.archive_search import GivenArchiveSearch
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.returns import archived_pages

router = api_router("/archive", "archive")

PageNumber = Annotated[int, Query(ge=1, description="The page of the copy whose paper is meant.")]


class Asked(GivenArchiveSearch):
    """What to look for. Days begin, and moments without an offset are meant, in the server's time zone."""

    limit: Annotated[int, Field(ge=1, le=200, description="How many at most.")] = 50


class Record(View):
    """`number`: the archive number (档号). `catalogue`: year and class. `amount_minor`: in the smallest unit."""

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
    catalogue: str
    class_code: str
    amount_minor: int | None
    amount_currency: str
    contract_end: date | None
    branch_id: UUID


class RecordDetail(Record):
    copy_id: UUID
    request_id: UUID
    issued_sha256: str
    parties: tuple[ContractParty, ...]
    searchable: SearchableFacts
    page_list: tuple[RecordPage, ...]


@router.get("", summary="Archive records, newest first")
@requires(Permission.READ_ARCHIVE)
def list_records(actor: CurrentActor, adapters: CurrentAdapters, asked: Annotated[Asked, Query()]) -> Page[Record]:
    """What is given must agree. Of Chinese, every word of two characters and more is found; elsewhere whole words."""
    checked = asked.checked(ZoneInfo(adapters.settings.time_zone))
    found = searching.search_records(
        adapters.database,
        adapters.index_keys,
        actor,
        checked.search,
        words=checked.words,
        held=checked.held,
        before=asked.before,
        limit=asked.limit,
    )
    return page_of(Record, found, asked.limit)


@router.get("/{record_id}", summary="One archive record")
@requires(Permission.READ_ARCHIVE)
def read_record(record_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> RecordDetail:
    """That it was looked at is recorded."""
    with adapters.database.work() as work:
        detail = searching.view_record(work, actor, record_id, by_page=False)
    return RecordDetail(
        **vars(detail.summary),
        copy_id=detail.copy_id,
        request_id=detail.request_id,
        issued_sha256=detail.issued_sha256,
        parties=detail.parties,
        searchable=detail.searchable,
        page_list=detail.pages,
    )


@router.get("/{record_id}/hits", summary="On which pages of an archived paper words stand")
@requires(Permission.READ_ARCHIVE)
def list_hits(
    record_id: UUID, actor: CurrentActor, adapters: CurrentAdapters, words: Annotated[str, Query(max_length=500)]
) -> tuple[Hit, ...]:
    """Of the searchable file, whose reading is recorded; in the paper's own letters and script."""
    return hits.hits(adapters.database, adapters.objects, actor, record_id, words)


@router.get("/{record_id}/issued.pdf", summary="The signed PDF of an archived copy", response_class=Response)
@requires(Permission.READ_EVIDENCE)
def read_issued_pdf(record_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    """Evidence, with valid codes: for those who may take packages, once the paper is home. Each reading is recorded."""
    pdf = access.issued_pdf(adapters.database, adapters.objects, actor, record_id)
    return attachment(pdf, "application/pdf", f"controlled-print-{record_id}.pdf")


@router.get("/{record_id}/searchable.pdf", summary="The scan as a PDF/A with words to search", response_class=Response)
@requires(Permission.READ_ARCHIVE)
def read_searchable_pdf(record_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    """The scanner's own bytes, and invisible words over them. Each reading is recorded."""
    pdf = access.searchable_pdf(adapters.database, adapters.objects, actor, record_id)
    return attachment(pdf, "application/pdf", f"archived-{record_id}.pdf")


@router.post("/{record_id}/searchable", summary="Try once more to make the searchable PDF/A", status_code=202)
@requires(Permission.SETTLE_RETURNS)
def make_searchable_again(record_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    searching.make_searchable_again(work, actor, record_id)


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


@router.get(
    "/{record_id}/pages/{page}/issued-image",
    summary="A page of an archived copy as it was issued",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}},
)
@requires(Permission.READ_ARCHIVE, lane=Lane.DRAWING)
def read_issued_page_picture(record_id: UUID, page: int, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    """Without codes and with the words that it is not valid; each reading is recorded."""
    picture = archived_pages.issued_page_picture(adapters.database, adapters.objects, actor, record_id, page)
    return Response(picture, media_type="image/webp")
