"""Controlled printers: what waits at each, pause and resume."""

from __future__ import annotations

from collections import Counter
from typing import Annotated
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch
from printserver.print_requests import queries
from printserver.print_requests.service import ReasonMissing
from printserver.print_requests.states import CopyState
from printserver.printing import queries as printing
from printserver.printing.service import set_paused
from printserver.web.changes import refusal
from printserver.web.view import CurrentView, View

router = edge_router("/printers", "pages")

AT_PRINTER = (CopyState.ISSUED, CopyState.RELEASED, CopyState.SENT, CopyState.OUTCOME_UNKNOWN)


@router.get("", response_class=HTMLResponse)
@requires(Permission.READ_PRINTERS)
def list_printers(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _printers_page(view, work, actor)


@router.post("/{printer_id}/pauses", response_class=HTMLResponse)
@requires(Permission.SETTLE_COPIES)
def create_pause(
    printer_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    paused: Annotated[bool, Form()],
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    def pause(work: Work, actor: Actor) -> None:
        if not reason.strip():
            raise ReasonMissing("say why, for whoever reads the log")
        set_paused(work, actor, printer_id, paused=paused, reason=reason)

    problem = refusal(call, pause)
    if problem is None:
        return view.go("/printers", "paused" if paused else "resumed")
    with call.adapters.database.reading() as work:
        return _printers_page(view, work, call.caller_in(work).actor, problem=problem, at=printer_id)


def _printers_page(
    view: View, work: Work, actor: Actor, *, problem: PrintServerError | None = None, at: UUID | None = None
) -> HTMLResponse:
    """at: the printer that the problem belongs to."""
    found = printing.printers(work, actor)
    waiting = Counter((copy.printer_id, copy.state) for copy in queries.copies(work, actor, states=AT_PRINTER))
    return view.page(
        "printers.html",
        status=200 if problem is None else status_of(problem),
        printers=found,
        branches={each.branch_id: branch(work, each.branch_id).name for each in found},
        pausable={each.id for each in found if actor.may(Permission.SETTLE_COPIES, branch_path(work, each.branch_id))},
        waiting=waiting,
        states=AT_PRINTER,
        problem=problem,
        at=at,
    )
