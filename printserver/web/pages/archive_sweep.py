"""Stored bytes that no record names: what lies aside, when it goes, and keeping some of it after all."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Path
from fastapi.responses import HTMLResponse, Response

from printserver.archive import giving_back
from printserver.archive.sweeping import GRACE
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import covers_organisation
from printserver.web.changes import SHOWN_BESIDE, change
from printserver.web.view import CurrentView, View

router = edge_router("/archive-sweep", "pages")

Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


@router.get("", response_class=HTMLResponse)
@requires(Permission.READ_ARCHIVE)
def show_sweep(view: CurrentView, actor: CurrentActor, call: CurrentCall) -> HTMLResponse:
    with call.adapters.database.reading() as work:
        return _page(view, work, actor)


@router.post("/{sha256}/keepings", response_class=HTMLResponse)
@requires(Permission.MANAGE_RETENTION)
def create_keeping(
    sha256: Sha256,
    view: CurrentView,
    actor: CurrentActor,
    call: CurrentCall,
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    try:
        giving_back.give_back(call.adapters.sweep_tools, actor, sha256, reason=reason)
    except SHOWN_BESIDE as problem:
        with call.adapters.database.reading() as work:
            return _page(view, work, actor, problem)
    return view.go("/archive-sweep", "unnamed-kept")


@router.post("/{sha256}/releases", response_class=HTMLResponse)
@requires(Permission.MANAGE_RETENTION)
def create_release(sha256: Sha256, view: CurrentView, call: CurrentCall) -> Response:
    change(call, lambda work, actor: giving_back.let_go(work, actor, sha256))
    return view.go("/archive-sweep", "unnamed-let-go")


def _page(view: View, work: Work, actor: Actor, problem: PrintServerError | None = None) -> HTMLResponse:
    return view.page(
        "sweep.html",
        status=200 if problem is None else status_of(problem),
        found=giving_back.sweep_facts(work, actor, view.settings.sweep_days),
        may_keep=covers_organisation(work, actor, Permission.MANAGE_RETENTION),
        grace_days=GRACE.days,
        problem=problem,
    )
