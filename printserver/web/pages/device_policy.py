"""Whether signatures, decisions and releases take an enrolled device: what holds, who has none, and a proposal."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.approvals.device_policy import (
    ATTESTED,
    DevicePolicy,
    concerned_without_device,
    device_policy,
    propose_policy,
)
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch_names_of_path
from printserver.web.changes import refusal
from printserver.web.statement_words import EVIDENCE
from printserver.web.view import CurrentView, View

router = edge_router("/device-policy", "pages")

Evidence = Annotated[str, Form(max_length=20)]


@router.get("", response_class=HTMLResponse)
@requires(Permission.READ_PEOPLE)
def show_device_policy(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _page(view, work, actor)


@router.post("", response_class=HTMLResponse)
@requires(Permission.CONFIRM_STATEMENTS, step_up=True)
def propose_device_policy(
    view: CurrentView,
    call: CurrentCall,
    officers: Evidence = ATTESTED,
    decisions: Evidence = ATTESTED,
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    attestor, wanted = call.adapters.attestor, DevicePolicy(officers, decisions)
    problem = refusal(call, lambda work, actor: propose_policy(work, actor, attestor, wanted, reason=reason))
    if problem is None:
        return view.go("/statements", "statement-proposed")
    with call.adapters.database.reading() as work:
        return _page(view, work, call.caller_in(work).actor, problem)


def _page(view: View, work: Work, actor: Actor, problem: PrintServerError | None = None) -> HTMLResponse:
    without = concerned_without_device(work, actor.organisation_id)
    return view.page(
        "device_policy.html",
        status=200 if problem is None else status_of(problem),
        policy=device_policy(work, actor.organisation_id),
        kinds=list(EVIDENCE),
        without=without,
        places={path: branch_names_of_path(work, path) for path in {each.path for each in without}},
        problem=problem,
    )
