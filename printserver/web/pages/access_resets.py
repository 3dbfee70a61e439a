"""People who lost password or phone: a new first password, for which some need two persons."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.approvals.passkeys import unbelieve_removed
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.account import (
    READERS,
    OrderedReset,
    complete_reset,
    completes_in_office,
    needs_officer,
    open_resets,
    order_reset,
    person_named,
)
from printserver.organisations.permissions import Permission
from printserver.web.changes import change
from printserver.web.view import CurrentView, View

router = edge_router("/access-resets", "pages")


@router.get("", response_class=HTMLResponse)
@requires(*READERS)
def list_resets(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _page(view, work, actor)


@router.post("", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE, lane=Lane.PASSWORDS, step_up=True)
def create_reset(
    view: CurrentView,
    call: CurrentCall,
    person: Annotated[str, Form(max_length=100)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
    *,
    second_factor_too: Annotated[bool, Form()] = False,
) -> Response:
    parts = call.adapters

    def ordering() -> OrderedReset:
        with parts.database.reading() as work:
            user_id = person_named(work, call.caller_in(work).actor, person)
        officer = needs_officer(parts.database, parts.seat_book, user_id)

        def order(work: Work, actor: Actor) -> OrderedReset:
            ordered = order_reset(
                work,
                parts.secrets,
                actor,
                user_id,
                second_factor_too=second_factor_too,
                reason=reason,
                officer=officer,
            )
            unbelieve_removed(work, actor, parts.attestor)
            return ordered

        return change(call, order)

    ordered, problem = None, None
    try:
        ordered = ordering()
    except PrintServerError as refused:
        problem = refused
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        return _page(view, work, actor, ordered=ordered, problem=problem, person=person, reason=reason)


@router.post("/{reset_id}/completions", response_class=HTMLResponse)
@requires(Permission.CONFIRM_STATEMENTS, lane=Lane.PASSWORDS, step_up=True)
def create_completion(reset_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    parts = call.adapters
    with parts.database.reading() as work:
        person_id = call.caller_in(work).actor.person_id
    in_office = completes_in_office(parts.database, parts.seat_book, person_id, reset_id)

    def complete(work: Work, actor: Actor) -> str:
        password = complete_reset(work, parts.secrets, actor, reset_id, in_office=in_office)
        unbelieve_removed(work, actor, parts.attestor)
        return password

    half = change(call, complete)
    with call.adapters.database.reading() as work:
        return _page(view, work, call.caller_in(work).actor, half=half)


def _page(
    view: View,
    work: Work,
    actor: Actor,
    *,
    ordered: OrderedReset | None = None,
    half: str = "",
    problem: PrintServerError | None = None,
    person: str = "",
    reason: str = "",
) -> HTMLResponse:
    return view.page(
        "access_resets.html",
        status=200 if problem is None else status_of(problem),
        resets=open_resets(work, actor),
        ordered=ordered,
        half=half,
        problem=problem,
        person=person if problem else "",
        reason=reason if problem else "",
    )
