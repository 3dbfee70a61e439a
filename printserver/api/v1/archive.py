"""The archive: search, look, fetch what is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from printserver.api.v1.common import Page, View, api_router, attachment, page_of, scan_attachment
from printserver.archive import access, searching
from printserver.archive.search_fields import ArchiveSearch
from printserver.archive.searchable_jobs import SearchableState
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests.money import MOST_MINOR

router = api_router("/archive", "archive")

Text = Annotated[str, Field(max_length=500)]
Minor = Annotated[int | None, Field(ge=0, le=MOST_MINOR, description="In the currency's smallest unit.")]
PageNumber = Annotated[int, Query(ge=1, description="The page of the copy whose paper is meant.")]


class Asked(BaseModel):
    """What to look for. Moments without an offset are meant in UTC."""

    model_config = ConfigDict(frozen=True)

    words: Annotated[str, Field(max_length=500, description="All of which the text of the paper holds.")] = ""
    query: Annotated[str, Field(max_length=500, description="In title, own reference, number or serial.")] = ""
    title: Text = ""
    own_reference: Text = ""
    number: Text = ""
    serial: Text = ""
    party: Annotated[str, Field(max_length=200, description="Part of a name, or a whole number.")] = ""
    class_code: Text = ""
    catalogue: Annotated[str, Field(max_length=200, description="A year, or year and class: 2026/general.")] = ""
    retention_class: Text = ""
    branch_id: UUID | None = None
    least_minor: Minor = None
    most_minor: Minor = None
    currency: Text = ""
    since: Annotated[datetime | None, Field(description="Archived at or after.")] = None
    until: Annotated[datetime | None, Field(description="Archived before.")] = None
    ends_since: Annotated[date | None, Field(description="The contract ends on or after.")] = None
    ends_until: Annotated[date | None, Field(description="The contract ends on or before.")] = None
    held: Annotated[bool | None, Field(description="By a legal hold, or by none.")] = None
    before: Annotated[UUID | None, Field(description="The last id of the page before, to read on from there.")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="How many at most.")] = 50

    @property
    def search(self) -> ArchiveSearch:
        return ArchiveSearch(
            text=self.query,
            title=self.title,
            own_reference=self.own_reference,
            number=self.number,
            serial=self.serial,
            party=self.party,
            class_code=self.class_code,
            catalogue=self.catalogue,
            retention_class=self.retention_class,
            branch_id=self.branch_id,
            least_minor=self.least_minor,
            most_minor=self.most_minor,
            currency=self.currency,
            since=_aware(self.since),
            until=_aware(self.until),
            ends_since=self.ends_since,
            ends_until=self.ends_until,
        )


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


class RecordPage(View):
    """`position`: of the page in its scan, from 1.

    `text`: where the words of the searchable file come from: `issued` (the issued page, which the paper shows),
    `read` (recognised on the scan), `none`. `kept`: whether the scan's bytes are `untouched` in it or `repacked`
    without loss. Both are empty while there is no searchable file.
    """

    page: int
    image_sha256: str | None
    scan_sha256: str
    position: int
    verdict: str
    return_id: UUID
    kind: str
    text: str
    kept: str


class Party(View):
    name: str
    number: str


class Searchable(View):
    """`failure`: why it could not be made."""

    state: SearchableState
    sha256: str | None
    failure: str
    tries: int
    at: datetime | None


class RecordDetail(Record):
    copy_id: UUID
    request_id: UUID
    issued_sha256: str
    parties: list[Party]
    searchable: Searchable
    page_list: list[RecordPage]


@router.get("", summary="Archive records, newest first")
@requires(Permission.READ_ARCHIVE)
def list_records(actor: CurrentActor, adapters: CurrentAdapters, asked: Annotated[Asked, Query()]) -> Page[Record]:
    """What is given must agree. Of Chinese, every word of two characters and more is found; elsewhere whole words."""
    found = searching.search_records(
        adapters.database,
        adapters.index_keys,
        actor,
        asked.search,
        words=asked.words,
        held=asked.held,
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
        parties=[Party.model_validate(party) for party in detail.parties],
        searchable=Searchable.model_validate(detail.searchable),
        page_list=[RecordPage.model_validate(page) for page in detail.pages],
    )


@router.get("/{record_id}/issued.pdf", summary="The signed PDF of an archived copy", response_class=Response)
@requires(Permission.READ_ARCHIVE)
def read_issued_pdf(record_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    """Evidence, for those who keep the archive; only once the paper is home, and each reading is recorded."""
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


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
