"""Returns: hand in scans, see what became of each page, settle the doubtful ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import File, Form, Query, UploadFile
from fastapi.responses import HTMLResponse, Response

from printserver.archive.fixity_queries import is_disposed
from printserver.archive.queries import record_of_copy
from printserver.foundation.errors import NotFound, PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests.queries import copy_facts
from printserver.returns import batches, intake_many, queries, settling
from printserver.returns.history import page_history
from printserver.returns.intake import ScanKind
from printserver.returns.states import KEPT, PAGE_TRANSITIONS, PageAction, PageState, ReturnState
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
    scan: Annotated[list[UploadFile | str], File(default_factory=list)],
) -> Response:
    """Each file becomes a return of its own; one that is refused takes none of the others with it.

    scan: of two fields, one of which is usually left empty.
    """
    files = ((each.filename, each.file.read()) for each in scan if not isinstance(each, str) and each.filename)
    try:
        done = intake_many.hand_in_many(adapters.database, adapters.objects, actor, files)
    except SHOWN_BESIDE as problem:
        with adapters.database.reading() as work:
            return _returns_page(view, work, call.caller_in(work).actor, problem=problem)
    if len(done) == 1 and done[0].refusal is None:
        return view.go(f"/returns/{done[0].return_id}", "handed-in")
    with adapters.database.reading() as work:
        return _returns_page(view, work, call.caller_in(work).actor, outcomes=done)


@router.get("/returns/doubtful", response_class=HTMLResponse)
@requires(Permission.READ_RETURNS)
def list_doubtful(
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    decided: UUID | None = None,
    behind: UUID | None = None,
) -> HTMLResponse:
    """decided: the page settled just now, which can be corrected.   behind: only pages that wait behind that one."""
    pages = queries.doubtful_pages(work, actor, behind=behind, limit=PAGE)
    return view.page(
        "doubtful.html",
        pages=pages,
        decided=decided,
        behind=behind,
        more=pages[-1].id if len(pages) == PAGE else None,
    )


@router.get("/returns/{return_id}", response_class=HTMLResponse)
@requires(Permission.READ_RETURNS)
def show_return(
    return_id: UUID,
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    fate: PageState | None = None,
    behind: Annotated[int, Query(ge=0)] = 0,
) -> HTMLResponse:
    """fate: only pages of this state.   behind: only pages behind that place in the scan."""
    found = batches.batch(work, actor, return_id, state=fate, behind=behind)
    return view.page(
        "return.html",
        one=found,
        summary=found.summary,
        fate=fate,
        behind=behind,
        under_way=found.summary.state is ReturnState.RECEIVED,
    )


@router.get("/return-pages/{page_id}", response_class=HTMLResponse)
@requires(Permission.READ_RETURNS)
def show_return_page(
    page_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork, decided: UUID | None = None
) -> HTMLResponse:
    """decided: the page settled just now, which can be corrected."""
    return _return_page(view, work, actor, page_id, decided=decided)


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
    problem = refusal(
        call,
        lambda work, actor: settling.settle_page(
            work, actor, page_id, serial=serial, page=_number(page), reason=reason
        ),
        beside=(*SHOWN_BESIDE, settling.CopyNotFound),
    )
    return _settled(view, call, page_id, problem, {"serial": serial, "page": page, "reason": reason})


@router.post("/return-pages/{page_id}/versions", response_class=HTMLResponse)
@requires(Permission.SETTLE_RETURNS)
def create_version(
    page_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    serial: Annotated[str, Form(max_length=60)] = "",
    page: Annotated[str, Form(max_length=10)] = "",
    reason: Reason = "",
) -> Response:
    """That the page is a further scan of one that came home before."""
    problem = refusal(
        call,
        lambda work, actor: settling.keep_version(
            work, actor, page_id, serial=serial, page=_number(page), reason=reason
        ),
        beside=(*SHOWN_BESIDE, settling.CopyNotFound),
    )
    return _settled(view, call, page_id, problem, {"serial": serial, "page": page, "reason": reason})


@router.post("/return-pages/{page_id}/attachments", response_class=HTMLResponse)
@requires(Permission.SETTLE_RETURNS)
def create_attachment(
    page_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    request_id: Annotated[str, Form(max_length=200)] = "",
    reason: Reason = "",
) -> Response:
    """request_id: the request's number as its process sheet has it, or the address of its page."""
    problem = refusal(
        call,
        lambda work, actor: settling.attach_page(
            work, actor, page_id, request_id=_request_number(request_id), reason=reason
        ),
        beside=(*SHOWN_BESIDE, NotFound),
    )
    return _settled(view, call, page_id, problem, {"request_id": request_id, "attach_reason": reason})


@router.post("/return-pages/{page_id}/discards", response_class=HTMLResponse)
@requires(Permission.SETTLE_RETURNS)
def create_discard(page_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    problem = refusal(call, lambda work, actor: settling.discard_page(work, actor, page_id, reason=reason))
    return _settled(view, call, page_id, problem, {"discard_reason": reason})


def _number(page: str) -> int:
    """What is no number is no page of the copy, and the service says so."""
    return int(page) if page.strip().isascii() and page.strip().isdigit() else 0


def _request_number(text: str) -> UUID:
    """The number in what was typed; without one, a number that no request has."""
    found = re.search(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", text.lower())
    return UUID(found[0]) if found else UUID(int=0)


def _settled(
    view: View, call: Call, page_id: UUID, problem: PrintServerError | None, typed: dict[str, str]
) -> Response:
    """On to the next page that waits behind this one, else to the first, as far as there is one."""
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        if problem is not None:
            return _return_page(view, work, actor, page_id, problem=problem, typed=typed)
        _, behind = queries.waiting_beside(work, actor, page_id)
        waiting = queries.doubtful_pages(work, actor, limit=1) if behind is None else ()
    following = behind or (waiting[0].id if waiting else None)
    path = f"/return-pages/{following}" if following else "/returns/doubtful"
    return view.go(f"{path}?decided={page_id}", "page-settled")


def _returns_page(
    view: View,
    work: Work,
    actor: Actor,
    *,
    before: UUID | None = None,
    outcomes: Sequence[intake_many.HandedInFile] = (),
    problem: PrintServerError | None = None,
) -> HTMLResponse:
    """problem: of all files together; that of the only file is shown in the same way."""
    found = queries.returns(work, actor, before=before, limit=PAGE)
    refused = [each.refusal for each in outcomes if each.refusal is not None]
    problem = refused[0] if len(outcomes) == 1 and refused else problem
    return view.page(
        "returns.html",
        status=_status(outcomes, refused, problem),
        returns=found,
        doubtful=queries.waiting_count(work, actor),
        problem=problem,
        outcomes=outcomes if len(outcomes) > 1 else (),
        kinds=",".join(ScanKind),
        next=found[-1].id if len(found) == PAGE else None,
    )


def _status(outcomes: Sequence[object], refused: Sequence[PrintServerError], problem: PrintServerError | None) -> int:
    """That of the refusal where nothing was handed in."""
    if problem is None and refused and len(refused) == len(outcomes):
        problem = refused[0]
    return 200 if problem is None else status_of(problem)


def _return_page(
    view: View,
    work: Work,
    actor: Actor,
    page_id: UUID,
    *,
    decided: UUID | None = None,
    problem: PrintServerError | None = None,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    page = queries.page_view(work, actor, page_id)
    guess = {
        "serial": page.copy.serial if page.copy else str(page.findings.get("serial", "")),
        "page": str(page.page or page.findings.get("page") or ""),
        "request_id": str(page.request_id or ""),
    }
    archived = record_of_copy(work, page.copy.id) if page.copy and page.state in KEPT else None
    settles = actor.may(Permission.SETTLE_RETURNS) and archived is None
    previous, following = queries.waiting_beside(work, actor, page_id)
    return view.page(
        "return_page.html",
        status=200 if problem is None else status_of(problem),
        page=page,
        archived=archived,
        disposed=archived is not None and is_disposed(work, archived),
        guesses=batches.guesses_for(work, actor, page_id) if settles else (),
        history=page_history(work, actor, page_id),
        decided=decided,
        waiting=queries.waiting_count(work, actor),
        previous=previous,
        following=following,
        request_id=copy_facts(work, page.copy.id).request_id if page.copy else None,
        may_see_issued=actor.may(Permission.READ_REQUESTS),
        may_settle=settles and (page.state, PageAction.SETTLE) in PAGE_TRANSITIONS,
        may_discard=settles and (page.state, PageAction.DISCARD) in PAGE_TRANSITIONS,
        problem=problem,
        typed={"reason": "", "discard_reason": "", "attach_reason": "", **guess, **(typed or {})},
    )
