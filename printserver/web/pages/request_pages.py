"""One request's page: everything that is known of it, and what whoever looks may do."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final
from uuid import UUID

from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.problems import status_of
from printserver.http_edge.work import Call
from printserver.organisations.access import Actor
from printserver.organisations.colleagues import Colleague, colleagues
from printserver.organisations.permissions import Permission
from printserver.print_requests import queries
from printserver.print_requests.as_approved import require_as_approved
from printserver.print_requests.binding import approved_manifest
from printserver.print_requests.document_findings import findings_of_request
from printserver.print_requests.money import in_capitals
from printserver.print_requests.queries import RequestDetails
from printserver.print_requests.release import ReleaseCodeNeeded
from printserver.print_requests.service import ENDED, WAITS_FOR_PEOPLE
from printserver.print_requests.states import (
    REQUEST_TRANSITIONS,
    CopyState,
    RequestAction,
    RequestState,
)
from printserver.print_requests.watched import copies_drawn, sides_reported
from printserver.printing.status import statuses
from printserver.returns.papers import returned_papers
from printserver.storage.objects import Objects
from printserver.verification.public_view import marks_of
from printserver.web.passkey_choice import passkey_choice
from printserver.web.view import View

UNDER_WAY: Final = frozenset({CopyState.RELEASED, CopyState.SENT, CopyState.AUTHORISED})
_STEPS: Final = {RequestState.PENDING_CUSTODY: "custody", RequestState.PHYSICAL_SEAL: "by-hand"}


def decided(
    view: View, call: Call, request_id: UUID, problem: PrintServerError | None, notice: str, reason: str
) -> Response:
    """To the page anew, or the page with what was refused."""
    if problem is None:
        return view.go(f"/requests/{request_id}", notice)
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        objects = call.adapters.objects
        return request_page(view, work, actor, objects, request_id, problem=problem, reason=reason)


def request_page(
    view: View,
    work: Work,
    actor: Actor,
    objects: Objects,
    request_id: UUID,
    *,
    copy: int = 1,
    problem: PrintServerError | None = None,
    reason: str = "",
) -> HTMLResponse:
    """Raises: NotFound; RowsDiffer rather than show what nobody signs."""
    details = queries.request_details(work, actor, request_id)
    require_as_approved(work, objects, request_id)
    more, mine = details.particulars, details.summary.applicant_id == actor.id
    printer_id = details.summary.printer_id
    step = _step(work, actor, details)
    return view.page(
        "request.html",
        status=200 if problem is None else status_of(problem),
        request=details,
        more=more,
        found=findings_of_request(work, request_id),
        **_approved(work, objects, details),
        capitals="" if more.amount is None else in_capitals(more.amount),
        copy_number=_shown(details, copy),
        under_way=_under_way(details),
        step=step,
        passkey=passkey_choice(work, actor, view.secrets, details.seals) if step else None,
        colleagues=_colleagues(work, actor, details) if step == "approval" else (),
        may_release=details.may_release,
        may_code=details.may_release or mine,
        counts=Counter(copy.state for copy in details.copies),
        drawn=copies_drawn(work).get(request_id, 0),
        sides=sides_reported(work),
        printer_status=statuses(work, [printer_id]).get(printer_id),
        papers=returned_papers(work, actor, request_id),
        needs_code=isinstance(details.obstacle, ReleaseCodeNeeded),
        may_withdraw=_may(actor, details, RequestAction.WITHDRAW),
        may_recall=_may(actor, details, RequestAction.RECALL),
        may_urge=mine and details.summary.state in WAITS_FOR_PEOPLE,
        may_begin_again=mine and details.summary.state in ENDED and more.later_id is None,
        problem=problem,
        reason=reason,
    )


def _approved(work: Work, objects: Objects, details: RequestDetails) -> dict[str, Any]:
    """As the manifest says: the marks against copying that the paper must show, and how much of it strangers see."""
    if details.manifest_sha256 is None:
        return {"marks": (), "public_view": ""}
    manifest = approved_manifest(work, objects, details.summary.id)
    marks = marks_of(manifest, on_paper=True) or marks_of(manifest, on_paper=False)
    return {"marks": marks, "public_view": manifest.get("public_view", "")}


def _shown(details: RequestDetails, number: int) -> int:
    """The number of the copy whose pages are shown: the one that was asked for, else the first."""
    numbers = [copy.number for copy in details.copies]
    return number if number in numbers else next(iter(numbers), number)


def _may(actor: Actor, details: RequestDetails, action: RequestAction) -> bool:
    mine = details.summary.applicant_id == actor.id and actor.may(Permission.CREATE_REQUEST)
    return mine and (details.summary.state, action) in REQUEST_TRANSITIONS


def _under_way(details: RequestDetails) -> bool:
    """Whether something changes by itself."""
    moving = details.summary.state in (RequestState.RENDERING, RequestState.APPROVED)
    return moving or any(copy.state in UNDER_WAY for copy in details.copies)


def _step(work: Work, actor: Actor, details: RequestDetails) -> str:
    """The step that this person may take now: `approval`, `custody`, `by-hand`, or none."""
    if not queries.is_waiting_for(work, actor, details.summary.id):
        return ""
    return _STEPS.get(details.summary.state, "approval")


def _colleagues(work: Work, actor: Actor, details: RequestDetails) -> tuple[Colleague, ...]:
    """Who could be asked to agree as well, or to decide instead."""
    found = colleagues(work, actor.organisation_id, Permission.APPROVE_REQUEST)
    gone = {actor.person_id, details.summary.applicant_id, *(one.person_id for one in details.decisions)}
    return tuple(each for each in found if each.id not in gone)
