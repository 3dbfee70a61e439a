"""Seals and passkeys that nobody uses: listed, and stopped by one click."""

from __future__ import annotations

from uuid import UUID

from fastapi.responses import HTMLResponse, Response

from printserver.approvals.device_policy import end_dormant_passkey
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.enrolled_devices import dormant_passkeys
from printserver.organisations.permissions import Permission
from printserver.print_requests import dormant_seals
from printserver.web.changes import refusal
from printserver.web.view import CurrentView, View

router = edge_router("", "pages")


@router.get("/dormant-seals", response_class=HTMLResponse)
@requires(Permission.READ_SEALS)
def show_dormant(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _page(view, work, actor)


@router.post("/dormant-seals/{seal_id}/suspensions", response_class=HTMLResponse)
@requires(Permission.CONFIRM_SEAL_USE, Permission.CONFIRM_STATEMENTS)
def suspend_seal(seal_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    """As on the seal's own page, with the reason given."""
    attestor, days = call.adapters.attestor, view.settings.dormant_seal_days
    problem = refusal(
        call, lambda work, actor: dormant_seals.suspend_dormant_seal(work, actor, attestor, seal_id, days=days)
    )
    return _after(view, call, problem, "seal-suspended")


@router.post("/dormant-passkeys/{passkey_id}/endings", response_class=HTMLResponse)
@requires(Permission.CONFIRM_STATEMENTS, step_up=True)
def end_passkey(passkey_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    attestor, days = call.adapters.attestor, view.settings.dormant_days
    problem = refusal(call, lambda work, actor: end_dormant_passkey(work, actor, attestor, passkey_id, days=days))
    return _after(view, call, problem, "dormant-passkey-ended")


def _after(view: View, call: CurrentCall, problem: PrintServerError | None, notice: str) -> Response:
    if problem is None:
        return view.go("/dormant-seals", notice)
    with call.adapters.database.reading() as work:
        return _page(view, work, call.caller_in(work).actor, problem)


def _page(view: View, work: Work, actor: Actor, problem: PrintServerError | None = None) -> HTMLResponse:
    days, key_days = view.settings.dormant_seal_days, view.settings.dormant_days
    return view.page(
        "dormant.html",
        status=200 if problem is None else status_of(problem),
        seals=dormant_seals.dormant_seals(work, actor, days=days),
        days=days,
        passkeys=dormant_passkeys(work, actor, days=key_days),
        key_days=key_days,
        problem=problem,
    )
