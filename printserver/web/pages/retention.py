"""How long records are kept, legal holds and disposals: what waits for a second person comes first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Annotated, Final
from uuid import UUID

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.approvals.retention_periods import YEARS_KEPT
from printserver.archive import disposal, hold_queries, holds, retention_changes, retention_queries
from printserver.archive.search_fields import ArchiveSearch
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.edge import edge_of
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.branch_paths import branches_of
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import BranchFacts
from printserver.signing.key_list import KeyList
from printserver.web.changes import refusal
from printserver.web.view import CurrentView, View

router = edge_router("/retention", "pages")

Reason = Annotated[str, Form(max_length=500)]
Short = Annotated[str, Form(max_length=100)]
Words = Annotated[str, Form(max_length=500)]

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
"""Typed so far, where nothing was refused."""


@router.get("", response_class=HTMLResponse)
@requires(Permission.READ_ARCHIVE)
def show_overview(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _overview(view, work, actor)


@router.get("/records/{record_id}", response_class=HTMLResponse)
@requires(Permission.READ_ARCHIVE)
def show_record(record_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _record(view, work, actor, record_id)


@router.post("/records/{record_id}/changes", response_class=HTMLResponse)
@requires(Permission.MANAGE_RETENTION)
def create_change(
    record_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    retention_class: Short = "",
    contract_end: Annotated[str, Form(max_length=10)] = "",
    reason: Reason = "",
) -> Response:
    """Longer is in force at once; shorter waits for a second person."""

    def body(work: Work, actor: Actor) -> object:
        end = _day(contract_end)
        return retention_changes.change_retention(work, actor, record_id, retention_class, end, reason=reason)

    typed = {"retention_class": retention_class, "contract_end": contract_end, "reason": reason}
    return _after_record(view, call, record_id, refusal(call, body), "retention-asked", typed)


@router.post("/records/{record_id}/holds", response_class=HTMLResponse)
@requires(Permission.MANAGE_RETENTION)
def create_record_hold(
    record_id: UUID, view: CurrentView, call: CurrentCall, matter: Short = "", reason: Reason = ""
) -> Response:
    problem = refusal(call, lambda work, actor: holds.hold_record(work, actor, record_id, matter=matter, reason=reason))
    return _after_record(view, call, record_id, problem, "hold-set", {"matter": matter, "hold_reason": reason})


@router.post("/changes/{change_id}/confirmations", response_class=HTMLResponse)
@requires(Permission.CONFIRM_RETENTION, step_up=True)
def confirm_change(change_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    problem = refusal(call, lambda work, actor: retention_changes.confirm_change(work, actor, change_id))
    return _after(view, call, problem, "retention-confirmed")


@router.post("/changes/{change_id}/refusals", response_class=HTMLResponse)
@requires(Permission.CONFIRM_RETENTION, Permission.MANAGE_RETENTION)
def refuse_change(change_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    problem = refusal(call, lambda work, actor: retention_changes.refuse_change(work, actor, change_id, reason=reason))
    return _after(view, call, problem, "retention-refused")


@router.post("/holds", response_class=HTMLResponse)
@requires(Permission.MANAGE_RETENTION)
def create_hold(
    view: CurrentView,
    call: CurrentCall,
    branch: Annotated[str, Form(max_length=40)] = "",
    text: Words = "",
    party: Words = "",
    matter: Short = "",
    reason: Reason = "",
) -> Response:
    """What the words find at the branch and below; without words all that is and will be archived there."""

    def body(work: Work, actor: Actor) -> UUID:
        branch_id, search = _branch(branch), ArchiveSearch(text=text.strip(), party=party.strip())
        if search == ArchiveSearch():
            return holds.hold_branch(work, actor, branch_id, matter=matter, reason=reason)
        said = " · ".join(each for each in (search.text, search.party) if each)
        return holds.hold_search(work, actor, branch_id, search, said=said, matter=matter, reason=reason)

    typed = {"branch": branch, "text": text, "party": party, "matter": matter, "reason": reason}
    return _after(view, call, refusal(call, body), "hold-set", typed)


@router.get("/holds/{hold_id}", response_class=HTMLResponse)
@requires(Permission.READ_ARCHIVE)
def show_hold(hold_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _hold(view, work, actor, hold_id)


@router.post("/holds/{hold_id}/confirmations", response_class=HTMLResponse)
@requires(Permission.CONFIRM_RETENTION)
def confirm_hold(hold_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    problem = refusal(call, lambda work, actor: holds.confirm_hold(work, actor, hold_id))
    return _after_hold(view, call, hold_id, problem, "hold-confirmed")


@router.post("/holds/{hold_id}/lift-requests", response_class=HTMLResponse)
@requires(Permission.MANAGE_RETENTION)
def create_lift_request(hold_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    attestor, keys = call.adapters.attestor, call.adapters.load_key_list
    problem = refusal(call, lambda work, actor: holds.ask_to_lift(work, actor, attestor, hold_id, keys, reason=reason))
    return _after_hold(view, call, hold_id, problem, "hold-lift-asked")


@router.post("/holds/{hold_id}/liftings", response_class=HTMLResponse)
@requires(Permission.CONFIRM_RETENTION, step_up=True)
def lift_hold(hold_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    attestor = call.adapters.attestor
    problem = refusal(call, lambda work, actor: holds.lift_hold(work, actor, attestor, hold_id))
    return _after_hold(view, call, hold_id, problem, "hold-lifted")


@router.post("/holds/{hold_id}/keepings", response_class=HTMLResponse)
@requires(Permission.CONFIRM_RETENTION)
def keep_hold(hold_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    problem = refusal(call, lambda work, actor: holds.keep_hold(work, actor, hold_id, reason=reason))
    return _after_hold(view, call, hold_id, problem, "hold-kept")


@router.get("/disposals/new", response_class=HTMLResponse)
@requires(Permission.MANAGE_RETENTION, Permission.CONFIRM_RETENTION)
def show_preview(
    view: CurrentView, actor: CurrentActor, work: CurrentWork, branch: Annotated[UUID | None, Query()] = None
) -> HTMLResponse:
    """branch: the own one without it."""
    return _preview(view, work, actor, branch or actor.branch_id)


@router.post("/disposals", response_class=HTMLResponse)
@requires(Permission.MANAGE_RETENTION, step_up=True)
def create_disposal(
    view: CurrentView,
    call: CurrentCall,
    branch: Annotated[str, Form(max_length=40)] = "",
    listed: Annotated[list[UUID] | None, Form(max_length=disposal.MOST_LISTED)] = None,
    reason: Reason = "",
) -> Response:
    """listed: the records that are ticked."""
    made: list[UUID] = []

    def body(work: Work, actor: Actor) -> None:
        branch_id, ticked = _branch(branch), set(listed or ())
        shown = disposal.preview_disposal(work, actor, branch_id).due
        leave_out = [each.listed.record_id for each in shown if each.listed.record_id not in ticked]
        attestor = call.adapters.attestor
        made.append(disposal.propose_disposal(work, actor, attestor, branch_id, reason=reason, leave_out=leave_out))

    problem = refusal(call, body)
    if problem is None:
        return view.go(f"/retention/disposals/{made[-1]}", "disposal-proposed")
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        return _preview(view, work, actor, _branch_or(branch, actor.branch_id), problem, listed or (), reason)


@router.get("/disposals/{run_id}", response_class=HTMLResponse)
@requires(Permission.READ_ARCHIVE)
def show_disposal(run_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    """Fit for printing, to be signed and kept on paper as well."""
    return _disposal(view, work, actor, run_id)


@router.post("/disposals/{run_id}/approvals", response_class=HTMLResponse)
@requires(Permission.CONFIRM_RETENTION, step_up=True)
def approve_disposal(
    run_id: UUID, view: CurrentView, call: CurrentCall, list_sha256: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    attestor = call.adapters.attestor
    problem = refusal(
        call, lambda work, actor: disposal.approve_disposal(work, actor, attestor, run_id, list_sha256=list_sha256)
    )
    return _after_disposal(view, call, run_id, problem, "disposal-approved")


@router.post("/disposals/{run_id}/refusals", response_class=HTMLResponse)
@requires(Permission.CONFIRM_RETENTION)
def refuse_disposal(run_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    problem = refusal(call, lambda work, actor: disposal.refuse_disposal(work, actor, run_id, reason=reason))
    return _after_disposal(view, call, run_id, problem, "disposal-refused")


@router.post("/disposals/{run_id}/withdrawals", response_class=HTMLResponse)
@requires(Permission.MANAGE_RETENTION)
def withdraw_disposal(run_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    problem = refusal(call, lambda work, actor: disposal.withdraw_disposal(work, actor, run_id))
    return _after_disposal(view, call, run_id, problem, "disposal-withdrawn")


def _after(
    view: View, call: CurrentCall, problem: PrintServerError | None, notice: str, typed: Mapping[str, str] = NOTHING
) -> Response:
    if problem is None:
        return view.go("/retention", notice)
    with call.adapters.database.reading() as work:
        return _overview(view, work, call.caller_in(work).actor, problem, typed)


def _after_record(
    view: View,
    call: CurrentCall,
    record_id: UUID,
    problem: PrintServerError | None,
    notice: str,
    typed: Mapping[str, str],
) -> Response:
    if problem is None:
        return view.go(f"/retention/records/{record_id}", notice)
    with call.adapters.database.reading() as work:
        return _record(view, work, call.caller_in(work).actor, record_id, problem, typed)


def _after_hold(
    view: View, call: CurrentCall, hold_id: UUID, problem: PrintServerError | None, notice: str
) -> Response:
    if problem is None:
        return view.go(f"/retention/holds/{hold_id}", notice)
    with call.adapters.database.reading() as work:
        return _hold(view, work, call.caller_in(work).actor, hold_id, problem)


def _after_disposal(
    view: View, call: CurrentCall, run_id: UUID, problem: PrintServerError | None, notice: str
) -> Response:
    if problem is None:
        return view.go(f"/retention/disposals/{run_id}", notice)
    with call.adapters.database.reading() as work:
        return _disposal(view, work, call.caller_in(work).actor, run_id, problem)


def _overview(
    view: View,
    work: Work,
    actor: Actor,
    problem: PrintServerError | None = None,
    typed: Mapping[str, str] = NOTHING,
) -> HTMLResponse:
    return view.page(
        "retention.html",
        status=200 if problem is None else status_of(problem),
        found=retention_queries.overview(work, actor, _key_list(view)),
        branches=_branches(work, actor),
        own_branch=actor.branch_id,
        me=actor.person_id,
        problem=problem,
        typed=typed,
    )


def _record(
    view: View,
    work: Work,
    actor: Actor,
    record_id: UUID,
    problem: PrintServerError | None = None,
    typed: Mapping[str, str] = NOTHING,
) -> HTMLResponse:
    facts = retention_queries.retention_of(work, actor, record_id, _key_list(view))
    return view.page(
        "retention_record.html",
        status=200 if problem is None else status_of(problem),
        record=facts,
        retentions=list(YEARS_KEPT),
        me=actor.person_id,
        problem=problem,
        typed=typed,
    )


def _hold(view: View, work: Work, actor: Actor, hold_id: UUID, problem: PrintServerError | None = None) -> HTMLResponse:
    facts = hold_queries.hold_facts(work, actor, hold_id, _key_list(view))
    return view.page(
        "legal_hold.html",
        status=200 if problem is None else status_of(problem),
        hold=facts,
        records=hold_queries.held_numbers(work, hold_id),
        may_confirm=retention_queries.may_decide(work, actor, facts.branch_id, facts.set_by),
        may_lift=retention_queries.may_decide(work, actor, facts.branch_id, facts.lift_asked_by),
        problem=problem,
    )


def _preview(
    view: View,
    work: Work,
    actor: Actor,
    branch_id: UUID,
    problem: PrintServerError | None = None,
    listed: Sequence[UUID] = (),
    reason: str = "",
) -> HTMLResponse:
    """listed, reason: as they were typed, after a refusal."""
    return view.page(
        "disposal_preview.html",
        status=200 if problem is None else status_of(problem),
        preview=disposal.preview_disposal(work, actor, branch_id),
        branches=_branches(work, actor),
        chosen=branch_id,
        problem=problem,
        ticked=listed,
        reason=reason,
    )


def _disposal(
    view: View, work: Work, actor: Actor, run_id: UUID, problem: PrintServerError | None = None
) -> HTMLResponse:
    facts = retention_queries.run_facts(work, actor, run_id)
    return view.page(
        "disposal.html",
        status=200 if problem is None else status_of(problem),
        run=facts,
        lines=retention_queries.run_lines(work, run_id),
        may_decide=retention_queries.may_decide(work, actor, facts.branch_id, facts.asked_by),
        may_withdraw=facts.asked_by == actor.person_id,
        problem=problem,
    )


def _key_list(view: View) -> Callable[[], KeyList]:
    return edge_of(view.request).adapters.load_key_list


def _branches(work: Work, actor: Actor) -> list[BranchFacts]:
    found = branches_of(work, actor.organisation_id)
    return [
        each
        for each in found
        if actor.may(Permission.MANAGE_RETENTION, each.path) or actor.may(Permission.CONFIRM_RETENTION, each.path)
    ]


def _day(text: str) -> date | None:
    """Raises: RetentionMalformed."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise retention_changes.RetentionMalformed("the contract's end is a day such as 2031-12-31") from None


def _branch(text: str) -> UUID:
    """Raises: HoldMalformed."""
    try:
        return UUID(text)
    except ValueError:
        raise holds.HoldMalformed("choose a branch") from None


def _branch_or(text: str, otherwise: UUID) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return otherwise
