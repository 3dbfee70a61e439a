"""The tree of branches, and the roles that there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.approvals import people_changes
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations import branches, roles
from printserver.organisations.access import Actor
from printserver.organisations.permissions import GRANTS, RESERVED, Permission, Role, is_binding
from printserver.organisations.queries import branches_with, covers_organisation
from printserver.web.changes import refusal
from printserver.web.view import CurrentView, View

router = edge_router("", "pages")

Name = Annotated[str, Form(max_length=100)]
Reason = Annotated[str, Form(max_length=500)]


@router.get("/branches", response_class=HTMLResponse)
@requires(Permission.READ_PEOPLE)
def show_branches(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _tree(view, work, actor)


@router.post("/branches", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE)
def create_branch(
    view: CurrentView, call: CurrentCall, parent_id: Annotated[UUID, Form()], name: Name = ""
) -> Response:
    return _changed(view, call, lambda w, a: branches.create_branch(w, a, parent_id=parent_id, name=name))


@router.post("/branches/{branch_id}/names", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE)
def rename_branch(branch_id: UUID, view: CurrentView, call: CurrentCall, name: Name = "") -> Response:
    return _changed(view, call, lambda work, actor: branches.rename_branch(work, actor, branch_id, name=name))


@router.post("/branches/{branch_id}/moves", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def move_branch(
    branch_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    parent_id: Annotated[UUID, Form()],
    reason: Reason = "",
) -> Response:
    attestor = call.adapters.attestor

    def act(work: Work, actor: Actor) -> None:
        people_changes.move_branch(work, actor, attestor, branch_id, parent_id=parent_id, reason=reason)

    return _changed(view, call, act)


@router.post("/branches/{branch_id}/closings", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE)
def close_branch(branch_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    return _changed(view, call, lambda work, actor: branches.close_branch(work, actor, branch_id))


@router.post("/branches/{branch_id}/reopenings", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE)
def reopen_branch(branch_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    return _changed(view, call, lambda work, actor: branches.reopen_branch(work, actor, branch_id))


@router.get("/roles", response_class=HTMLResponse)
@requires(Permission.READ_PEOPLE)
def show_roles(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _roles(view, work, actor)


@router.post("/roles", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def create_role(
    view: CurrentView,
    call: CurrentCall,
    permissions: Annotated[list[str] | None, Form()] = None,
    code: Name = "",
    name_zh: Name = "",
    name_en: Name = "",
) -> Response:
    def act(work: Work, actor: Actor) -> None:
        roles.create_custom_role(
            work, actor, code=code, name_zh=name_zh, name_en=name_en, permissions=permissions or ()
        )

    return _role_changed(view, call, act)


@router.post("/roles/{role_id}/changes", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def change_role(
    role_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    permissions: Annotated[list[str] | None, Form()] = None,
    name_zh: Name = "",
    name_en: Name = "",
) -> Response:
    def act(work: Work, actor: Actor) -> None:
        roles.change_custom_role(work, actor, role_id, name_zh=name_zh, name_en=name_en, permissions=permissions or ())

    return _role_changed(view, call, act)


@router.post("/roles/{role_id}/retirements", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE)
def retire_role(role_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    return _role_changed(view, call, lambda work, actor: roles.retire_custom_role(work, actor, role_id))


def _changed(view: View, call: Call, act: Callable[[Work, Actor], object]) -> Response:
    problem = refusal(call, act)
    if problem is None:
        return view.go("/branches", "branch-changed")
    with call.adapters.database.reading() as work:
        return _tree(view, work, call.caller_in(work).actor, problem)


def _role_changed(view: View, call: Call, act: Callable[[Work, Actor], object]) -> Response:
    problem = refusal(call, act)
    if problem is None:
        return view.go("/roles", "role-changed")
    with call.adapters.database.reading() as work:
        return _roles(view, work, call.caller_in(work).actor, problem)


def _tree(view: View, work: Work, actor: Actor, problem: PrintServerError | None = None) -> HTMLResponse:
    return view.page(
        "branches.html",
        status=200 if problem is None else status_of(problem),
        tree=branches.branch_tree(work, actor, closed=True),
        mine={each.id for each in branches_with(work, actor, Permission.MANAGE_PEOPLE)},
        problem=problem,
    )


def _roles(view: View, work: Work, actor: Actor, problem: PrintServerError | None = None) -> HTMLResponse:
    may_change = covers_organisation(work, actor, Permission.MANAGE_PEOPLE)
    return view.page(
        "roles.html",
        status=200 if problem is None else status_of(problem),
        built_in=[(role, [one for one in Permission if one in GRANTS[role]], is_binding(role)) for role in Role],
        own=roles.custom_roles(work, actor.organisation_id),
        free=[one for one in Permission if one not in RESERVED],
        may_change=may_change,
        problem=problem,
    )
