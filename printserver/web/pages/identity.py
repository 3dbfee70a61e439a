"""Proofs of identity: mine, and of the people and companies that I look after; handed in, looked at, checked again."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Annotated, Final
from uuid import UUID

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires, signed_in
from printserver.http_edge.identity_desk import hand_in, shown_evidence, shown_number
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations import identity_proof_policy, identity_proof_secrets
from printserver.organisations.access import Actor
from printserver.organisations.identity_proof import (
    BY_A_SECOND_PERSON,
    OF_PERSONS,
    TRANSITIONS,
    Document,
    Method,
    ProofAction,
    ProofState,
)
from printserver.organisations.identity_proof_queries import (
    ProofFacts,
    evidence_of,
    list_proofs,
    proof_facts,
    proof_steps,
)
from printserver.organisations.identity_proof_steps import BY_PEOPLE, take_proof_step
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import covers_organisation, names
from printserver.organisations.stewards import concerned_branch, concerned_person, is_one_of, is_steward
from printserver.rendering.page_images import page_image
from printserver.web.changes import SHOWN_BESIDE, refusal
from printserver.web.identity_forms import TypedPolicy, TypedProof, TypedProofStep
from printserver.web.view import CurrentView, View

router = edge_router("/identity", "pages")

PAGE: Final = 50
EVIDENCE_DPI: Final = 110


@router.get("", response_class=HTMLResponse)
@signed_in()
def show_proofs(
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    text: Annotated[str, Query(max_length=100)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    before: UUID | None = None,
) -> HTMLResponse:
    wanted = ProofState(state) if state in set(ProofState) else None
    found = list_proofs(work, actor, text=text, state=wanted, before=before, limit=PAGE)
    return view.page(
        "identity.html",
        proofs=found,
        text=text,
        state=wanted,
        states=list(ProofState),
        steward=is_steward(actor),
        next=found[-1].id if len(found) == PAGE else None,
    )


@router.get("/new", response_class=HTMLResponse)
@signed_in()
def show_form(
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    person_id: UUID | None = None,
    branch_id: UUID | None = None,
) -> HTMLResponse:
    """Mine, unless somebody or a company is named."""
    whose = f"branch:{branch_id}" if branch_id else f"person:{person_id or actor.person_id}"
    return _form_page(view, work, actor, TypedProof(whose=whose))


@router.post("", response_class=HTMLResponse)
@signed_in(lane=Lane.DRAWING)
def create_proof(view: CurrentView, call: CurrentCall, typed: Annotated[TypedProof, Form()]) -> Response:
    try:
        proof_id = hand_in(call, typed.checked(), typed.files)
    except SHOWN_BESIDE as problem:
        with call.adapters.database.reading() as work:
            return _form_page(view, work, call.caller_in(work).actor, typed, problem)
    return view.go(f"/identity/{proof_id}", "identity-handed-in")


@router.get("/policy", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE)
def show_policy(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _policy_page(view, work, actor)


@router.post("/policy", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def write_policy(view: CurrentView, call: CurrentCall, typed: Annotated[TypedPolicy, Form()]) -> Response:
    def act(work: Work, actor: Actor) -> None:
        identity_proof_policy.set_policy(work, actor, typed.checked())

    problem = refusal(call, act)
    if problem is None:
        return view.go("/identity/policy", "identity-policy-kept")
    with call.adapters.database.reading() as work:
        return _policy_page(view, work, call.caller_in(work).actor, problem)


@router.get("/{proof_id}", response_class=HTMLResponse)
@signed_in()
def show_proof(proof_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _proof_page(view, work, actor, proof_id)


@router.post("/{proof_id}/steps", response_class=HTMLResponse)
@signed_in(step_up=True)
def create_step(
    proof_id: UUID, view: CurrentView, call: CurrentCall, typed: Annotated[TypedProofStep, Form()]
) -> Response:
    def act(work: Work, actor: Actor) -> None:
        take_proof_step(work, actor, proof_id, typed.checked())

    return _done(view, call, proof_id, act, "identity-step-taken")


@router.post("/{proof_id}/number", response_class=HTMLResponse)
@signed_in(step_up=True, told_once=True)
def show_number(proof_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    """On record."""
    number = shown_number(call, proof_id)
    with call.adapters.database.reading() as work:
        return _proof_page(view, work, call.caller_in(work).actor, proof_id, number=number)


@router.post("/{proof_id}/evidence/{evidence_id}", response_class=HTMLResponse)
@signed_in(step_up=True, told_once=True, lane=Lane.DRAWING)
def show_evidence(proof_id: UUID, evidence_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    """On record; as pictures inside the page, so that nothing is left on the device."""
    pdf = shown_evidence(call, proof_id, evidence_id)
    with call.adapters.database.reading() as work:
        proof = proof_facts(work, call.caller_in(work).actor, proof_id)
        (file,) = [each for each in evidence_of(work, proof_id) if each.id == evidence_id]
    pictures = [
        base64.b64encode(page_image(pdf, page, dpi=EVIDENCE_DPI)).decode("ascii") for page in range(1, file.pages + 1)
    ]
    return view.page("identity_evidence.html", proof=proof, file=file, pictures=pictures)


@router.post("/{proof_id}/erasure-wishes", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def ask_erasure(proof_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    return _done(
        view,
        call,
        proof_id,
        lambda work, actor: identity_proof_secrets.ask_erasure(work, actor, proof_id),
        "identity-erasure-asked",
    )


@router.post("/{proof_id}/erasure-wishes/endings", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE)
def drop_erasure(proof_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    return _done(
        view,
        call,
        proof_id,
        lambda work, actor: identity_proof_secrets.drop_erasure(work, actor, proof_id),
        "identity-step-taken",
    )


@router.post("/{proof_id}/erasures", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def erase(proof_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    return _done(
        view,
        call,
        proof_id,
        lambda work, actor: identity_proof_secrets.erase(work, actor, proof_id),
        "identity-erased",
    )


def _done(view: View, call: Call, proof_id: UUID, act: Callable[[Work, Actor], None], notice: str) -> Response:
    problem = refusal(call, act)
    if problem is None:
        return view.go(f"/identity/{proof_id}", notice)
    with call.adapters.database.reading() as work:
        return _proof_page(view, work, call.caller_in(work).actor, proof_id, problem=problem)


def _proof_page(
    view: View,
    work: Work,
    actor: Actor,
    proof_id: UUID,
    *,
    problem: PrintServerError | None = None,
    number: str = "",
) -> HTMLResponse:
    proof, history = proof_facts(work, actor, proof_id), proof_steps(work, proof_id)
    people = {proof.submitted_by} | {step.person_id for step in history if step.person_id}
    people |= {each for each in (proof.checked_by, proof.erasure_asked_by) if each}
    erasable_from = identity_proof_secrets.erasable_from(work, proof_id)
    return view.page(
        "identity_proof.html",
        status=200 if problem is None else status_of(problem),
        proof=proof,
        evidence=evidence_of(work, proof_id),
        history=history,
        names=names(work, people),
        actions=_actions(work, actor, proof),
        methods=list(Method),
        number=number,
        may_erase=identity_proof_secrets.may_erase(work, actor, proof_id),
        erasable_from=erasable_from,
        over=erasable_from is not None and erasable_from <= work.now(),
        asked_by_me=is_one_of(work, actor, proof.erasure_asked_by),
        problem=problem,
    )


def _actions(work: Work, actor: Actor, proof: ProofFacts) -> list[ProofAction]:
    """What this person may do with it now: whose it is, withdraw; who handed it in, all but check it."""
    possible = [action for action in BY_PEOPLE if (proof.state, action) in TRANSITIONS]
    if is_one_of(work, actor, proof.person_id):
        return [action for action in possible if action is ProofAction.WITHDRAW]
    checks = not is_one_of(work, actor, proof.submitted_by)
    return [action for action in possible if checks or action not in BY_A_SECOND_PERSON]


def _form_page(
    view: View, work: Work, actor: Actor, typed: TypedProof, problem: PrintServerError | None = None
) -> HTMLResponse:
    of_company = typed.whose.startswith("branch:")
    return view.page(
        "identity_new.html",
        status=200 if problem is None else status_of(problem),
        typed=typed,
        of_company=of_company,
        subject=_subject(work, actor, typed.whose),
        documents=[each.value for each in ((Document.BUSINESS_LICENCE,) if of_company else OF_PERSONS)],
        problem=problem,
    )


def _subject(work: Work, actor: Actor, whose: str) -> str:
    """The name of whom it is about.   Raises: PersonNotFound, BranchNotFound."""
    kind, _, named = whose.partition(":")
    try:
        wanted = UUID(named)
    except ValueError:
        return actor.name
    found = concerned_branch(work, actor, wanted) if kind == "branch" else concerned_person(work, actor, wanted)
    return found.name


def _policy_page(view: View, work: Work, actor: Actor, problem: PrintServerError | None = None) -> HTMLResponse:
    return view.page(
        "identity_policy.html",
        status=200 if problem is None else status_of(problem),
        policy=identity_proof_policy.policy_of(work, actor.organisation_id),
        may_change=covers_organisation(work, actor, Permission.MANAGE_PEOPLE),
        problem=problem,
    )
