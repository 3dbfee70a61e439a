"""Staff from a table: first the plan, line by line, then exactly that."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated

from fastapi import File, Form, UploadFile
from fastapi.responses import HTMLResponse, Response

from printserver.approvals.staff_changes import StaffPlanChanged, import_staff
from printserver.foundation.errors import PrintServerError
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.organisations.staff_file import LARGEST, StaffFileUnreadable, from_base64, read_staff
from printserver.organisations.staff_plan import StaffPlan, plan_import
from printserver.web.changes import SHOWN_BESIDE, change
from printserver.web.pages.people import role_names
from printserver.web.view import CurrentView, View

router = edge_router("/staff-import", "pages")


@router.get("", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE)
def show_form(view: CurrentView) -> HTMLResponse:
    return _page(view)


@router.post("/plans", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE)
def show_plan(
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    table: Annotated[UploadFile, File()],
    *,
    freeze_missing: Annotated[bool, Form()] = False,
) -> HTMLResponse:
    data = table.file.read(LARGEST + 1)
    try:
        plan = plan_import(work, actor, read_staff(data), freeze_missing=freeze_missing)
    except StaffFileUnreadable as problem:
        return _page(view, problem)
    own = role_names(work, actor, view.language)
    return _plan(view, plan, b64encode(data).decode(), own, freeze_missing=freeze_missing)


@router.post("", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE, lane=Lane.PASSWORDS, step_up=True, told_once=True)
def carry_out(
    view: CurrentView,
    call: CurrentCall,
    file: Annotated[str, Form(max_length=700_000)] = "",
    plan_sha256: Annotated[str, Form(max_length=64)] = "",
    *,
    freeze_missing: Annotated[bool, Form()] = False,
) -> Response:
    """The first passwords are shown this once."""
    attestor, secrets = call.adapters.attestor, call.adapters.secrets
    try:
        data = from_base64(file)
        done = change(
            call,
            lambda work, actor: import_staff(
                work,
                actor,
                attestor,
                data,
                freeze_missing=freeze_missing,
                plan_sha256=plan_sha256,
                secrets=secrets,
            ),
        )
    except StaffPlanChanged as problem:
        with call.adapters.database.reading() as work:
            actor, again = call.caller_in(work).actor, read_staff(from_base64(file))
            plan = plan_import(work, actor, again, freeze_missing=freeze_missing)
            own = role_names(work, actor, view.language)
        return _plan(view, plan, file, own, freeze_missing=freeze_missing, problem=problem)
    except SHOWN_BESIDE as problem:
        return _page(view, problem)
    return view.page("person_made.html", status=201, made=done.made)


def _page(view: View, problem: PrintServerError | None = None) -> HTMLResponse:
    return view.page("staff_import.html", status=200 if problem is None else status_of(problem), problem=problem)


def _plan(
    view: View,
    plan: StaffPlan,
    file: str,
    own_roles: dict[str, str],
    *,
    freeze_missing: bool,
    problem: PrintServerError | None = None,
) -> HTMLResponse:
    return view.page(
        "staff_plan.html",
        status=200 if problem is None else status_of(problem),
        plan=plan,
        file=file,
        own_roles=own_roles,
        freeze_missing=freeze_missing,
        problem=problem,
    )
