"""What is done about a print request from its page: decide, hand on, take back, urge, begin again, seal by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.approvals.rules import ColleagueNotPossible
from printserver.foundation.errors import TransitionRefused
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentCall
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests import drafts, flows, service
from printserver.print_requests.as_approved import require_as_approved
from printserver.print_requests.flows import WetSealMalformed
from printserver.web.changes import change, refusal
from printserver.web.pages.request_pages import decided
from printserver.web.view import CurrentView

router = edge_router("/requests", "pages")

Reason = Annotated[str, Form(max_length=500)]
Digest = Annotated[str, Form(max_length=64)]
Person = Annotated[str, Form(max_length=36)]


@router.post("/{request_id}/approvals", response_class=HTMLResponse)
@requires(Permission.APPROVE_REQUEST, step_up=True)
def create_approval(
    request_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    manifest_sha256: Digest = "",
    reason: Reason = "",
    to: Person = "",
) -> Response:
    """to: somebody who must agree as well."""

    def approve(work: Work, actor: Actor) -> object:
        require_as_approved(work, call.adapters.objects, request_id)
        return flows.approve_request(
            work,
            actor,
            call.adapters.attestor,
            request_id,
            manifest_sha256=manifest_sha256,
            reason=reason,
            to=_person(to),
        )

    return decided(view, call, request_id, refusal(call, approve), "approved", reason)


@router.post("/{request_id}/forwardings", response_class=HTMLResponse)
@requires(Permission.APPROVE_REQUEST, step_up=True)
def create_forwarding(
    request_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    manifest_sha256: Digest = "",
    reason: Reason = "",
    to: Person = "",
) -> Response:
    """to: who decides instead."""

    def forward(work: Work, actor: Actor) -> object:
        chosen = _person(to)
        if chosen is None:
            raise ColleagueNeeded("choose to whom you hand your step")
        require_as_approved(work, call.adapters.objects, request_id)
        attestor = call.adapters.attestor
        return flows.forward_request(
            work, actor, attestor, request_id, manifest_sha256=manifest_sha256, reason=reason, to=chosen
        )

    return decided(view, call, request_id, refusal(call, forward), "forwarded", reason)


@router.post("/{request_id}/seal-use-confirmations", response_class=HTMLResponse)
@requires(Permission.CONFIRM_SEAL_USE, step_up=True)
def create_seal_use_confirmation(
    request_id: UUID, view: CurrentView, call: CurrentCall, manifest_sha256: Digest = "", reason: Reason = ""
) -> Response:

    def confirm(work: Work, actor: Actor) -> object:
        require_as_approved(work, call.adapters.objects, request_id)
        attestor = call.adapters.attestor
        return flows.confirm_seal_use(work, actor, attestor, request_id, manifest_sha256=manifest_sha256, reason=reason)

    return decided(view, call, request_id, refusal(call, confirm), "confirmed", reason)


@router.post("/{request_id}/refusals", response_class=HTMLResponse)
@requires(Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE, step_up=True)
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
    return decided(view, call, request_id, problem, "refused", reason)


@router.post("/{request_id}/hand-sealings", response_class=HTMLResponse)
@requires(Permission.CONFIRM_SEAL_USE, step_up=True)
def create_hand_sealing(
    request_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    papers: Annotated[str, Form(max_length=10)] = "",
    sealed_at: Annotated[str, Form(max_length=40)] = "",
    reason: Reason = "",
) -> Response:
    """sealed_at: a browser's `datetime-local`, in the installation's time zone."""
    zone = ZoneInfo(view.settings.time_zone)

    def record(work: Work, actor: Actor) -> object:
        try:
            count, at = int(papers), datetime.fromisoformat(sealed_at.strip()).replace(tzinfo=zone)
        except ValueError:
            raise WetSealMalformed("say how many papers were sealed, and when") from None
        require_as_approved(work, call.adapters.objects, request_id)
        return flows.record_sealing_by_hand(work, actor, request_id, papers=count, sealed_at=at, note=reason)

    return decided(view, call, request_id, refusal(call, record), "sealed-by-hand", reason)


@router.post("/{request_id}/withdrawals", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def create_withdrawal(request_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    problem = refusal(call, lambda work, actor: service.withdraw_request(work, actor, request_id, reason=reason))
    return decided(view, call, request_id, problem, "withdrawn", reason)


@router.post("/{request_id}/urgings", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def create_urging(request_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    problem = refusal(call, lambda work, actor: service.urge_request(work, actor, request_id))
    return decided(view, call, request_id, problem, "urged", "")


@router.post("/{request_id}/recalls", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def create_recall(request_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    """On to the draft that the request has become."""
    try:
        draft = change(call, lambda work, actor: drafts.recall_to_draft(work, actor, request_id, reason=reason))
    except TransitionRefused as problem:
        return decided(view, call, request_id, problem, "recalled", reason)
    return view.go(f"/requests/new?saved={draft}", "recalled")


@router.post("/{request_id}/drafts", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def create_draft_again(request_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    """On to a draft with everything of a request that has ended."""
    try:
        draft = change(call, lambda work, actor: drafts.start_again(work, actor, request_id))
    except TransitionRefused as problem:
        return decided(view, call, request_id, problem, "recalled", "")
    return view.go(f"/requests/new?saved={draft}", "begun-again")


class ColleagueNeeded(ColleagueNotPossible):
    code = "colleague-needed"


def _person(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise ColleagueNotPossible("there is no such person") from None
