"""My passkeys: list, add, name, remove."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.approvals import passkeys as decisions
from printserver.approvals.statement_queries import statement_facts
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import signed_in
from printserver.http_edge.passkeys import AnswerField, relying_party
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentAdapters, CurrentCall, CurrentPerson, CurrentWork
from printserver.organisations import passkeys
from printserver.organisations.access import Actor
from printserver.organisations.passkeys import LONGEST_NAME, PasskeyView
from printserver.organisations.second_factor import factor_state, make_recovery_codes
from printserver.organisations.sessions import SignedInPerson, forget_shown_factors
from printserver.web.changes import refusal
from printserver.web.passkey_words import PASSKEY_STATES
from printserver.web.view import CurrentView, View

router = edge_router("/passkeys", "pages")

Name = Annotated[str, Form(max_length=LONGEST_NAME)]


@router.get("", response_class=HTMLResponse)
@signed_in(unfinished=True)
def list_passkeys(view: CurrentView, call: CurrentCall) -> HTMLResponse:
    return _page(view, call)


@router.post("/questions")
@signed_in(unfinished=True)
def create_question(
    actor: CurrentActor, person: CurrentPerson, work: CurrentWork, adapters: CurrentAdapters
) -> dict[str, Any]:
    """What the browser asks a new passkey."""
    party = relying_party(adapters.settings)
    return passkeys.registration_options(work, actor, party, adapters.secrets, binding=_binding(person))


@router.post("", response_class=HTMLResponse)
@signed_in(step_up=True, unfinished=True)
def create_passkey(
    view: CurrentView, call: CurrentCall, person: CurrentPerson, answer: AnswerField = "", name: Name = ""
) -> Response:
    """Two officers decide whether the signer believes it, too. A first second factor brings recovery codes."""
    adapters = call.adapters
    attestor = adapters.attestor

    recovery_codes: list[str] = []

    def add(work: Work, actor: Actor) -> None:
        party, binding = relying_party(adapters.settings), _binding(person)
        added = passkeys.add_passkey(work, actor, party, adapters.secrets, binding=binding, answer=answer, name=name)
        decisions.ask_officers(work, actor, attestor, added)
        forget_shown_factors(work, actor.id, but=person.session_id)
        if factor_state(work, actor.id).recovery_codes == 0:
            recovery_codes.extend(make_recovery_codes(work, adapters.secrets, actor))

    problem = refusal(call, add)
    if problem is None and recovery_codes:
        return _page(view, call, recovery_codes=tuple(recovery_codes))
    return _changed(view, call, problem, "passkey-added", name=name)


@router.post("/{passkey_id}/names", response_class=HTMLResponse)
@signed_in()
def rename_passkey(passkey_id: UUID, view: CurrentView, call: CurrentCall, name: Name = "") -> Response:
    problem = refusal(call, lambda work, actor: passkeys.rename_passkey(work, actor, passkey_id, name=name))
    return _changed(view, call, problem, "passkey-renamed")


@router.post("/{passkey_id}/removals", response_class=HTMLResponse)
@signed_in(step_up=True)
def remove_passkey(passkey_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    attestor = call.adapters.attestor
    problem = refusal(call, lambda work, actor: decisions.remove(work, actor, attestor, passkey_id))
    return _changed(view, call, problem, "passkey-removed")


def _binding(person: SignedInPerson) -> str:
    return f"session {person.session_id}"


def _changed(view: View, call: Call, problem: PrintServerError | None, notice: str, *, name: str = "") -> Response:
    return view.go("/passkeys", notice) if problem is None else _page(view, call, problem=problem, name=name)


def _page(
    view: View,
    call: Call,
    *,
    problem: PrintServerError | None = None,
    name: str = "",
    recovery_codes: tuple[str, ...] = (),
) -> HTMLResponse:
    """recovery_codes: told this once."""
    site = view.settings.passkey_site
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        mine = passkeys.passkeys(work, actor, call.adapters.secrets)
        return view.page(
            "passkeys.html",
            status=200 if problem is None else status_of(problem),
            passkeys=mine,
            waits={each.id: _state_of_statement(work, each) for each in mine},
            there=None if site is None else f"{site[1]}/passkeys",
            recovery_codes=recovery_codes,
            problem=problem,
            name=name,
        )


def _state_of_statement(work: Work, passkey: PasskeyView) -> str:
    """How far the officers are; a word of `passkey_state`."""
    if passkey.evidence_since is not None:
        return "vouched"
    state = "" if passkey.statement_id is None else str(statement_facts(work, passkey.statement_id).state)
    return state if state in PASSKEY_STATES else "signing-in"
