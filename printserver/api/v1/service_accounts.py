"""Accounts of programs and their tokens; new first passwords for people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.api.v1.tokens import NewToken, Token
from printserver.approvals.passkeys import unbelieve_removed
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations import service_accounts as accounts
from printserver.organisations.account import (
    READERS,
    complete_reset,
    completes_in_office,
    needs_officer,
    open_resets,
    order_reset,
)
from printserver.organisations.permissions import Permission, Role
from printserver.organisations.tokens import TokenLimits

router = api_router("", "access")

_MANAGE = Permission.MANAGE_INTEGRATIONS


class NewServiceAccount(View):
    """`roles`: at the branch and below; none that decides about seals, people or keys."""

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["OA system"])]
    branch_id: UUID
    roles: Annotated[frozenset[Role], Field(min_length=1, examples=[["clerk"]])]


class ServiceAccount(View):
    id: UUID
    name: str
    login: str
    branch: str
    closed: bool
    permissions: list[Permission]
    tokens: list[Token]


class ServiceTokenWish(View):
    """`scopes`: of the account's permissions, at least one.   networks: empty for everywhere."""

    name: Annotated[str, Field(max_length=100)] = ""
    days: Annotated[int, Field(ge=1, le=365)] = 90
    scopes: Annotated[tuple[Permission, ...], Field(min_length=1, max_length=100)]
    networks: Annotated[tuple[str, ...], Field(max_length=50, examples=[["192.0.2.0/24"]])] = ()


class ResetWish(View):
    """`second_factor_too`: phone or passkey is lost as well."""

    person_id: UUID
    reason: Annotated[str, Field(min_length=1, max_length=500, examples=["forgot it on holiday"])]
    second_factor_too: bool = False


class OrderedReset(View):
    """`password`: told this once; only its first half when it `waits` for a second person."""

    password: str
    waits: bool


class Reset(View):
    id: UUID
    person: str
    staff_number: str
    second_factor_too: bool
    reason: str
    requested_by: UUID
    requested_by_name: str
    requested_at: datetime


class SecondHalf(View):
    """Told this once; both halves together are the first password."""

    password: str


@router.get("/service-accounts", summary="Accounts of programs")
@requires(_MANAGE)
def list_service_accounts(actor: CurrentActor, work: CurrentWork) -> list[ServiceAccount]:
    return [ServiceAccount.model_validate(each) for each in accounts.service_accounts(work, actor)]


@router.post("/service-accounts", status_code=201, summary="Make an account for a program")
@requires(_MANAGE, step_up=True)
def create_service_account(body: NewServiceAccount, actor: CurrentActor, work: CurrentWork) -> ServiceAccount:
    made = accounts.create_service_account(work, actor, name=body.name, branch_id=body.branch_id, roles=body.roles)
    return ServiceAccount.model_validate(accounts.service_account(work, actor, made))


@router.get("/service-accounts/{account_id}", summary="One account of a program")
@requires(_MANAGE)
def read_service_account(account_id: UUID, actor: CurrentActor, work: CurrentWork) -> ServiceAccount:
    return ServiceAccount.model_validate(accounts.service_account(work, actor, account_id))


@router.delete("/service-accounts/{account_id}", status_code=204, summary="Close an account for good")
@requires(_MANAGE)
def delete_service_account(account_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    accounts.close_service_account(work, actor, account_id)


@router.post("/service-accounts/{account_id}/tokens", status_code=201, summary="Give a program a token")
@requires(_MANAGE, step_up=True, told_once=True)
def create_service_token(
    account_id: UUID, wish: ServiceTokenWish, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> NewToken:
    limits = TokenLimits.parse(wish.scopes, wish.networks)
    token = accounts.issue_service_token(
        work, adapters.secrets, actor, account_id, name=wish.name, days=wish.days, limits=limits
    )
    return NewToken(token=token, name=wish.name)


@router.delete("/service-accounts/{account_id}/tokens/{token_id}", status_code=204, summary="Revoke a program's token")
@requires(_MANAGE)
def delete_service_token(account_id: UUID, token_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    accounts.revoke_service_token(work, actor, account_id, token_id)


@router.get("/access-resets", summary="New first passwords that wait for a second person")
@requires(*READERS)
def list_resets(actor: CurrentActor, work: CurrentWork) -> list[Reset]:
    return [Reset.model_validate(each) for each in open_resets(work, actor)]


@router.post("/access-resets", status_code=201, summary="Order a new first password for a person")
@requires(Permission.MANAGE_PEOPLE, lane=Lane.PASSWORDS, step_up=True, told_once=True)
def create_reset(wish: ResetWish, call: CurrentCall, adapters: CurrentAdapters) -> OrderedReset:
    """Of people who can help to seal, an officer completes it, and is told the other half."""
    officer = needs_officer(adapters.database, adapters.seat_book, wish.person_id)
    with call.transaction() as work:
        actor = call.caller_in(work).actor
        ordered = order_reset(
            work,
            adapters.secrets,
            actor,
            wish.person_id,
            second_factor_too=wish.second_factor_too,
            reason=wish.reason,
            officer=officer,
        )
        unbelieve_removed(work, actor, adapters.attestor)
        return OrderedReset.model_validate(ordered)


@router.post("/access-resets/{reset_id}/completions", status_code=201, summary="Complete a new first password")
@requires(Permission.CONFIRM_STATEMENTS, lane=Lane.PASSWORDS, step_up=True, told_once=True)
def create_completion(reset_id: UUID, call: CurrentCall, adapters: CurrentAdapters) -> SecondHalf:
    with adapters.database.reading() as work:
        person_id = call.caller_in(work).actor.person_id
    in_office = completes_in_office(adapters.database, adapters.seat_book, person_id, reset_id)
    with call.transaction() as work:
        actor = call.caller_in(work).actor
        password = complete_reset(work, adapters.secrets, actor, reset_id, in_office=in_office)
        unbelieve_removed(work, actor, adapters.attestor)
        return SecondHalf(password=password)
