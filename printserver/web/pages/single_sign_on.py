"""Sign in by the company's own single sign-on."""

from __future__ import annotations

from typing import Final

from fastapi.responses import HTMLResponse, Response

from printserver.audit.log import By, append
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import public
from printserver.http_edge.limits import SIGN_IN
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentCall
from printserver.organisations.credentials import Candidate, pending_sign_in
from printserver.organisations.oidc import LIFETIME, Proved, SingleSignOnRefused
from printserver.organisations.oidc_provider import SingleSignOnUnavailable
from printserver.organisations.other_ways_in import sign_in_by_single_sign_on
from printserver.organisations.sign_in_events import SingleSignOnFailed
from printserver.organisations.sign_in_policy import FactorKind
from printserver.web.pages.session import Next, Opened, begin_session, first_page, second_page, signed_in_response
from printserver.web.view import CurrentView, View, own_path

router = edge_router("/sign-in/single-sign-on", "pages")

COOKIE: Final = "printserver-sso"


@router.get("", response_class=HTMLResponse)
@public("the way to the company's single sign-on")
def begin(view: CurrentView, call: CurrentCall, next: Next = "/") -> Response:
    try:
        begun = call.adapters.single_sign_on.begin(call.adapters.database.clock.now(), next=own_path(next))
    except SingleSignOnUnavailable as problem:
        return first_page(view, "", next, problem)
    response = view.go(begun.url)
    secure = view.settings.public_url.startswith("https://")
    # Lax, because the provider sends the browser back from another site.
    response.set_cookie(
        _cookie_name(view),
        begun.kept,
        max_age=int(LIFETIME.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/answer", response_class=HTMLResponse)
@public("the way back from the company's single sign-on; attempts are limited by address")
def finish(view: CurrentView, call: CurrentCall) -> Response:
    """The first factor. Who has a second one here is asked for it, unless the provider has seen one that counts for
    somebody who cannot help to seal."""
    call.edge.limits.require_room(SIGN_IN, call.visitor.address)
    kept = view.request.cookies.get(_cookie_name(view), "")
    try:
        proved = call.adapters.single_sign_on.finish(
            call.adapters.database.clock.now(), kept=kept, answer=dict(view.request.query_params)
        )
        response = _go_on(view, call, proved)
    except SingleSignOnRefused as problem:
        response = _refused(view, call, problem, problem)
    except SingleSignOnUnavailable as problem:
        response = first_page(view, "", "/", problem)
    response.delete_cookie(_cookie_name(view), path="/")
    return response


def _go_on(view: View, call: Call, proved: Proved) -> Response:
    with call.adapters.database.work() as work:
        found = sign_in_by_single_sign_on(work, call.adapters.secrets, proved, origin=call.visitor.origin)
        opened = None if found.factors else _opened(view, call, work, found)
        pending = pending_sign_in(work, call.adapters.secrets, found) if found.factors else ""
    if opened is None:
        return second_page(view, call, pending, proved.next, None)
    return signed_in_response(view, call, opened, proved.next)


def _opened(view: View, call: Call, work: Work, found: Candidate) -> Opened:
    """Whatever asks for a step-up asks for our own factor."""
    return begin_session(view, call, shown=False)(work, found.actor, FactorKind.SINGLE_SIGN_ON)


def _refused(view: View, call: Call, refusal: SingleSignOnRefused, problem: PrintServerError) -> Response:
    call.edge.limits.count_failure(SIGN_IN, call.visitor.address)
    with call.adapters.database.work() as work:
        by = By(process="web", address=call.visitor.address, device=call.visitor.device)
        append(work, by, SingleSignOnFailed(why=refusal.why, claimed=refusal.claimed))
    return first_page(view, "", "/", problem)


def _cookie_name(view: View) -> str:
    return f"__Host-{COOKIE}" if view.settings.public_url.startswith("https://") else COOKIE
