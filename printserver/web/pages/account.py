"""My account: password, second factor, recovery codes, sessions."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.actors import carry_session
from printserver.http_edge.declarations import Lane, signed_in
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.sign_in import Door, StepUpRefused
from printserver.http_edge.work import CurrentAdapters, CurrentCall, CurrentPerson, CurrentWork
from printserver.organisations.account import change_password, login_of, must_keep_factor
from printserver.organisations.passwords import PasswordsDiffer, PasswordUsedBefore, PasswordWeak
from printserver.organisations.second_factor import (
    CodeWrong,
    Enrolment,
    SecondFactorNotBegun,
    begin_totp,
    begun_totp,
    confirm_totp,
    factor_state,
    make_recovery_codes,
    remove_totp,
)
from printserver.organisations.sessions import (
    end_all_sessions,
    forget_shown_factors,
    revoke_session,
    sessions_of,
    show_factor,
)
from printserver.organisations.sign_in_policy import FactorKind
from printserver.rendering.qr_picture import qr_picture
from printserver.web.view import CurrentView, View

router = edge_router("/account", "pages")

Password = Annotated[str, Form(max_length=200)]


@router.get("", response_class=HTMLResponse)
@signed_in(unfinished=True)
def show_account(view: CurrentView, person: CurrentPerson, work: CurrentWork) -> HTMLResponse:
    return view.page(
        "account.html",
        sessions=sessions_of(work, person.actor, person.session_id),
        factors=factor_state(work, person.actor.id),
        obligation=person.obligation,
    )


@router.get("/password", response_class=HTMLResponse)
@signed_in(unfinished=True)
def show_password(view: CurrentView, person: CurrentPerson) -> HTMLResponse:
    return _password_page(view, person.obligation)


@router.post("/password", response_class=HTMLResponse)
@signed_in(unfinished=True, lane=Lane.PASSWORDS)
def create_password(
    view: CurrentView,
    call: CurrentCall,
    person: CurrentPerson,
    old: Password = "",
    new: Password = "",
    again: Password = "",
) -> Response:
    """Every other session of the person ends."""
    if new != again:
        return _password_page(view, person.obligation, PasswordsDiffer())
    adapters, door = call.adapters, Door(call.adapters, call.edge.limits, call.visitor)

    def change(work: Work) -> None:
        change_password(work, adapters.secrets, person.actor, new, session_id=person.session_id)

    try:
        door.with_password(person.actor, old, change)
    except (StepUpRefused, PasswordWeak, PasswordUsedBefore) as problem:
        return _password_page(view, person.obligation, problem)
    return view.go("/account", "password-changed")


@router.get("/second-factor", response_class=HTMLResponse)
@signed_in(unfinished=True)
def show_second_factor(view: CurrentView, person: CurrentPerson, work: CurrentWork) -> HTMLResponse:
    return _factor_page(view, work, person.actor.id)


@router.post("/second-factor/seeds", response_class=HTMLResponse)
@signed_in(step_up=True, unfinished=True)
def create_seed(view: CurrentView, person: CurrentPerson, work: CurrentWork, adapters: CurrentAdapters) -> HTMLResponse:
    """A new seed to scan; an earlier one stays good until a code of the new one is typed."""
    enrolment = begin_totp(work, adapters.secrets, person.actor, login=login_of(work, person.actor))
    return _enrolment_page(view, enrolment)


@router.post("/second-factor/confirmations", response_class=HTMLResponse)
@signed_in(unfinished=True)
def create_confirmation(
    view: CurrentView, call: CurrentCall, person: CurrentPerson, code: Annotated[str, Form(max_length=20)] = ""
) -> Response:
    """The recovery codes are shown this once. Every other session shows the new factor before it steps up."""
    secrets = call.adapters.secrets
    try:
        with call.transaction() as work:
            codes = confirm_totp(work, secrets, person.actor, code)
            forget_shown_factors(work, person.actor.id, but=person.session_id)
            session = show_factor(work, secrets, person, FactorKind.TOTP)
    except CodeWrong as problem:
        with call.adapters.database.reading() as work:
            enrolment = begun_totp(work, secrets, person.actor, login=login_of(work, person.actor))
        return _enrolment_page(view, enrolment, problem)
    except SecondFactorNotBegun:
        return view.go("/account/second-factor")
    carry_session(view.request, call.adapters.settings, session)
    return view.page("recovery_codes.html", codes=codes)


@router.post("/second-factor/removals", response_class=HTMLResponse)
@signed_in(step_up=True)
def create_removal(view: CurrentView, call: CurrentCall, person: CurrentPerson) -> Response:
    required = must_keep_factor(person.actor, call.adapters.settings.sign_in_policy)
    try:
        with call.transaction() as work:
            remove_totp(work, person.actor.by, person.actor.id, required=required)
    except PrintServerError as problem:
        with call.adapters.database.reading() as work:
            return _factor_page(view, work, person.actor.id, problem)
    return view.go("/account/second-factor", "second-factor-removed")


@router.post("/recovery-codes", response_class=HTMLResponse)
@signed_in(step_up=True)
def create_recovery_codes(
    view: CurrentView, person: CurrentPerson, work: CurrentWork, adapters: CurrentAdapters
) -> HTMLResponse:
    """Ten new ones, shown this once; the former ones are worth nothing from now on."""
    return view.page("recovery_codes.html", codes=make_recovery_codes(work, adapters.secrets, person.actor))


@router.post("/sessions/{session_id}/revocations", response_class=HTMLResponse)
@signed_in()
def create_revocation(session_id: UUID, view: CurrentView, person: CurrentPerson, work: CurrentWork) -> Response:
    revoke_session(work, person.actor, session_id)
    return view.go("/account", "sessions-ended")


@router.post("/sessions/revocations", response_class=HTMLResponse)
@signed_in()
def revoke_others(view: CurrentView, person: CurrentPerson, work: CurrentWork) -> Response:
    end_all_sessions(work, person.actor.by, person.actor.id, but=person.session_id)
    return view.go("/account", "sessions-ended")


def _password_page(view: View, obligation: object, problem: PrintServerError | None = None) -> HTMLResponse:
    status = 200 if problem is None else status_of(problem)
    return view.page("password.html", status=status, obligation=obligation, problem=problem)


def _factor_page(view: View, work: Work, user_id: UUID, problem: PrintServerError | None = None) -> HTMLResponse:
    status = 200 if problem is None else status_of(problem)
    return view.page("second_factor.html", status=status, factors=factor_state(work, user_id), problem=problem)


def _enrolment_page(view: View, enrolment: Enrolment, problem: PrintServerError | None = None) -> HTMLResponse:
    return view.page(
        "second_factor_enrolment.html",
        status=200 if problem is None else status_of(problem),
        seed=enrolment.seed,
        picture=qr_picture(enrolment.uri),
        problem=problem,
    )
