"""Print requests: the list, one request with everything that may be done about it, its pages, what is decided."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Final
from uuid import UUID

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import NotFound, PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests import copy_service, flows, queries, service
from printserver.print_requests.queries import RequestDetails
from printserver.print_requests.release import ReleaseCodeNeeded
from printserver.print_requests.states import CopyState, RequestState
from printserver.print_requests.watched import copies_drawn, sides_reported
from printserver.printing.status import statuses
from printserver.web.changes import refusal
from printserver.web.view import CurrentView, View

router = edge_router("/requests", "pages")

READERS: Final = (Permission.READ_REQUESTS, Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE)
PAGE: Final = 50
UNDER_WAY: Final = frozenset({CopyState.RELEASED, CopyState.SENT, CopyState.AUTHORISED})
WITHDRAWABLE: Final = frozenset({RequestState.RENDERING, RequestState.PENDING_APPROVAL, RequestState.PENDING_CUSTODY})

Reason = Annotated[str, Form(max_length=500)]
Digest = Annotated[str, Form(max_length=64)]


class PageNotFound(NotFound):
    code = "page-not-found"


@router.get("", response_class=HTMLResponse)
@requires(Permission.READ_REQUESTS)
def list_requests(
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    state: Annotated[str, Query(max_length=40)] = "",
    own_reference: Annotated[str, Query(max_length=500)] = "",
    mine: bool = False,
    before: UUID | None = None,
) -> HTMLResponse:
    chosen = [RequestState(state)] if state in set(RequestState) else []
    found = queries.requests(
        work,
        actor,
        states=chosen,
        own_reference=own_reference.strip() or None,
        mine=mine,
        before=before,
        limit=PAGE,
    )
    return view.page(
        "requests.html",
        requests=found,
        states=list(RequestState),
        state=state,
        own_reference=own_reference,
        mine=mine,
        next=found[-1].id if len(found) == PAGE else None,
    )


@router.get("/{request_id}", response_class=HTMLResponse)
@requires(*READERS)
def show_request(
    request_id: UUID,
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    copy: Annotated[int, Query(ge=1)] = 1,
) -> HTMLResponse:
    """copy: whose pages are shown."""
    return _request_page(view, work, actor, request_id, copy=copy)


@router.get("/{request_id}/copies/{number}/pages/{page}", response_class=HTMLResponse)
@requires(*READERS)
def show_page(
    request_id: UUID, number: int, page: int, view: CurrentView, actor: CurrentActor, work: CurrentWork
) -> HTMLResponse:
    """One page, large."""
    details = queries.request_details(work, actor, request_id)
    if not (1 <= page <= details.pages and 1 <= number <= len(details.copies)):
        raise PageNotFound("there is no such page")
    return view.page("request_page.html", request=details, number=number, page=page)


@router.post("/{request_id}/approvals", response_class=HTMLResponse)
@requires(Permission.APPROVE_REQUEST)
def create_approval(
    request_id: UUID, view: CurrentView, call: CurrentCall, manifest_sha256: Digest = "", reason: Reason = ""
) -> Response:
    attestor = call.adapters.attestor
    problem = refusal(
        call,
        lambda work, actor: flows.approve_request(
            work, actor, attestor, request_id, manifest_sha256=manifest_sha256, reason=reason
        ),
    )
    return _decided(view, call, request_id, problem, "approved", reason)


@router.post("/{request_id}/seal-use-confirmations", response_class=HTMLResponse)
@requires(Permission.CONFIRM_SEAL_USE)
def create_seal_use_confirmation(
    request_id: UUID, view: CurrentView, call: CurrentCall, manifest_sha256: Digest = "", reason: Reason = ""
) -> Response:
    attestor = call.adapters.attestor
    problem = refusal(
        call,
        lambda work, actor: flows.confirm_seal_use(
            work, actor, attestor, request_id, manifest_sha256=manifest_sha256, reason=reason
        ),
    )
    return _decided(view, call, request_id, problem, "confirmed", reason)


@router.post("/{request_id}/refusals", response_class=HTMLResponse)
@requires(Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE)
def create_refusal(
    request_id: UUID, view: CurrentView, call: CurrentCall, manifest_sha256: Digest = "", reason: Reason = ""
) -> Response:
    attestor = call.adapters.attestor
    problem = refusal(
        call,
        lambda work, actor: flows.refuse_request(
            work, actor, attestor, request_id, manifest_sha256=manifest_sha256, reason=reason
        ),
    )
    return _decided(view, call, request_id, problem, "refused", reason)


@router.post("/{request_id}/withdrawals", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def create_withdrawal(request_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    problem = refusal(call, lambda work, actor: service.withdraw_request(work, actor, request_id, reason=reason))
    return _decided(view, call, request_id, problem, "withdrawn", reason)


@router.post("/{request_id}/releases", response_class=HTMLResponse)
@requires(Permission.RELEASE_COPIES)
def create_release(
    request_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    copy_ids: Annotated[list[UUID] | None, Form()] = None,
    which: Annotated[str, Form(pattern="^(all|chosen)$")] = "all",
) -> Response:
    """which: `chosen` releases `copy_ids` alone, and nothing when none is chosen."""
    chosen = () if which == "all" else tuple(copy_ids or ())
    if which == "chosen" and not chosen:
        return view.go(f"/requests/{request_id}", "nothing-chosen")
    problem = refusal(call, lambda work, actor: copy_service.release_copies(work, actor, request_id, chosen))
    return _decided(view, call, request_id, problem, "released", "")


def _decided(
    view: View, call: Call, request_id: UUID, problem: PrintServerError | None, notice: str, reason: str
) -> Response:
    if problem is None:
        return view.go(f"/requests/{request_id}", notice)
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        return _request_page(view, work, actor, request_id, problem=problem, reason=reason)


def _request_page(
    view: View,
    work: Work,
    actor: Actor,
    request_id: UUID,
    *,
    copy: int = 1,
    problem: PrintServerError | None = None,
    reason: str = "",
) -> HTMLResponse:
    details = queries.request_details(work, actor, request_id)
    state, mine = details.summary.state, details.summary.applicant_id == actor.id
    printer_id = details.summary.printer_id
    return view.page(
        "request.html",
        status=200 if problem is None else status_of(problem),
        request=details,
        copy_number=copy if copy <= len(details.copies) else 1,
        under_way=_under_way(details),
        step=_step(work, actor, details),
        may_release=details.may_release,
        may_code=details.may_release or mine,
        counts=Counter(copy.state for copy in details.copies),
        drawn=copies_drawn(work).get(request_id, 0),
        sides=sides_reported(work),
        printer_status=statuses(work, [printer_id]).get(printer_id),
        needs_code=isinstance(details.obstacle, ReleaseCodeNeeded),
        may_withdraw=mine and state in WITHDRAWABLE and actor.may(Permission.CREATE_REQUEST),
        problem=problem,
        reason=reason,
    )


def _under_way(details: RequestDetails) -> bool:
    """Whether something changes by itself."""
    moving = details.summary.state in (RequestState.RENDERING, RequestState.APPROVED)
    return moving or any(copy.state in UNDER_WAY for copy in details.copies)


def _step(work: Work, actor: Actor, details: RequestDetails) -> str:
    """The step that this person may take now: `approval`, `custody`, or none."""
    if not any(waiting.id == details.summary.id for waiting in queries.waiting_for(work, actor)):
        return ""
    return "custody" if details.summary.state is RequestState.PENDING_CUSTODY else "approval"
