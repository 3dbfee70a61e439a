"""The seals of the other party across the edges of a copy's pages, joined from what came home."""

from __future__ import annotations

from uuid import UUID

from fastapi.responses import HTMLResponse

from printserver.http_edge.declarations import requires
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests.queries import copy_facts
from printserver.returns.straddle_joining_service import seals_across
from printserver.web.view import CurrentView

router = edge_router("", "pages")


@router.get("/copies/{copy_id}/seals-across", response_class=HTMLResponse)
@requires(Permission.READ_RETURNS)
def show_seals_across(copy_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    found = seals_across(work, actor, copy_id)
    copy = copy_facts(work, copy_id)
    return view.page("seals_across.html", copy_id=copy_id, copy=copy, title=copy.title, found=found)
