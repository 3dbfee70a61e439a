"""Signings by hand on a telephone: a page that also opens without a network, and keeps what is recorded until then.

A service worker, whose reach is this page alone, keeps the form as it was last seen; what is recorded is sealed for
this server. Without scripts the same form records one signing at once. What waits for a second person stands below it.
"""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Form
from fastapi.responses import HTMLResponse, JSONResponse, Response

from printserver.foundation.errors import Forbidden, NotFound, PrintServerError
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import public, requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests.queries import CopyFacts, copies, copy_facts
from printserver.print_requests.states import CopyState
from printserver.returns.signing_records import record_signing, unconfirmed
from printserver.returns.signing_rules import IdentityCheck
from printserver.web.changes import SHOWN_BESIDE, refusal
from printserver.web.offline_signing import BUILD_HEADER, SCOPE, WORKER_POLICY, build, worker_script
from printserver.web.paper_forms import TypedSigning, shown_moment
from printserver.web.sealed_captures import SealedCapture, opened, sealing_key
from printserver.web.view import CurrentView, View, explained

router = edge_router("/signing-records", "pages")

CHOICE: Final = 200
"""The newest printed copies: what may be signed on the way."""


@router.get("", response_class=HTMLResponse)
@requires(Permission.HAND_IN_RETURNS)
def show_capture(
    view: CurrentView, actor: CurrentActor, work: CurrentWork, copy_id: UUID | None = None
) -> HTMLResponse:
    """copy_id: chosen already."""
    now = shown_moment(work.now(), ZoneInfo(view.settings.time_zone))
    typed = TypedSigning(key=str(new_id()), signed_at=now, copy_id="" if copy_id is None else str(copy_id))
    return _page(view, work, actor, typed)


@router.post("", response_class=HTMLResponse)
@requires(Permission.HAND_IN_RETURNS)
def create_capture(view: CurrentView, call: CurrentCall, typed: Annotated[TypedSigning, Form()]) -> Response:
    zone = ZoneInfo(view.settings.time_zone)
    problem = refusal(call, lambda work, actor: record_signing(work, actor, typed.checked(typed.chosen, zone)))
    if problem is None:
        return view.go("/signing-records", "signing-recorded")
    with call.adapters.database.reading() as work:
        return _page(view, work, call.caller_in(work).actor, typed, problem)


@router.get("/offline", response_class=HTMLResponse)
@requires(Permission.HAND_IN_RETURNS)
def show_offline_capture(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    """The form alone, as the telephone keeps it: without a session's token, a menu, or what waits for anybody."""
    response = view.page(
        "signing_offline.html",
        copies=_choice(work, actor),
        signing=TypedSigning(),
        checks=list(IdentityCheck),
        account=actor.id,
        sealing_key=sealing_key(view.secrets, actor.id),
    )
    response.headers[BUILD_HEADER] = build()
    return response


@router.get("/worker.js", response_class=Response)
@public("the script is the same for everybody, and keeps nothing for who is not signed in")
def read_worker() -> Response:
    headers = {"Service-Worker-Allowed": SCOPE, "Content-Security-Policy": WORKER_POLICY}
    return Response(worker_script(), media_type="text/javascript; charset=utf-8", headers=headers)


@router.post("/captures", response_class=JSONResponse)
@requires(Permission.HAND_IN_RETURNS)
def create_sealed_capture(view: CurrentView, call: CurrentCall, body: Annotated[SealedCapture, Form()]) -> Response:
    """What a telephone kept, sent as often as it likes: recorded once. A refusal is said in the person's language."""

    def record(work: Work, actor: Actor) -> None:
        record_signing(work, actor, opened(view.secrets, actor.id, body))

    problem = refusal(call, record, beside=(*SHOWN_BESIDE, NotFound, Forbidden))
    if problem is None:
        return JSONResponse({"problem": ""}, 201)
    return JSONResponse({"problem": explained(view.language, problem)}, status_of(problem))


def _choice(work: Work, actor: Actor) -> tuple[CopyFacts, ...]:
    return copies(work, actor, states=[CopyState.PRINTED], limit=CHOICE)


def _page(
    view: View, work: Work, actor: Actor, typed: TypedSigning, problem: PrintServerError | None = None
) -> HTMLResponse:
    waiting = unconfirmed(work, actor)
    return view.page(
        "signing_capture.html",
        status=200 if problem is None else status_of(problem),
        copies=_choice(work, actor),
        waiting=[(record, copy_facts(work, record.copy_id)) for record in waiting],
        signing=typed,
        checks=list(IdentityCheck),
        account=actor.id,
        sealing_key=sealing_key(view.secrets, actor.id),
        problem=problem,
    )
