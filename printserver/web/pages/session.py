"""Sign in, in one step or two, and out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import PrintServerError, Unauthenticated
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.actors import (
    clear_session_cookie,
    credential_of,
    set_device_cookie,
    set_session_cookie,
)
from printserver.http_edge.declarations import Lane, public, signed_in
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.sign_in import Door
from printserver.http_edge.work import Call, CurrentCall, CurrentPerson, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.credentials import SecondFactorNeeded, SignInRefused, candidate_of
from printserver.organisations.passkey_answers import LONGEST_ANSWER
from printserver.organisations.secrets import Secrets
from printserver.organisations.sessions import NewSession, end_session, open_session, person_of_session
from printserver.organisations.sign_in_policy import FactorKind
from printserver.organisations.sign_in_sources import device_cookie
from printserver.web.view import CurrentView, View, own_path

router = edge_router("", "pages")

LongestName = Annotated[str, Form(max_length=100)]
LongestPassword = Annotated[str, Form(max_length=200)]
Code = Annotated[str, Form(max_length=LONGEST_ANSWER)]
"""Also a passkey's answer."""
Next = Annotated[str, Query(max_length=2_000)]
NextField = Annotated[str, Form(max_length=2_000)]
Opened = tuple[NewSession, str]
"""The session, and the cookie by which the device is known from now on."""


@router.get("/sign-in", response_class=HTMLResponse)
@public("this is how people come in")
def show_sign_in(view: CurrentView, next: Next = "/") -> HTMLResponse:
    return first_page(view, "", next, None)


@router.post("/sign-in", response_class=HTMLResponse)
@public("this is how people come in; attempts are limited by address and account", lane=Lane.PASSWORDS)
def create_session(
    view: CurrentView,
    call: CurrentCall,
    login: LongestName = "",
    password: LongestPassword = "",
    next: NextField = "/",
) -> Response:
    """A new session each time; one that the browser brings along ends. Who has a second factor is asked for it."""
    door = Door(call.adapters, call.edge.limits, call.visitor)
    try:
        opened = door.sign_in(login=login.strip(), password=password, then=begin_session(view, call))
    except SecondFactorNeeded as needed:
        return second_page(view, call, needed.pending, next, None)
    except SignInRefused as problem:
        return first_page(view, login, next, problem)
    return signed_in_response(view, call, opened, next)


@router.post("/sign-in/code", response_class=HTMLResponse)
@public("the second step of coming in; attempts are limited by address and account")
def show_code(
    view: CurrentView, call: CurrentCall, pending: LongestPassword = "", code: Code = "", next: NextField = "/"
) -> Response:
    door = Door(call.adapters, call.edge.limits, call.visitor)
    try:
        opened = door.second_step(pending=pending, code=code, then=begin_session(view, call))
    except SignInRefused as problem:
        return second_page(view, call, pending, next, problem)
    return signed_in_response(view, call, opened, next)


@router.post("/sign-out", response_class=HTMLResponse)
@signed_in(unfinished=True)
def delete_session(view: CurrentView, person: CurrentPerson, work: CurrentWork) -> Response:
    end_session(work, person)
    response = view.go("/sign-in", "signed-out")
    clear_session_cookie(response, view.settings)
    return response


def begin_session(view: View, call: Call, *, shown: bool = True) -> Callable[[Work, Actor, FactorKind], Opened]:
    """What runs in the transaction of the complete sign-in.   shown: whether its last factor is good for a step-up."""
    secrets, hours = call.adapters.secrets, call.adapters.settings.session_hours

    def begin(work: Work, actor: Actor, factor: FactorKind) -> Opened:
        _end_former(work, secrets, view)
        session = open_session(work, secrets, actor, hours=hours, factor=factor, shown=shown)
        return session, device_cookie(secrets, call.visitor.device_cookie, actor.id)

    return begin


def signed_in_response(view: View, call: Call, opened: Opened, next: str) -> Response:
    session, device = opened
    response = view.go(own_path(next))
    set_session_cookie(response, call.adapters.settings, session)
    set_device_cookie(response, call.adapters.settings, device)
    return response


def first_page(view: View, login: str, next: str, problem: PrintServerError | None) -> HTMLResponse:
    status = 200 if problem is None else status_of(problem)
    return view.page("sign_in.html", status=status, login=login, next=own_path(next), problem=problem)


def second_page(view: View, call: Call, pending: str, next: str, problem: PrintServerError | None) -> HTMLResponse:
    status = 200 if problem is None else status_of(problem)
    factors = _factors(call, pending)
    return view.page(
        "sign_in_code.html", status=status, pending=pending, next=own_path(next), problem=problem, factors=factors
    )


def _factors(call: Call, pending: str) -> frozenset[FactorKind]:
    """What may be shown now; nothing for who has not shown the password."""
    try:
        with call.adapters.database.reading() as work:
            return candidate_of(work, call.adapters.secrets, pending).factors
    except SignInRefused:
        return frozenset()


def _end_former(work: Work, secrets: Secrets, view: View) -> None:
    try:
        credential = credential_of(view.request, view.settings)
        if credential is not None and credential.kind == "session":
            end_session(work, person_of_session(work, secrets, credential.secret))
    except Unauthenticated:
        return  # nothing to end: the cookie was stale
