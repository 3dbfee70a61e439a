"""The archive: search and look. Fetching a file is recorded, so pages link to files and show none by themselves."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from fastapi.responses import HTMLResponse

from printserver.archive import queries
from printserver.http_edge.declarations import requires
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch
from printserver.print_requests.copy_seals import seals_on
from printserver.web.view import CurrentView

router = edge_router("/archive", "pages")

PAGE: Final = 50


@router.get("", response_class=HTMLResponse)
@requires(Permission.READ_ARCHIVE)
def list_records(
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    query: Annotated[str, Query(max_length=500)] = "",
    before: UUID | None = None,
) -> HTMLResponse:
    """query: in title, own reference, number or serial."""
    found = queries.records(work, actor, queries.ArchiveSearch(query), before=before, limit=PAGE)
    return view.page("archive.html", records=found, query=query, next=found[-1].id if len(found) == PAGE else None)


@router.get("/{record_id}", response_class=HTMLResponse)
@requires(Permission.READ_ARCHIVE)
def show_record(record_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    record = queries.record_detail(work, actor, record_id)
    return view.page(
        "record.html", record=record, branch=branch(work, record.branch_id).name, seals=seals_on(work, record.copy_id)
    )
