"""Sign in with a passkey alone; and what passkeys are asked as a second factor. Their answers go where codes go."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.http_edge.declarations import public, signed_in
from printserver.http_edge.passkeys import AnswerField, PasskeyDoor, relying_party
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.credentials import SignInRefused, candidate_of
from printserver.organisations.passkeys import PasskeyNotFound, factor_question, sign_in_question
from printserver.web.pages.session import NextField, begin_session, first_page, signed_in_response
from printserver.web.view import CurrentView

router = edge_router("", "pages")

Pending = Annotated[str, Form(max_length=200)]


@router.post("/sign-in/passkey-questions")
@public("the browser asks the passkey of whoever comes in; it says nothing about anybody")
def create_sign_in_question(call: CurrentCall) -> dict[str, Any]:
    party = relying_party(call.adapters.settings)
    with call.adapters.database.reading() as work:
        return sign_in_question(work, party, call.adapters.secrets)


@router.post("/sign-in/passkeys", response_class=HTMLResponse)
@public("this is how people with a passkey come in; attempts are limited by address")
def create_session(view: CurrentView, call: CurrentCall, answer: AnswerField = "", next: NextField = "/") -> Response:
    """Two factors at once: the device, and what unlocks it."""
    door = PasskeyDoor(call.adapters, call.edge.limits, call.visitor)
    try:
        opened = door.sign_in(answer=answer, then=begin_session(view, call))
    except SignInRefused as problem:
        return first_page(view, "", next, problem)
    return signed_in_response(view, call, opened, next)


@router.post("/sign-in/code/passkey-questions")
@public("the second step of coming in, for who has given the right password")
def create_second_question(call: CurrentCall, pending: Pending = "") -> dict[str, Any]:
    secrets = call.adapters.secrets
    with call.adapters.database.reading() as work:
        candidate = candidate_of(work, secrets, pending, origin=call.visitor.origin)
        return _found(factor_question(work, secrets, candidate.actor.id))


@router.post("/step-up/passkey-questions")
@signed_in(unfinished=True)
def create_step_up_question(actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> dict[str, Any]:
    return _found(factor_question(work, adapters.secrets, actor.id))


def _found(question: dict[str, Any] | None) -> dict[str, Any]:
    if question is None:
        raise PasskeyNotFound("you have no passkey")
    return question
