"""Copies: counts by state, the list, and one copy with what may be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.archive.fixity_queries import is_disposed
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import names
from printserver.print_requests import copy_service, notices, queries
from printserver.print_requests.copy_seals import seals_on
from printserver.print_requests.hand_over_queries import holders_of
from printserver.print_requests.owed_queries import owed_of_copy
from printserver.print_requests.queries import CopyFacts
from printserver.print_requests.states import COPY_TRANSITIONS, INVALID, CopyAction, CopyState
from printserver.print_requests.watched import sides_reported
from printserver.printing.queries import printer_facts
from printserver.printing.status import statuses
from printserver.returns.queries import copy_return_status
from printserver.returns.straddle_joining_service import seals_across
from printserver.web.changes import SHOWN_BESIDE, change, refusal
from printserver.web.forms import TypedNotice
from printserver.web.view import CurrentView, View

router = edge_router("/copies", "pages")

PAGE: Final = 50
PATIENCE: Final = timedelta(minutes=10)
"""After which a person is offered to wait no longer for a copy at the printer."""

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
        sides=sides_reported(work),
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
    return _changed(view, call, copy_id, problem, "settled", reason, settlement=settlement)


@router.post("/{copy_id}/voidings", response_class=HTMLResponse)
@requires(Permission.SETTLE_COPIES)
def create_voiding(copy_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    problem = refusal(call, lambda work, actor: copy_service.void_copy(work, actor, copy_id, reason=reason))
    return _changed(view, call, copy_id, problem, "voided", reason)


@router.post("/{copy_id}/recalls", response_class=HTMLResponse)
@requires(Permission.RELEASE_COPIES, Permission.SETTLE_COPIES)
def create_recall(copy_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    problem = refusal(call, lambda work, actor: copy_service.recall_copy(work, actor, copy_id, reason=reason))
    return _changed(view, call, copy_id, problem, "called-back", reason)


@router.post("/{copy_id}/give-ups", response_class=HTMLResponse)
@requires(Permission.SETTLE_COPIES)
def create_give_up(copy_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    problem = refusal(call, lambda work, actor: copy_service.give_up_waiting(work, actor, copy_id, reason=reason))
    return _changed(view, call, copy_id, problem, "given-up", reason)


@router.post("/{copy_id}/loss-confirmations", response_class=HTMLResponse)
@requires(Permission.SETTLE_COPIES, step_up=True)
def create_loss_confirmation(copy_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    problem = refusal(call, lambda work, actor: copy_service.confirm_loss(work, actor, copy_id, reason=reason))
    return _changed(view, call, copy_id, problem, "loss-confirmed", reason)


@router.post("/{copy_id}/notices", response_class=HTMLResponse)
@requires(*notices.TELLERS)
def create_notice(
    copy_id: UUID, view: CurrentView, call: CurrentCall, typed: Annotated[TypedNotice, Form()]
) -> Response:
    zone = ZoneInfo(view.settings.time_zone)
    problem = refusal(call, lambda work, actor: notices.record_notice(work, actor, copy_id, typed.checked(zone)))
    return _changed(view, call, copy_id, problem, "notice-recorded", "", typed=typed)


@router.post("/{copy_id}/replacements", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST, step_up=True)
def create_replacement(copy_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    try:
        made = change(call, lambda work, actor: copy_service.replace_copy(work, actor, copy_id).id)
    except SHOWN_BESIDE as problem:
        return _changed(view, call, copy_id, problem, "", "")
    return view.go(f"/requests/{made}", "replacement-asked")


def _changed(
    view: View,
    call: Call,
    copy_id: UUID,
    problem: PrintServerError | None,
    notice: str,
    reason: str,
    *,
    settlement: str = "",
    typed: TypedNotice | None = None,
) -> Response:
    if problem is None:
        return view.go(f"/copies/{copy_id}", notice)
    with call.adapters.database.reading() as work:
        actor, reasons = call.caller_in(work).actor, {notice: reason}
        return _copy_page(
            view, work, actor, copy_id, problem=problem, reasons=reasons, settlement=settlement, typed=typed
        )


def _copy_page(
    view: View,
    work: Work,
    actor: Actor,
    copy_id: UUID,
    *,
    problem: PrintServerError | None = None,
    reasons: Mapping[str, str] = MappingProxyType({}),
    settlement: str = "",
    typed: TypedNotice | None = None,
) -> HTMLResponse:
    """reasons: as typed into the form that was refused, by what it would have said."""
    copy = queries.copy_facts_for(work, actor, copy_id)
    here = branch_path(work, copy.branch_id)
    settles, applies = (actor.may(each, here) for each in (Permission.SETTLE_COPIES, Permission.CREATE_REQUEST))
    unconfirmed = copy_service.needs_second_person(copy)
    told, home = notices.notices_of(work, copy_id), copy_return_status(work, actor, copy_id)
    return view.page(
        "copy.html",
        status=200 if problem is None else status_of(problem),
        copy=copy,
        printer=printer_facts(work, copy.printer_id),
        printer_status=statuses(work, [copy.printer_id]).get(copy.printer_id),
        sides=sides_reported(work),
        home=home,
        disposed=home.archive_record_id is not None and is_disposed(work, home.archive_record_id),
        paper=owed_of_copy(work, actor, copy_id),
        holder=holders_of(work, [copy_id]).get(copy_id),
        people=names(work, {each for each in (copy.settled_by, copy.confirmed_by) if each is not None}),
        notices=told,
        seals=seals_on(work, copy_id),
        across=seals_across(work, actor, copy_id).seals if actor.may(Permission.READ_RETURNS, here) else (),
        may_take_evidence=actor.may(Permission.READ_ARCHIVE, here),
        unconfirmed=unconfirmed,
        may_confirm=settles and unconfirmed and actor.id not in (copy.settled_by, copy.applicant_id),
        may_release=copy.state is CopyState.ISSUED and actor.may(Permission.RELEASE_COPIES, here),
        may_recall=copy.state is CopyState.RELEASED and (settles or actor.may(Permission.RELEASE_COPIES, here)),
        may_give_up=settles and _is_overdue(copy, work.now()),
        may_notify=(settles or applies) and copy.state in INVALID and copy.issued_at is not None,
        typed=typed or _new_notice(copy, work.now().astimezone(ZoneInfo(view.settings.time_zone))),
        kinds=list(notices.NoticeKind),
        channels=list(notices.Channel),
        may_settle=settles and _possible(copy.state, CopyAction.SETTLE_SEEN),
        may_void=settles and _possible(copy.state, CopyAction.VOID),
        may_replace=applies and not unconfirmed and _possible(copy.state, CopyAction.REPLACE),
        problem=problem,
        reasons=reasons,
        settlement=settlement,
    )


def _new_notice(copy: CopyFacts, now: datetime) -> TypedNotice:
    kind = notices.NoticeKind.CORRECTION if copy.state is CopyState.REPLACED else notices.NoticeKind.VOID
    return TypedNotice(kind=kind, delivered_at=now.strftime("%Y-%m-%dT%H:%M"))


def _is_overdue(copy: CopyFacts, now: datetime) -> bool:
    return copy.state is CopyState.SENT and copy.sent_at is not None and copy.sent_at <= now - PATIENCE


def _possible(state: CopyState, action: CopyAction) -> bool:
    return (state, action) in COPY_TRANSITIONS
