"""At the printer, on a phone or a terminal: what waits, and letting it be printed, by code where one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import Malformed, PrintServerError, TooMany
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests.copy_service import release_batch, release_copies, release_with_code
from printserver.print_requests.release import make_release_code
from printserver.print_requests.release_queue import release_printers, release_queue
from printserver.print_requests.watched import sides_reported
from printserver.printing.status import statuses
from printserver.web.changes import SHOWN_BESIDE, change
from printserver.web.view import CurrentView, View

router = edge_router("", "pages")

SHOWN_HERE: Final = (*SHOWN_BESIDE, TooMany)


class WhatUnclear(Malformed):
    """Neither the chosen copies, nor a copy, nor a request, nor a code."""

    code = "release-unclear"


@router.get("/release", response_class=HTMLResponse)
@requires(Permission.RELEASE_COPIES)
def list_release_printers(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return view.page("release_printers.html", printers=release_printers(work, actor))


@router.get("/printers/{printer_id}/release", response_class=HTMLResponse)
@requires(Permission.RELEASE_COPIES)
def show_release(printer_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _release_page(view, work, actor, printer_id)


@router.post("/printers/{printer_id}/release", response_class=HTMLResponse)
@requires(Permission.RELEASE_COPIES, step_up=True, enrolled_device=True)
def create_release(
    printer_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    what: Annotated[str, Form(max_length=50)] = "code",
    code: Annotated[str, Form(max_length=20)] = "",
    copy_ids: Annotated[list[UUID] | None, Form(max_length=1_000)] = None,
) -> Response:
    """what: `code`, `chosen`, `copy:` and its id, or `request:` and its id for all of its copies that wait."""
    chosen = tuple(copy_ids or ())
    here = f"/printers/{printer_id}/release"
    if what == "chosen" and not chosen:
        return view.go(here, "nothing-chosen")
    with call.adapters.database.reading() as work:
        release_queue(work, call.caller_in(work).actor, printer_id)
    try:
        if what == "code":
            database, actor_in = call.adapters.database, _actor_in(call)
            release_with_code(database, actor_in, code, printer_id=printer_id, copy_ids=chosen)
        else:
            change(call, lambda work, actor: _release(work, actor, what, chosen))
    except SHOWN_HERE as problem:
        with call.adapters.database.reading() as work:
            actor = call.caller_in(work).actor
            return _release_page(view, work, actor, printer_id, problem=problem, chosen=chosen)
    return view.go(here, "released")


@router.post("/requests/{request_id}/release-codes", response_class=HTMLResponse)
@requires(Permission.RELEASE_COPIES, Permission.CREATE_REQUEST)
def create_release_code(request_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    """The code is shown this once, on a page that no browser keeps."""
    made = make_release_code(work, actor, request_id)
    page = view.page("release_code.html", request_id=request_id, code=made.code, expires_at=made.expires_at)
    page.headers["Cache-Control"] = "no-store"
    return page


def _release(work: Work, actor: Actor, what: str, chosen: tuple[UUID, ...]) -> tuple[UUID, ...]:
    if what == "chosen":
        return release_batch(work, actor, chosen)
    kind, _, name = what.partition(":")
    try:
        identifier = UUID(name)
    except ValueError:
        raise WhatUnclear("choose what is to be released") from None
    if kind == "copy":
        return release_batch(work, actor, (identifier,))
    if kind == "request":
        return release_copies(work, actor, identifier)
    raise WhatUnclear("choose what is to be released")


def _actor_in(call: Call) -> Callable[[Work], Actor]:
    return lambda work: call.caller_in(work).actor


def _release_page(
    view: View,
    work: Work,
    actor: Actor,
    printer_id: UUID,
    *,
    problem: PrintServerError | None = None,
    chosen: tuple[UUID, ...] = (),
) -> HTMLResponse:
    """chosen: the copies that stay ticked."""
    return view.page(
        "release.html",
        status=200 if problem is None else status_of(problem),
        queue=release_queue(work, actor, printer_id),
        printer_status=statuses(work, [printer_id]).get(printer_id),
        sides=sides_reported(work),
        chosen=chosen,
        problem=problem,
    )
