"""API tokens: a password buys one, its owner lists and revokes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, public, signed_in
from printserver.http_edge.sign_in import sign_in
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations import credentials
from printserver.organisations.access import Actor

router = api_router("/tokens", "access")


class TokenWish(View):
    login: Annotated[str, Field(min_length=1, max_length=100, examples=["clerk"])]
    password: Annotated[str, Field(min_length=1, max_length=200, repr=False, examples=["a long sentence of your own"])]
    name: Annotated[str, Field(min_length=1, max_length=100, examples=["OA system"])]
    days: Annotated[int, Field(ge=1, le=365)] = 90


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


@router.post("", status_code=201, summary="Sign in with name and password, and take a token")
@public("this is how a program signs in; attempts are limited by address and account", lane=Lane.PASSWORDS)
def create_token(wish: TokenWish, call: CurrentCall) -> NewToken:
    """The token has the rights of the person, as they are at each use of it."""

    def issue(work: Work, actor: Actor) -> str:
        return credentials.issue_api_token(work, actor, name=wish.name, days=wish.days)

    token = sign_in(
        call.adapters.database,
        call.edge.limits,
        call.visitor,
        login=wish.login,
        password=wish.password,
        then=issue,
    )
    return NewToken(token=token, name=wish.name)


@router.get("", summary="My tokens")
@signed_in()
def list_tokens(actor: CurrentActor, work: CurrentWork) -> list[Token]:
    return [Token.model_validate(token) for token in credentials.api_tokens(work, actor)]


@router.delete("/{token_id}", status_code=204, summary="Revoke one of my tokens")
@signed_in()
def delete_token(token_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    credentials.revoke_api_token(work, actor, token_id)
