"""Copies: counts by state, the list, and one copy with what may be done about it."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.permissions import Permission
from printserver.print_requests import copy_service, queries
from printserver.print_requests.states import COPY_TRANSITIONS, CopyAction, CopyState
from printserver.printing.queries import printer_facts
from printserver.returns.queries import copy_return_status
from printserver.web.changes import SHOWN_BESIDE, change, refusal
from printserver.web.view import CurrentView, View

router = edge_router("/copies", "pages")

PAGE: Final = 50

Reason = Annotated[str, Form(max_length=500)]


@router.get("", response_class=HTMLResponse)
@requires(Permission.READ_REQUESTS)
def list_copies(
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    state: Annotated[str, Query(max_length=40)] = "",
    before: UUID | None = None,
) -> HTMLResponse:
    chosen = [CopyState(state)] if state in set(CopyState) else []
    found = queries.copies(work, actor, states=chosen, before=before, limit=PAGE)
    return view.page(
        "copies.html",
        copies=found,
        counts=queries.copy_counts(work, actor),
        states=list(CopyState),
        state=state,
        may_release=actor.may(Permission.RELEASE_COPIES),
        next=found[-1].id if len(found) == PAGE else None,
    )


@router.get("/{copy_id}", response_class=HTMLResponse)
@requires(Permission.READ_REQUESTS)
def show_copy(copy_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _copy_page(view, work, actor, copy_id)


@router.post("/{copy_id}/settlements", response_class=HTMLResponse)
@requires(Permission.SETTLE_COPIES)
def create_settlement(
    copy_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    settlement: Annotated[Literal["seen", "destroyed", "missing"], Form()],
    reason: Reason = "",
) -> Response:
    problem = refusal(
        call,
        lambda work, actor: copy_service.settle_copy(work, actor, copy_id, settlement=settlement, reason=reason),
    )
    return _changed(view, call, copy_id, problem, "settled", reason)


@router.post("/{copy_id}/voidings", response_class=HTMLResponse)
@requires(Permission.SETTLE_COPIES)
def create_voiding(copy_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    problem = refusal(call, lambda work, actor: copy_service.void_copy(work, actor, copy_id, reason=reason))
    return _changed(view, call, copy_id, problem, "voided", reason)


@router.post("/{copy_id}/replacements", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def create_replacement(copy_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    try:
        made = change(call, lambda work, actor: copy_service.replace_copy(work, actor, copy_id).id)
    except SHOWN_BESIDE as problem:
        return _changed(view, call, copy_id, problem, "", "")
    return view.go(f"/requests/{made}", "replacement-asked")


def _changed(
    view: View, call: Call, copy_id: UUID, problem: PrintServerError | None, notice: str, reason: str
) -> Response:
    if problem is None:
        return view.go(f"/copies/{copy_id}", notice)
    with call.adapters.database.reading() as work:
        return _copy_page(view, work, call.caller_in(work).actor, copy_id, problem=problem, reason=reason)


def _copy_page(
    view: View,
    work: Work,
    actor: Actor,
    copy_id: UUID,
    *,
    problem: PrintServerError | None = None,
    reason: str = "",
) -> HTMLResponse:
    copy = queries.copy_facts_for(work, actor, copy_id)
    here = branch_path(work, copy.branch_id)
    settles, applies = (actor.may(each, here) for each in (Permission.SETTLE_COPIES, Permission.CREATE_REQUEST))
    return view.page(
        "copy.html",
        status=200 if problem is None else status_of(problem),
        copy=copy,
        printer=printer_facts(work, copy.printer_id),
        home=copy_return_status(work, actor, copy_id),
        may_settle=settles and _possible(copy.state, CopyAction.SETTLE_SEEN),
        may_void=settles and _possible(copy.state, CopyAction.VOID),
        may_replace=applies and _possible(copy.state, CopyAction.REPLACE),
        problem=problem,
        reason=reason,
    )


def _possible(state: CopyState, action: CopyAction) -> bool:
    return (state, action) in COPY_TRANSITIONS
