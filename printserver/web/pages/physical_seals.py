"""Seals of rubber and metal: entered into the register, handed over, reported lost, destroyed before a witness."""

from __future__ import annotations

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
from printserver.organisations.colleagues import colleagues
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch, branches_with, names
from printserver.rendering.seal_artwork_types import SealType
from printserver.seals import physical
from printserver.seals.states import physical_actions_of
from printserver.web.changes import SHOWN_BESIDE, change
from printserver.web.seal_forms import TypedPhysicalSeal, TypedPhysicalStep
from printserver.web.view import CurrentView, View

router = edge_router("/physical-seals", "pages")


@router.get("/new", response_class=HTMLResponse)
@requires(Permission.MANAGE_SEALS)
def show_form(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _form_page(view, work, actor, TypedPhysicalSeal())


@router.post("", response_class=HTMLResponse)
@requires(Permission.MANAGE_SEALS)
def create_physical_seal(view: CurrentView, call: CurrentCall, typed: Annotated[TypedPhysicalSeal, Form()]) -> Response:
    try:
        new = typed.checked()
        seal_id = change(call, lambda work, actor: physical.record_physical_seal(work, actor, new))
    except SHOWN_BESIDE as problem:
        with call.adapters.database.reading() as work:
            return _form_page(view, work, call.caller_in(work).actor, typed, problem=problem)
    return view.go(f"/physical-seals/{seal_id}", "physical-seal-recorded")


@router.get("/{seal_id}", response_class=HTMLResponse)
@requires(Permission.READ_SEALS)
def show_physical_seal(seal_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _seal_page(view, work, actor, seal_id)


@router.post("/{seal_id}/steps", response_class=HTMLResponse)
@requires(Permission.MANAGE_SEALS)
def create_physical_step(
    seal_id: UUID, view: CurrentView, call: CurrentCall, typed: Annotated[TypedPhysicalStep, Form()]
) -> Response:
    try:
        step = typed.checked()
        change(call, lambda work, actor: physical.take_physical_step(work, actor, seal_id, step))
    except SHOWN_BESIDE as problem:
        with call.adapters.database.reading() as work:
            return _seal_page(view, work, call.caller_in(work).actor, seal_id, typed=typed, problem=problem)
    return view.go(f"/physical-seals/{seal_id}", "physical-seal-moved")


def _form_page(
    view: View, work: Work, actor: Actor, typed: TypedPhysicalSeal, *, problem: PrintServerError | None = None
) -> HTMLResponse:
    return view.page(
        "physical_seal_form.html",
        status=200 if problem is None else status_of(problem),
        typed=typed,
        types=list(SealType),
        branches=branches_with(work, actor, Permission.MANAGE_SEALS),
        people=colleagues(work, actor.organisation_id),
        problem=problem,
    )


def _seal_page(
    view: View,
    work: Work,
    actor: Actor,
    seal_id: UUID,
    *,
    typed: TypedPhysicalStep | None = None,
    problem: PrintServerError | None = None,
) -> HTMLResponse:
    seal = physical.physical_seal(work, actor, seal_id)
    history = physical.physical_steps(work, seal_id)
    people = {seal.keeper_id} | {step.person_id for step in history} | {step.keeper_id for step in history}
    people |= {step.witness_id for step in history if step.witness_id}
    manages = actor.may(Permission.MANAGE_SEALS, branch_path(work, seal.branch_id))
    return view.page(
        "physical_seal.html",
        status=200 if problem is None else status_of(problem),
        seal=seal,
        branch=branch(work, seal.branch_id).name,
        history=history,
        names=names(work, people),
        actions=physical_actions_of(seal.state) if manages else (),
        witnessed=physical.WITNESSED,
        people=colleagues(work, actor.organisation_id) if manages else (),
        typed=typed or TypedPhysicalStep(),
        problem=problem,
    )
