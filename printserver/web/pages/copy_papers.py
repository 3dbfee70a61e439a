"""A copy's paper: when it is due, who holds it, who signed it by hand; hand-overs of several copies; who holds what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import PrintServerError
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.branch_paths import branches_of
from printserver.organisations.permissions import Permission
from printserver.print_requests import queries
from printserver.print_requests.hand_over_queries import chain_of, held_by, holders_of
from printserver.print_requests.hand_over_rules import HolderKind, Means
from printserver.print_requests.hand_overs import correct_hand_over, hand_over, keep_proof
from printserver.print_requests.owed import WrittenOffAs, extend_due, write_off
from printserver.print_requests.owed_queries import extensions_of, owed_of_copy
from printserver.print_requests.owed_rules import OWED, WRITTEN_OFF
from printserver.print_requests.states import CopyState
from printserver.returns.signing_records import (
    Decision,
    correct_signing,
    decide_signing,
    record_signing,
    records_of_copy,
)
from printserver.returns.signing_rules import IdentityCheck
from printserver.web.changes import SHOWN_BESIDE, change, refusal
from printserver.web.paper_forms import (
    TypedDecision,
    TypedDueDate,
    TypedHandOver,
    TypedSigning,
    TypedWriteOff,
    shown_moment,
)
from printserver.web.view import CurrentView, View

router = edge_router("", "pages")


@dataclass(frozen=True)
class _Typed:
    """What stands in the forms of a refused page.   corrects: which hand-over or record of a signing."""

    problem: PrintServerError | None = None
    corrects: str = ""
    hand_over: TypedHandOver | None = None
    signing: TypedSigning | None = None
    due: TypedDueDate | None = None
    written_off: TypedWriteOff | None = None


@router.get("/copies/{copy_id}/paper", response_class=HTMLResponse)
@requires(Permission.READ_REQUESTS)
def show_paper(copy_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _paper_page(view, work, actor, copy_id, _Typed())


@router.post("/copies/{copy_id}/paper/due-dates", response_class=HTMLResponse)
@requires(Permission.SETTLE_RETURNS)
def create_due_date(
    copy_id: UUID, view: CurrentView, call: CurrentCall, typed: Annotated[TypedDueDate, Form()]
) -> Response:
    zone = ZoneInfo(view.settings.time_zone)
    problem = refusal(
        call, lambda work, actor: extend_due(work, actor, copy_id, due=typed.checked(zone), reason=typed.reason)
    )
    return _after(view, call, copy_id, "due-date-moved", _Typed(problem, due=typed))


@router.post("/copies/{copy_id}/paper/write-offs", response_class=HTMLResponse)
@requires(Permission.SETTLE_RETURNS)
def create_write_off(
    copy_id: UUID, view: CurrentView, call: CurrentCall, typed: Annotated[TypedWriteOff, Form()]
) -> Response:
    problem = refusal(
        call,
        lambda work, actor: write_off(work, actor, copy_id, written_off_as=typed.written_off_as, reason=typed.reason),
    )
    return _after(view, call, copy_id, "paper-written-off", _Typed(problem, written_off=typed))


@router.post("/copies/{copy_id}/paper/hand-overs", response_class=HTMLResponse)
@requires(Permission.HAND_IN_RETURNS)
def create_hand_over(
    copy_id: UUID, view: CurrentView, call: CurrentCall, typed: Annotated[TypedHandOver, Form()]
) -> Response:
    problem = _handed_over(view, call, (copy_id,), typed)
    return _after(view, call, copy_id, "handed-over", _Typed(problem, hand_over=typed))


@router.post("/copies/{copy_id}/paper/hand-overs/{hand_over_id}/corrections", response_class=HTMLResponse)
@requires(Permission.HAND_IN_RETURNS)
def create_correction(
    copy_id: UUID,
    hand_over_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    typed: Annotated[TypedHandOver, Form()],
) -> Response:
    zone = ZoneInfo(view.settings.time_zone)
    problem = refusal(
        call,
        lambda work, actor: correct_hand_over(
            work, actor, hand_over_id, typed.checked(zone), reason=typed.reason, cancelled=typed.cancelled
        ),
    )
    return _after(
        view, call, copy_id, "hand-over-corrected", _Typed(problem, corrects=str(hand_over_id), hand_over=typed)
    )


@router.post("/copies/{copy_id}/paper/signings", response_class=HTMLResponse)
@requires(Permission.HAND_IN_RETURNS)
def create_signing(
    copy_id: UUID, view: CurrentView, call: CurrentCall, typed: Annotated[TypedSigning, Form()]
) -> Response:
    """With a record's id, what it says anew."""
    zone = ZoneInfo(view.settings.time_zone)

    def record(work: Work, actor: Actor) -> object:
        said = typed.checked(copy_id, zone)
        if typed.corrects is None:
            return record_signing(work, actor, said)
        return correct_signing(work, actor, typed.corrects, said, reason=typed.reason)

    problem = refusal(call, record)
    return _after(view, call, copy_id, "signing-recorded", _Typed(problem, corrects=typed.record_id, signing=typed))


@router.post("/copies/{copy_id}/paper/signing-decisions", response_class=HTMLResponse)
@requires(Permission.HAND_IN_RETURNS)
def create_signing_decision(
    copy_id: UUID, view: CurrentView, call: CurrentCall, typed: Annotated[TypedDecision, Form()]
) -> Response:
    problem = refusal(
        call,
        lambda work, actor: decide_signing(
            work,
            actor,
            typed.record_id,
            revision=typed.revision,
            decision=Decision(typed.decision),
            remark=typed.remark,
        ),
    )
    return _after(view, call, copy_id, "signing-decided", _Typed(problem))


@router.get("/requests/{request_id}/hand-overs", response_class=HTMLResponse)
@requires(Permission.HAND_IN_RETURNS)
def show_hand_over(request_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _hand_over_page(view, work, actor, request_id)


@router.post("/requests/{request_id}/hand-overs", response_class=HTMLResponse)
@requires(Permission.HAND_IN_RETURNS)
def create_hand_overs(
    request_id: UUID, view: CurrentView, call: CurrentCall, typed: Annotated[TypedHandOver, Form()]
) -> Response:
    """Of several copies at once."""
    try:
        problem = _handed_over(view, call, typed.copies, typed)
    except SHOWN_BESIDE as refused:
        problem = refused
    if problem is None:
        return view.go(f"/requests/{request_id}/hand-overs", "handed-over")
    with call.adapters.database.reading() as work:
        return _hand_over_page(view, work, call.caller_in(work).actor, request_id, problem, typed)


@router.get("/holders", response_class=HTMLResponse)
@requires(Permission.READ_REQUESTS)
def search_holders(
    view: CurrentView, actor: CurrentActor, work: CurrentWork, text: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    return view.page("holders.html", text=text, held=held_by(work, actor, text))


def _handed_over(view: View, call: Call, copy_ids: tuple[UUID, ...], typed: TypedHandOver) -> PrintServerError | None:
    zone, adapters = ZoneInfo(view.settings.time_zone), call.adapters
    try:
        typed.checked(zone).tidied()
        data = typed.proof_data()
        with adapters.database.reading() as work:
            actor = call.caller_in(work).actor
        proof = None if data is None else keep_proof(adapters.database, adapters.objects, actor, copy_ids, data)
        change(call, lambda work, actor: hand_over(work, actor, copy_ids, typed.checked(zone, proof)))
    except SHOWN_BESIDE as problem:
        return problem
    return None


def _after(view: View, call: Call, copy_id: UUID, notice: str, typed: _Typed) -> Response:
    if typed.problem is None:
        return view.go(f"/copies/{copy_id}/paper", notice)
    with call.adapters.database.reading() as work:
        return _paper_page(view, work, call.caller_in(work).actor, copy_id, typed)


def _paper_page(view: View, work: Work, actor: Actor, copy_id: UUID, typed: _Typed) -> HTMLResponse:
    copy = queries.copy_facts_for(work, actor, copy_id)
    here, zone = branch_path(work, copy.branch_id), ZoneInfo(view.settings.time_zone)
    owed = owed_of_copy(work, actor, copy_id)
    hands_in, settles = (actor.may(each, here) for each in (Permission.HAND_IN_RETURNS, Permission.SETTLE_RETURNS))
    now = shown_moment(work.now(), zone)
    reads = actor.may(Permission.READ_RETURNS, here)
    return view.page(
        "copy_paper.html",
        status=200 if typed.problem is None else status_of(typed.problem),
        copy=copy,
        owed=owed,
        extensions=extensions_of(work, copy_id),
        chain=chain_of(work, actor, copy_id),
        records=records_of_copy(work, copy_id) if reads else (),
        reads=reads,
        person_id=actor.person_id,
        may_settle=settles and owed is not None and owed.standing in OWED,
        may_claim=settles and owed is not None and owed.standing in WRITTEN_OFF,
        may_hand_over=hands_in and copy.printed_at is not None,
        may_sign=hands_in and copy.state is CopyState.PRINTED,
        branches=branches_of(work, actor.organisation_id),
        holder_kinds=list(HolderKind),
        means=list(Means),
        checks=list(IdentityCheck),
        write_offs=list(WrittenOffAs),
        hand_over=TypedHandOver(handed_at=now) if typed.corrects else typed.hand_over or TypedHandOver(handed_at=now),
        signing=_new_signing(now) if typed.corrects else typed.signing or _new_signing(now),
        corrects=typed.corrects,
        corrected=typed.hand_over or typed.signing,
        due=typed.due or TypedDueDate(),
        written_off=typed.written_off or TypedWriteOff(),
        problem=typed.problem,
        shown=lambda at: shown_moment(at, zone),
    )


def _new_signing(now: str) -> TypedSigning:
    return TypedSigning(key=str(new_id()), signed_at=now)


def _hand_over_page(
    view: View,
    work: Work,
    actor: Actor,
    request_id: UUID,
    problem: PrintServerError | None = None,
    typed: TypedHandOver | None = None,
) -> HTMLResponse:
    details = queries.request_details(work, actor, request_id)
    printed = [copy for copy in details.copies if copy.printed_at is not None]
    now = shown_moment(work.now(), ZoneInfo(view.settings.time_zone))
    return view.page(
        "hand_over.html",
        status=200 if problem is None else status_of(problem),
        request=details,
        copies=printed,
        holders=holders_of(work, [copy.id for copy in printed]),
        parties=[party.name for party in details.particulars.parties],
        branches=branches_of(work, actor.organisation_id),
        holder_kinds=list(HolderKind),
        means=list(Means),
        hand_over=typed or TypedHandOver(handed_at=now, copy_ids=[str(copy.id) for copy in printed]),
        problem=problem,
    )
