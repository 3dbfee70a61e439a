"""Returns: hand in scans, see what became of each page, settle the doubtful ones."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import File, Form, UploadFile
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests.queries import copy_facts
from printserver.returns import queries, service, settling
from printserver.returns.states import PAGE_TRANSITIONS, PageAction, ReturnState
from printserver.returns.watched import pages_read
from printserver.web.changes import SHOWN_BESIDE, refusal
from printserver.web.view import CurrentView, View

router = edge_router("", "pages")

PAGE: Final = 50

Reason = Annotated[str, Form(max_length=500)]


@router.get("/returns", response_class=HTMLResponse)
@requires(Permission.READ_RETURNS)
def list_returns(view: CurrentView, actor: CurrentActor, work: CurrentWork, before: UUID | None = None) -> HTMLResponse:
    return _returns_page(view, work, actor, before=before)


@router.post("/returns", response_class=HTMLResponse)
@requires(Permission.HAND_IN_RETURNS, lane=Lane.DRAWING)
def create_return(
    view: CurrentView,
    actor: CurrentActor,
    adapters: CurrentAdapters,
    call: CurrentCall,
    scan: Annotated[UploadFile, File()],
) -> Response:
    try:
        return_id = service.hand_in(
            adapters.database, adapters.objects, actor, filename=scan.filename or "", data=scan.file.read()
        )
    except SHOWN_BESIDE as problem:
        with adapters.database.reading() as work:
            return _returns_page(view, work, call.caller_in(work).actor, problem=problem)
    return view.go(f"/returns/{return_id}", "handed-in")


@router.get("/returns/doubtful", response_class=HTMLResponse)
@requires(Permission.READ_RETURNS)
def list_doubtful(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return view.page("doubtful.html", pages=queries.doubtful_pages(work, actor))


@router.get("/returns/{return_id}", response_class=HTMLResponse)
@requires(Permission.READ_RETURNS)
def show_return(return_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    detail = queries.return_detail(work, actor, return_id)
    return view.page(
        "return.html",
        one=detail,
        under_way=detail.summary.state is ReturnState.RECEIVED,
        pages_read=pages_read(work).get(return_id, 0),
    )


@router.get("/return-pages/{page_id}", response_class=HTMLResponse)
@requires(Permission.READ_RETURNS)
def show_return_page(page_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _return_page(view, work, actor, page_id)


@router.post("/return-pages/{page_id}/settlements", response_class=HTMLResponse)
@requires(Permission.SETTLE_RETURNS)
def create_settlement(
    page_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    serial: Annotated[str, Form(max_length=60)] = "",
    page: Annotated[str, Form(max_length=10)] = "",
    reason: Reason = "",
) -> Response:
    """What is no number is no page of the copy, and the service says so."""
    number = int(page) if page.strip().isascii() and page.strip().isdigit() else 0
    problem = refusal(
        call,
        lambda work, actor: settling.settle_page(work, actor, page_id, serial=serial, page=number, reason=reason),
        beside=(*SHOWN_BESIDE, settling.CopyNotFound),
    )
    return _settled(view, call, page_id, problem, {"serial": serial, "page": page, "reason": reason})


@router.post("/return-pages/{page_id}/discards", response_class=HTMLResponse)
@requires(Permission.SETTLE_RETURNS)
def create_discard(page_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    problem = refusal(call, lambda work, actor: settling.discard_page(work, actor, page_id, reason=reason))
    return _settled(view, call, page_id, problem, {"discard_reason": reason})


def _settled(
    view: View, call: Call, page_id: UUID, problem: PrintServerError | None, typed: dict[str, str]
) -> Response:
    """On to the next page that waits, as far as there is one."""
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        if problem is not None:
            return _return_page(view, work, actor, page_id, problem=problem, typed=typed)
        waiting = queries.doubtful_pages(work, actor, limit=1)
    return view.go(f"/return-pages/{waiting[0].id}" if waiting else "/returns/doubtful", "page-settled")


def _returns_page(
    view: View,
    work: Work,
    actor: Actor,
    *,
    before: UUID | None = None,
    problem: PrintServerError | None = None,
) -> HTMLResponse:
    found = queries.returns(work, actor, before=before, limit=PAGE)
    return view.page(
        "returns.html",
        status=200 if problem is None else status_of(problem),
        returns=found,
        doubtful=len(queries.doubtful_pages(work, actor, limit=200)),
        problem=problem,
        next=found[-1].id if len(found) == PAGE else None,
    )


def _return_page(
    view: View,
    work: Work,
    actor: Actor,
    page_id: UUID,
    *,
    problem: PrintServerError | None = None,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    page = queries.page_view(work, actor, page_id)
    guess = {
        "serial": page.copy.serial if page.copy else str(page.findings.get("serial", "")),
        "page": str(page.page or page.findings.get("page") or ""),
    }
    settles = actor.may(Permission.SETTLE_RETURNS)
    return view.page(
        "return_page.html",
        status=200 if problem is None else status_of(problem),
        page=page,
        request_id=copy_facts(work, page.copy.id).request_id if page.copy else None,
        may_see_issued=actor.may(Permission.READ_REQUESTS),
        may_settle=settles and (page.state, PageAction.SETTLE) in PAGE_TRANSITIONS,
        may_discard=settles and (page.state, PageAction.DISCARD) in PAGE_TRANSITIONS,
        problem=problem,
        typed={"reason": "", "discard_reason": "", **guess, **(typed or {})},
    )
