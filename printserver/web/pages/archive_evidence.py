"""Evidence packages: order one of what a search finds, and fetch those that are ready."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.archive import queries
from printserver.archive.search_fields import ArchiveSearch
from printserver.foundation.errors import PrintServerError, TooMany
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.returns import evidence_orders as orders
from printserver.returns.evidence_packing import MOST_RECORDS
from printserver.web.changes import SHOWN_BESIDE, refusal
from printserver.web.view import CurrentView, View

router = edge_router("/evidence", "pages")

Text = Annotated[str, Query(max_length=500)]


@router.get("", response_class=HTMLResponse)
@requires(Permission.READ_EVIDENCE)
def list_orders(view: CurrentView, actor: CurrentActor, work: CurrentWork, query: Text = "") -> HTMLResponse:
    """query: as the archive's search; what it finds can be ordered."""
    return _page(view, work, actor, query)


@router.post("", response_class=HTMLResponse)
@requires(Permission.READ_EVIDENCE)
def create_order(
    view: CurrentView,
    call: CurrentCall,
    record_id: Annotated[list[UUID], Form()],
    query: Annotated[str, Form(max_length=500)] = "",
    *,
    whole_scans: Annotated[bool, Form()] = False,
) -> Response:
    problem = refusal(
        call,
        lambda work, actor: orders.order_evidence(work, actor, record_id, whole_scans=whole_scans),
        beside=(*SHOWN_BESIDE, TooMany),
    )
    if problem is None:
        return view.go("/evidence", "evidence-ordered")
    with call.adapters.database.reading() as work:
        return _page(view, work, call.caller_in(work).actor, query, problem)


def _page(view: View, work: Work, actor: Actor, query: str, problem: PrintServerError | None = None) -> HTMLResponse:
    found = queries.records(work, actor, ArchiveSearch(query), limit=MOST_RECORDS) if query.strip() else ()
    return view.page(
        "evidence.html",
        status=200 if problem is None else status_of(problem),
        orders=orders.evidence_orders(work, actor),
        records=found,
        query=query,
        most=MOST_RECORDS,
        problem=problem,
    )
