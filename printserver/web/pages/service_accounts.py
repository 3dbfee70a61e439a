"""Accounts of programs, and their tokens."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import Malformed, PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations import service_accounts as accounts
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission, Role
from printserver.organisations.queries import branches_with
from printserver.organisations.tokens import TokenLimits
from printserver.web.changes import SHOWN_BESIDE, change, refusal
from printserver.web.view import CurrentView, View

router = edge_router("/service-accounts", "pages")

_MANAGE = Permission.MANAGE_INTEGRATIONS
Words = Annotated[str, Form(max_length=100)]
Choices = Annotated[list[str], Form(max_length=100)]


@router.get("", response_class=HTMLResponse)
@requires(_MANAGE)
def list_accounts(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _list_page(view, work, actor)


@router.post("", response_class=HTMLResponse)
@requires(_MANAGE, step_up=True)
def create_account(
    view: CurrentView,
    call: CurrentCall,
    name: Words = "",
    branch_id: Words = "",
    roles: Choices = [],  # noqa: B006 -- the framework reads it
) -> Response:
    def make(work: Work, actor: Actor) -> UUID:
        try:
            chosen, branch = frozenset(Role(role) for role in roles), UUID(branch_id)
        except ValueError:
            raise Malformed("choose a branch and roles") from None
        return accounts.create_service_account(work, actor, name=name, branch_id=branch, roles=chosen)

    try:
        made = change(call, make)
    except SHOWN_BESIDE as problem:
        with call.adapters.database.reading() as work:
            return _list_page(view, work, call.caller_in(work).actor, problem=problem, name=name)
    return view.go(f"/service-accounts/{made}")


@router.get("/{account_id}", response_class=HTMLResponse)
@requires(_MANAGE)
def show_account(account_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _account_page(view, work, actor, account_id)


@router.post("/{account_id}/tokens", response_class=HTMLResponse)
@requires(_MANAGE, step_up=True)
def create_token(
    account_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    name: Words = "",
    days: Annotated[int, Form(ge=1, le=365)] = 90,
    scopes: Choices = [],  # noqa: B006 -- the framework reads it
    networks: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """The token is shown this once."""
    secrets = call.adapters.secrets

    def issue(work: Work, actor: Actor) -> str:
        limits = TokenLimits.parse(scopes, networks.replace(",", " ").split())
        return accounts.issue_service_token(work, secrets, actor, account_id, name=name, days=days, limits=limits)

    made, problem = "", None
    try:
        made = change(call, issue)
    except SHOWN_BESIDE as refused:
        problem = refused
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        return _account_page(view, work, actor, account_id, made=made, problem=problem, networks=networks)


@router.post("/{account_id}/tokens/{token_id}/revocations", response_class=HTMLResponse)
@requires(_MANAGE)
def create_revocation(
    account_id: UUID, token_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork
) -> Response:
    accounts.revoke_service_token(work, actor, account_id, token_id)
    return view.go(f"/service-accounts/{account_id}", "token-revoked")


@router.post("/{account_id}/closings", response_class=HTMLResponse)
@requires(_MANAGE)
def create_closing(account_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    refusal(call, lambda work, actor: accounts.close_service_account(work, actor, account_id), beside=())
    return view.go("/service-accounts", "account-closed")


def _list_page(
    view: View, work: Work, actor: Actor, *, problem: PrintServerError | None = None, name: str = ""
) -> HTMLResponse:
    return view.page(
        "service_accounts.html",
        status=200 if problem is None else status_of(problem),
        accounts=accounts.service_accounts(work, actor),
        branches=branches_with(work, actor, _MANAGE),
        roles=accounts.ROLES,
        problem=problem,
        name=name,
    )


def _account_page(
    view: View,
    work: Work,
    actor: Actor,
    account_id: UUID,
    *,
    made: str = "",
    problem: PrintServerError | None = None,
    networks: str = "",
) -> HTMLResponse:
    return view.page(
        "service_account.html",
        status=200 if problem is None else status_of(problem),
        account=accounts.service_account(work, actor, account_id),
        made=made,
        problem=problem,
        networks=networks,
    )
