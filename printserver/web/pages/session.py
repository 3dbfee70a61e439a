"""Sign in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import Unauthenticated
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.actors import clear_session_cookie, credential_of, set_session_cookie
from printserver.http_edge.declarations import Lane, public, signed_in
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.sign_in import sign_in
from printserver.http_edge.work import CurrentCall, CurrentPerson, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.credentials import (
    NewSession,
    SignInRefused,
    end_session,
    open_session,
    person_of_session,
)
from printserver.web.view import CurrentView, View, own_path

router = edge_router("", "pages")

LongestName = Annotated[str, Form(max_length=100)]
LongestPassword = Annotated[str, Form(max_length=200)]
Next = Annotated[str, Query(max_length=2_000)]


@router.get("/sign-in", response_class=HTMLResponse)
@public("this is how people come in")
def show_sign_in(view: CurrentView, next: Next = "/") -> HTMLResponse:
    return view.page("sign_in.html", login="", next=own_path(next), problem=None)


@router.post("/sign-in", response_class=HTMLResponse)
@public("this is how people come in; attempts are limited by address and account", lane=Lane.PASSWORDS)
def create_session(
    view: CurrentView,
    call: CurrentCall,
    login: LongestName = "",
    password: LongestPassword = "",
    next: Annotated[str, Form(max_length=2_000)] = "/",
) -> Response:
    """A new session each time; one that the browser brings along ends."""
    adapters = call.adapters

    def begin(work: Work, actor: Actor) -> NewSession:
        _end_former(work, view)
        return open_session(work, actor, hours=adapters.settings.session_hours)

    try:
        session = sign_in(
            adapters.database, call.edge.limits, call.visitor, login=login.strip(), password=password, then=begin
        )
    except SignInRefused as problem:
        return view.page("sign_in.html", status=status_of(problem), login=login, next=own_path(next), problem=problem)
    response = view.go(own_path(next))
    set_session_cookie(response, adapters.settings, session)
    return response


@router.post("/sign-out", response_class=HTMLResponse)
@signed_in()
def delete_session(view: CurrentView, person: CurrentPerson, work: CurrentWork) -> Response:
    end_session(work, person)
    response = view.go("/sign-in", "signed-out")
    clear_session_cookie(response, view.settings)
    return response


def _end_former(work: Work, view: View) -> None:
    try:
        credential = credential_of(view.request, view.settings)
        if credential is not None and credential.kind == "session":
            end_session(work, person_of_session(work, credential.secret))
    except Unauthenticated:
        return  # nothing to end: the cookie was stale
