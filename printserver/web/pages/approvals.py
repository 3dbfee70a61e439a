"""What waits for my decision."""

from __future__ import annotations

from fastapi.responses import HTMLResponse

from printserver.http_edge.declarations import requires
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests import queries
from printserver.web.view import CurrentView

router = edge_router("/approvals", "pages")


@router.get("", response_class=HTMLResponse)
@requires(Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE)
def list_waiting(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return view.page("approvals.html", requests=queries.waiting_for(work, actor))
