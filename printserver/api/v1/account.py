"""My own sign-in: password, second factor, recovery codes, sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.api.v1.tokens import Code
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, public, signed_in
from printserver.http_edge.sign_in import Door
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.account import change_password, login_of, must_keep_factor
from printserver.organisations.second_factor import (
    begin_totp,
    confirm_totp,
    factor_state,
    make_recovery_codes,
    remove_totp,
)
from printserver.organisations.sessions import end_all_sessions, forget_shown_factors, revoke_session, sessions_of
from printserver.organisations.sign_in_policy import FactorKind

router = api_router("", "access")


class PasswordChange(View):
    """By name and password, because who must change it has nothing else yet."""

    login: Annotated[str, Field(min_length=1, max_length=100, examples=["clerk"])]
    password: Annotated[str, Field(min_length=1, max_length=200, repr=False)]
    code: Code = ""
    new_password: Annotated[str, Field(min_length=1, max_length=200, repr=False, examples=["several words of mine"])]


class Session(View):
    id: UUID
    address: str
    device: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


class SecondFactors(View):
    """`recovery_codes`: how many are left."""

    kinds: list[FactorKind]
    totp_since: datetime | None
    recovery_codes: int


class Seed(View):
    """For an app; `uri` is what its QR code holds. It counts once a code of it is confirmed."""

    seed: str
    uri: str


class Confirmation(View):
    code: Annotated[str, Field(min_length=6, max_length=20, repr=False, examples=["492039"])]


class RecoveryCodes(View):
    """Told this once."""

    recovery_codes: list[str]


@router.post("/passwords", status_code=204, summary="Choose a new password of my own")
@public("also for those who must change it before anything else; attempts are limited", lane=Lane.PASSWORDS)
def create_password(change: PasswordChange, call: CurrentCall) -> None:
    """Ends all my sessions."""
    secrets = call.adapters.secrets

    def set_new(work: Work, actor: Actor, _factor: FactorKind) -> None:
        change_password(work, secrets, actor, change.new_password, session_id=None)

    door = Door(call.adapters, call.edge.limits, call.visitor)
    door.sign_in(login=change.login, password=change.password, code=change.code, then=set_new)


@router.get("/me/sessions", summary="Where I am signed in with a browser")
@signed_in()
def list_sessions(actor: CurrentActor, work: CurrentWork) -> list[Session]:
    return [Session.model_validate(each) for each in sessions_of(work, actor)]


@router.delete("/me/sessions/{session_id}", status_code=204, summary="Sign out there")
@signed_in()
def delete_session(session_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    revoke_session(work, actor, session_id)


@router.delete("/me/sessions", status_code=204, summary="Sign out of every browser")
@signed_in()
def delete_sessions(actor: CurrentActor, work: CurrentWork) -> None:
    end_all_sessions(work, actor.by, actor.id)


@router.get("/me/second-factor", summary="My second factors")
@signed_in()
def read_second_factor(actor: CurrentActor, work: CurrentWork) -> SecondFactors:
    state = factor_state(work, actor.id)
    return SecondFactors(kinds=sorted(state.kinds), totp_since=state.totp_since, recovery_codes=state.recovery_codes)


@router.post("/me/second-factor/seeds", status_code=201, summary="Begin to set up an app for one-time codes")
@signed_in(step_up=True, told_once=True)
def create_seed(actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Seed:
    enrolment = begin_totp(work, adapters.secrets, actor, login=login_of(work, actor))
    return Seed(seed=enrolment.seed, uri=enrolment.uri)


@router.post("/me/second-factor/confirmations", status_code=201, summary="Type the app's first code")
@signed_in(step_up=True, told_once=True)
def create_confirmation(
    body: Confirmation, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> RecoveryCodes:
    codes = confirm_totp(work, adapters.secrets, actor, body.code)
    forget_shown_factors(work, actor.id)
    return RecoveryCodes(recovery_codes=list(codes))


@router.delete("/me/second-factor", status_code=204, summary="Use the app's codes no more")
@signed_in(step_up=True)
def delete_second_factor(actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> None:
    required = must_keep_factor(actor, adapters.settings.sign_in_policy)
    remove_totp(work, actor.by, actor.id, required=required)


@router.post("/me/recovery-codes", status_code=201, summary="Ten new recovery codes, in place of the former ones")
@signed_in(step_up=True, told_once=True)
def create_recovery_codes(actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> RecoveryCodes:
    return RecoveryCodes(recovery_codes=list(make_recovery_codes(work, adapters.secrets, actor)))
