"""Scans that no gate let in, and the channels that brought them: look, download, try again, discard."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.returns import intake_status, quarantine
from printserver.web.changes import SHOWN_BESIDE, refusal
from printserver.web.view import CurrentView, View

router = edge_router("/quarantine", "pages")

PAGE: Final = 50

Reason = Annotated[str, Form(max_length=500)]


@router.get("", response_class=HTMLResponse)
@requires(Permission.READ_RETURNS)
def list_quarantined(
    view: CurrentView, actor: CurrentActor, work: CurrentWork, before: UUID | None = None, settled: str = ""
) -> HTMLResponse:
    found = quarantine.quarantined(work, actor, settled=bool(settled), before=before, limit=PAGE)
    return view.page(
        "quarantine.html",
        scans=found,
        settled=bool(settled),
        channels=intake_status.channels(work, actor),
        next=found[-1].id if len(found) == PAGE else None,
    )


@router.get("/{scan_id}", response_class=HTMLResponse)
@requires(Permission.READ_RETURNS)
def show_quarantined(scan_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _page(view, work, actor, scan_id)


@router.get("/{scan_id}/file", response_class=Response)
@requires(Permission.READ_RETURNS)
def download_quarantined(scan_id: UUID, actor: CurrentActor, adapters: CurrentAdapters) -> Response:
    """Never under its own name or type: nothing has looked into it."""
    data = quarantine.quarantined_file(adapters.database, adapters.objects, actor, scan_id)
    named = {"Content-Disposition": f'attachment; filename="quarantined-{scan_id}.bin"'}
    return Response(data, media_type="application/octet-stream", headers=named)


@router.post("/{scan_id}/tries", response_class=HTMLResponse)
@requires(Permission.SETTLE_RETURNS, lane=Lane.DRAWING)
def create_try(
    scan_id: UUID, view: CurrentView, actor: CurrentActor, adapters: CurrentAdapters, call: CurrentCall
) -> Response:
    try:
        return_id = quarantine.try_again(adapters.database, adapters.objects, actor, scan_id)
    except SHOWN_BESIDE as problem:
        with adapters.database.reading() as work:
            return _page(view, work, call.caller_in(work).actor, scan_id, problem=problem)
    return view.go(f"/returns/{return_id}", "quarantine-taken-in")


@router.post("/{scan_id}/discards", response_class=HTMLResponse)
@requires(Permission.SETTLE_RETURNS)
def create_discard(scan_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    problem = refusal(call, lambda work, actor: quarantine.discard(work, actor, scan_id, reason=reason))
    if problem is None:
        return view.go("/quarantine", "quarantine-discarded")
    with call.adapters.database.reading() as work:
        return _page(view, work, call.caller_in(work).actor, scan_id, problem=problem, reason=reason)


def _page(
    view: View,
    work: Work,
    actor: Actor,
    scan_id: UUID,
    *,
    problem: PrintServerError | None = None,
    reason: str = "",
) -> HTMLResponse:
    scan = quarantine.quarantined_scan(work, actor, scan_id)
    return view.page(
        "quarantined.html",
        status=200 if problem is None else status_of(problem),
        scan=scan,
        may_settle=actor.may(Permission.SETTLE_RETURNS) and not scan.outcome,
        problem=problem,
        reason=reason,
    )
