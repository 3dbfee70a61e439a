"""Applications that are not handed in, and values kept under a name: the list, and discarding them."""

from __future__ import annotations

from uuid import UUID

from fastapi.responses import HTMLResponse, Response

from printserver.http_edge.declarations import requires
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests import drafts
from printserver.web.changes import change
from printserver.web.view import CurrentView

router = edge_router("/requests", "pages")


@router.get("/drafts", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def list_drafts(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return view.page("drafts.html", drafts=drafts.drafts(work, actor), templates=drafts.templates(work, actor))


@router.post("/drafts/{draft_id}/discardings", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def create_discarding(draft_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    change(call, lambda work, actor: drafts.discard_draft(work, actor, draft_id))
    return view.go("/requests/drafts", "draft-discarded")


@router.post("/templates/{template_id}/discardings", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def create_template_discarding(template_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    change(call, lambda work, actor: drafts.discard_template(work, actor, template_id))
    return view.go("/requests/drafts", "template-discarded")
