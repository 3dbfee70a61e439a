"""Signings by hand on a telephone: a page that, once open, keeps what is recorded until there is a network again.

Without scripts the same form records one signing at once. What waits for a second person stands below it.
"""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import PrintServerError
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests.queries import copies, copy_facts
from printserver.print_requests.states import CopyState
from printserver.returns.signing_records import record_signing, unconfirmed
from printserver.returns.signing_rules import IdentityCheck
from printserver.web.changes import refusal
from printserver.web.paper_forms import TypedSigning, shown_moment
from printserver.web.view import CurrentView, View

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


def _page(
    view: View, work: Work, actor: Actor, typed: TypedSigning, problem: PrintServerError | None = None
) -> HTMLResponse:
    waiting = unconfirmed(work, actor)
    return view.page(
        "signing_capture.html",
        status=200 if problem is None else status_of(problem),
        copies=copies(work, actor, states=[CopyState.PRINTED], limit=CHOICE),
        waiting=[(record, copy_facts(work, record.copy_id)) for record in waiting],
        signing=typed,
        checks=list(IdentityCheck),
        account=actor.id,
        problem=problem,
    )
