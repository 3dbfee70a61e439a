"""Who is let in to an endpoint: known, permitted, nothing owed, sent by our own page, and shown again where asked for.

All of it comes before the body is read for anything else, so that strangers learn nothing and cost little.
"""

from __future__ import annotations

from functools import partial

from anyio import to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from printserver.approvals.device_policy import approver_evidence
from printserver.approvals.flows import PASSKEY
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.actors import Caller, Credential, Visitor, carry_session, credential_of, identify, visitor_of
from printserver.http_edge.csrf import FIELD, SAFE_METHODS, form_of, refuse_cross_site, require_own_page
from printserver.http_edge.declarations import Declaration, Lane
from printserver.http_edge.edge import Edge, edge_of
from printserver.http_edge.lanes import limiter_of
from printserver.http_edge.sign_in import Door
from printserver.http_edge.step_up import (
    CODE_FIELD,
    FIELDS,
    PASSWORD_FIELD,
    KeptForm,
    Shows,
    StepUpNeeded,
    has_stepped_up,
)
from printserver.http_edge.work import Call, key_of, request_digest
from printserver.organisations.second_factor import factors_of
from printserver.organisations.sessions import SEEN_EVERY, NewSession, SignedInPerson, mark_seen, show_factor
from printserver.organisations.sign_in_policy import FactorKind, obligation_error


async def admit(request: Request, declaration: Declaration) -> Call:
    """Raises: Unauthenticated, Forbidden and its kinds: CrossSite, CsrfTokenMissing, StepUpNeeded and others."""
    edge = edge_of(request)
    settings, unsafe = edge.adapters.settings, request.method not in SAFE_METHODS
    visitor = visitor_of(request, settings)
    credential, caller = None, None
    if declaration.public is None:
        credential = credential_of(request, settings)
        caller = await run_in_threadpool(_identified, edge, declaration, credential, visitor)
        request.state.person_id = str(caller.actor.id)
        if unsafe and caller.person is not None:
            await require_own_page(request, settings, caller.person.csrf_token)
        await _note_activity(request, edge, caller)
        # Pages that ask for it are made for this caller.
        request.state.call = Call(edge, declaration, visitor, credential, caller, request.method)
        if declaration.step_up:
            device = declaration.enrolled_device and await run_in_threadpool(_takes_a_device, edge, caller)
            credential, caller = await _shown_again(request, edge, visitor, credential, caller, by_passkey=device)
    elif unsafe:
        refuse_cross_site(request, settings)
    key = key_of(request)
    digest = await request_digest(request) if key is not None else ""
    return Call(edge, declaration, visitor, credential, caller, request.method, key, digest)


def _identified(edge: Edge, declaration: Declaration, credential: Credential | None, visitor: Visitor) -> Caller:
    with edge.adapters.database.reading() as work:
        caller = identify(work, edge.adapters, credential, visitor)
    declaration.check(caller.actor)
    if caller.obligation is not None and not declaration.unfinished:
        raise obligation_error(caller.obligation)
    return caller


async def _note_activity(request: Request, edge: Edge, caller: Caller) -> None:
    """What a page asks for by itself is no sign of a person: only what a person sends or opens is."""
    person = caller.person
    by_itself = request.method in SAFE_METHODS and request.headers.get("sec-fetch-dest") == "empty"
    if person is None or (by_itself and "hx-request" not in request.headers):
        return
    now = edge.adapters.database.clock.now()
    if person.last_seen_at is None or now - person.last_seen_at >= SEEN_EVERY:
        await run_in_threadpool(_seen, edge, person)


def _seen(edge: Edge, person: SignedInPerson) -> None:
    with edge.adapters.database.work() as work:
        mark_seen(work, person)


async def _shown_again(
    request: Request,
    edge: Edge,
    visitor: Visitor,
    credential: Credential | None,
    caller: Caller,
    *,
    by_passkey: bool,
) -> tuple[Credential | None, Caller]:
    """The caller as before, or under a new cookie when the form brought a password or code along.

    by_passkey: nothing else will do.   Raises: StepUpNeeded, StepUpRefused, TooMany.
    """
    if has_stepped_up(request, edge.adapters, caller, by_passkey=by_passkey):
        return credential, caller
    person, form, typed = caller.person, await form_of(request), {}
    if person is not None and form is not None:
        request.state.kept_form = KeptForm.of(form, without=FIELDS | {FIELD})
        typed = {name: value for name in FIELDS if isinstance(value := form.get(name), str) and value}
    if person is None or not typed:
        raise StepUpNeeded("passkey" if by_passkey else await run_in_threadpool(_what_is_shown, edge, caller))
    door = Door(edge.adapters, edge.limits, visitor)
    password, code = typed.get(PASSWORD_FIELD, ""), typed.get(CODE_FIELD, "")
    show = partial(show_again, door, person, password=password, code=code, by_passkey=by_passkey)
    session = await to_thread.run_sync(show, limiter=limiter_of(Lane.PASSWORDS))
    carry_session(request, edge.adapters.settings, session)
    return Credential("session", session.secret), caller


def _what_is_shown(edge: Edge, caller: Caller) -> Shows:
    with edge.adapters.database.reading() as work:
        return "second-factor" if factors_of(work, caller.actor.id) else "password"


def _takes_a_device(edge: Edge, caller: Caller) -> bool:
    with edge.adapters.database.reading() as work:
        return approver_evidence(work, caller.actor.organisation_id) == PASSKEY


def show_again(door: Door, person: SignedInPerson, *, password: str, code: str, by_passkey: bool = False) -> NewSession:
    """The session under its new cookie.   Raises: TooMany, StepUpRefused, StepUpNeeded for anything but a passkey."""
    secrets = door.adapters.secrets

    def show(work: Work, factor: FactorKind) -> NewSession:
        if by_passkey and factor is not FactorKind.PASSKEY:
            raise StepUpNeeded("passkey")
        return show_factor(work, secrets, person, factor)

    return door.show_again(person.actor, password=password, code=code, then=show)
