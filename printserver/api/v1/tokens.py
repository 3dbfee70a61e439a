"""API tokens: a password (and a second factor) buys one, its owner lists and revokes them; step-ups for programs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.foundation.errors import Forbidden
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, public, signed_in
from printserver.http_edge.sign_in import Door
from printserver.http_edge.step_up import step_up_token
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.passkey_answers import LONGEST_ANSWER
from printserver.organisations.permissions import Permission
from printserver.organisations.sessions import require_nothing_owed
from printserver.organisations.sign_in_policy import FactorKind
from printserver.organisations.tokens import TokenLimits, api_tokens, issue_api_token, revoke_api_token

router = api_router("", "access")

Password = Annotated[str, Field(max_length=200, repr=False, examples=["a long sentence of your own"])]
Code = Annotated[str, Field(max_length=LONGEST_ANSWER, repr=False, examples=["492039"])]


class TokenWish(View):
    """`code`: of the second factor, for who has one.   scopes: permissions; empty for all that the person may do."""

    login: Annotated[str, Field(min_length=1, max_length=100, examples=["clerk"])]
    password: Annotated[str, Field(min_length=1, max_length=200, repr=False, examples=["a long sentence of your own"])]
    code: Code = ""
    name: Annotated[str, Field(min_length=1, max_length=100, examples=["OA system"])]
    days: Annotated[int, Field(ge=1, le=365)] = 90
    scopes: Annotated[tuple[Permission, ...], Field(max_length=100)] = ()
    networks: Annotated[tuple[str, ...], Field(max_length=50, examples=[["192.0.2.0/24"]])] = ()


class NewToken(View):
    """`token` is shown this once."""

    token: str
    name: str


class Token(View):
    id: UUID
    name: str
    created_at: datetime
    expires_at: datetime
    revoked: bool
    scopes: list[str]
    networks: list[str]


class StepUpWish(View):
    """The code of the second factor, or a passkey's answer; for who has none, the password."""

    password: Password = ""
    code: Code = ""


class StepUp(View):
    """Send `step_up` as the header `X-Step-Up` with this very API token, until `expires_at`."""

    step_up: str
    factor: FactorKind
    expires_at: datetime


@router.post("/tokens", status_code=201, summary="Sign in with name and password, and take a token")
@public("this is how a program signs in; attempts are limited by address and account", lane=Lane.PASSWORDS)
def create_token(wish: TokenWish, call: CurrentCall) -> NewToken:
    """The token has the rights of the person, as they are at each use of it, or those of them that `scopes` names."""
    adapters, limits = call.adapters, TokenLimits.parse(wish.scopes, wish.networks)

    def issue(work: Work, actor: Actor, _factor: FactorKind) -> str:
        require_nothing_owed(work, actor, adapters.settings.sign_in_policy)
        return issue_api_token(work, adapters.secrets, actor, name=wish.name, days=wish.days, limits=limits)

    door = Door(adapters, call.edge.limits, call.visitor)
    token = door.sign_in(login=wish.login, password=wish.password, code=wish.code, then=issue)
    return NewToken(token=token, name=wish.name)


@router.get("/tokens", summary="My tokens")
@signed_in()
def list_tokens(actor: CurrentActor, work: CurrentWork) -> list[Token]:
    return [Token.model_validate(token) for token in api_tokens(work, actor)]


@router.delete("/tokens/{token_id}", status_code=204, summary="Revoke one of my tokens")
@signed_in()
def delete_token(token_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    revoke_api_token(work, actor, token_id)


@router.post("/step-ups", status_code=201, summary="Show the second factor again, for what needs it")
@signed_in(lane=Lane.PASSWORDS, told_once=True, any_token=True)
def create_step_up(wish: StepUpWish, call: CurrentCall) -> StepUp:
    """For programs that act for a person. What needs it answers `step-up-needed` without it."""
    adapters, caller = call.adapters, call.caller
    if caller is None or caller.token_id is None:
        raise Forbidden("a browser's session steps up on its own page")
    actor, token_id = caller.actor, caller.token_id

    def show(work: Work, factor: FactorKind) -> StepUp:
        text = step_up_token(adapters.secrets, actor.id, token_id, work.now(), factor)
        until = work.now() + timedelta(minutes=adapters.settings.step_up_minutes)
        return StepUp(step_up=text, factor=factor, expires_at=until)

    door = Door(adapters, call.edge.limits, call.visitor)
    return door.show_again(actor, password=wish.password, code=wish.code, then=show)
