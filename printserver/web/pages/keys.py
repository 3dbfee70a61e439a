"""Keys and certificates, for key officers: how long each is good, and which command renews it."""

from __future__ import annotations

from fastapi.responses import HTMLResponse

from printserver.bootstrap import read_key_overview
from printserver.http_edge.declarations import requires
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentWork
from printserver.organisations.permissions import Permission
from printserver.web.view import CurrentView

router = edge_router("/keys", "pages")


@router.get("", response_class=HTMLResponse)
@requires(Permission.MANAGE_KEYS, Permission.READ_AUDIT)
def list_keys(view: CurrentView, work: CurrentWork) -> HTMLResponse:
    lines = read_key_overview(view.settings, work.now())
    due = [line for line in lines if line.stage is not None]
    return view.page("keys.html", due=due, lines=lines)
