"""My API tokens."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, signed_in
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.sign_in import sign_in
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentPerson, CurrentWork
from printserver.organisations import credentials
from printserver.organisations.access import Actor
from printserver.organisations.credentials import SignInRefused
from printserver.web.view import CurrentView, View

router = edge_router("/tokens", "pages")


@router.get("", response_class=HTMLResponse)
@signed_in()
def list_tokens(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _tokens_page(view, work, actor)


@router.post("", response_class=HTMLResponse)
@signed_in(lane=Lane.PASSWORDS)
def create_token(
    view: CurrentView,
    call: CurrentCall,
    person: CurrentPerson,
    login: Annotated[str, Form(max_length=100)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    name: Annotated[str, Form(max_length=100)] = "",
    days: Annotated[int, Form(ge=1, le=365)] = 90,
) -> Response:
    """Asks for the password again: a token outlives the session. It is shown this once."""

    def issue(work: Work, actor: Actor) -> str:
        if actor.id != person.actor.id:
            raise SignInRefused("this is not your own name")
        return credentials.issue_api_token(work, actor, name=name.strip() or "API", days=days)

    made, problem = "", None
    try:
        made = sign_in(
            call.adapters.database, call.edge.limits, call.visitor, login=login.strip(), password=password, then=issue
        )
    except SignInRefused as refused:
        problem = refused
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        return _tokens_page(view, work, actor, made=made, problem=problem, login=login, name=name)


@router.post("/{token_id}/revocations", response_class=HTMLResponse)
@signed_in()
def revoke_token(token_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> Response:
    credentials.revoke_api_token(work, actor, token_id)
    return view.go("/tokens", "token-revoked")


def _tokens_page(
    view: View,
    work: Work,
    actor: Actor,
    *,
    made: str = "",
    problem: PrintServerError | None = None,
    login: str = "",
    name: str = "",
) -> HTMLResponse:
    return view.page(
        "tokens.html",
        status=200 if problem is None else status_of(problem),
        tokens=credentials.api_tokens(work, actor),
        made=made,
        problem=problem,
        login=login if problem else "",
        name=name if problem else "",
    )
