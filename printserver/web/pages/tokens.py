"""My API tokens."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import signed_in
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentPerson, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.tokens import (
    TokenLimits,
    TokenLimitsMalformed,
    api_tokens,
    issue_api_token,
    revoke_api_token,
)
from printserver.web.view import CurrentView, View

router = edge_router("/tokens", "pages")

Scopes = Annotated[list[str], Form(max_length=100)]


@router.get("", response_class=HTMLResponse)
@signed_in()
def list_tokens(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _tokens_page(view, work, actor)


@router.post("", response_class=HTMLResponse)
@signed_in(step_up=True)
def create_token(
    view: CurrentView,
    person: CurrentPerson,
    work: CurrentWork,
    adapters: CurrentAdapters,
    name: Annotated[str, Form(max_length=100)] = "",
    days: Annotated[int, Form(ge=1, le=365)] = 90,
    scopes: Scopes = [],  # noqa: B006 -- the framework reads it
    networks: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """Asks for the second factor or the password again: a token outlives the session. It is shown this once."""
    actor = person.actor
    try:
        limits = TokenLimits.parse(scopes, networks.replace(",", " ").split())
    except TokenLimitsMalformed as problem:
        return _tokens_page(view, work, actor, problem=problem, name=name, networks=networks)
    made = issue_api_token(work, adapters.secrets, actor, name=name.strip() or "API", days=days, limits=limits)
    return _tokens_page(view, work, actor, made=made)


@router.post("/{token_id}/revocations", response_class=HTMLResponse)
@signed_in()
def revoke_token(token_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> Response:
    revoke_api_token(work, actor, token_id)
    return view.go("/tokens", "token-revoked")


def _tokens_page(
    view: View,
    work: Work,
    actor: Actor,
    *,
    made: str = "",
    problem: TokenLimitsMalformed | None = None,
    name: str = "",
    networks: str = "",
) -> HTMLResponse:
    return view.page(
        "tokens.html",
        status=200 if problem is None else status_of(problem),
        tokens=api_tokens(work, actor),
        permissions=[permission for permission in Permission if actor.may(permission)],
        made=made,
        problem=problem,
        name=name,
        networks=networks,
    )
