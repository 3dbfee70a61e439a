"""Who holds which right, its review each period, and deputies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.approvals import people_changes
from printserver.approvals.people_changes import Outcome
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires, signed_in
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations import rights_review
from printserver.organisations.access import Actor
from printserver.organisations.colleagues import colleagues
from printserver.organisations.delegations import DELEGABLE, NewDelegation, delegations, my_delegations
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import covers_organisation, names
from printserver.organisations.rights_review import RightKind, RightLine, Verdict
from printserver.organisations.roles import DatesWrong
from printserver.print_requests.seal_rights import all_rights
from printserver.returns.day_table import csv_file
from printserver.web.changes import change, refusal
from printserver.web.languages import translations
from printserver.web.pages.people import midnight, role_names
from printserver.web.view import CurrentView, View
from printserver.web.words import WORDS

router = edge_router("", "pages")

COLUMNS: Final = ("kind", "subject", "detail", "name", "staff_number", "since", "until")
Reason = Annotated[str, Form(max_length=500)]


@router.get("/rights", response_class=HTMLResponse)
@requires(Permission.READ_PEOPLE)
def show_rights(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _rights(view, work, actor)


@router.get("/rights.csv", response_class=Response)
@requires(Permission.READ_PEOPLE)
def read_table(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> Response:
    """In the visitor's language."""
    say, zone = translations(view.language).gettext, ZoneInfo(view.settings.time_zone)
    own = role_names(work, actor, view.language)

    def right(line: RightLine) -> str:
        kind = "seal_use" if line.kind is RightKind.SEAL else "role"
        return own.get(line.detail) or say(WORDS[kind].get(line.detail, line.detail))

    rows = [
        [
            say(WORDS["right_kind"][line.kind]),
            line.subject,
            right(line),
            line.name,
            line.staff_number,
            *(each.astimezone(zone).date().isoformat() if each else None for each in (line.since, line.until)),
        ]
        for line in all_rights(work, actor)
    ]
    data = csv_file([say(WORDS["right_column"][name]) for name in COLUMNS], rows)
    head = {"Content-Disposition": 'attachment; filename="rights.csv"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=head)


@router.post("/rights/reviews", response_class=HTMLResponse)
@requires(Permission.REVIEW_RIGHTS)
def open_review(
    view: CurrentView,
    call: CurrentCall,
    period: Annotated[str, Form(max_length=40)] = "",
    days: Annotated[int, Form(ge=1, le=366)] = 30,
) -> Response:
    def act(work: Work, actor: Actor) -> None:
        rights_review.open_review(work, actor, period=period, days=days, lines=all_rights(work, actor))

    problem = refusal(call, act)
    if problem is None:
        return view.go("/rights", "review-opened")
    with call.adapters.database.reading() as work:
        return _rights(view, work, call.caller_in(work).actor, problem)


@router.get("/rights/reviews/{review_id}", response_class=HTMLResponse)
@requires(Permission.REVIEW_RIGHTS, Permission.READ_AUDIT)
def show_review(review_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _review(view, work, actor, review_id)


@router.post("/rights/reviews/{review_id}/lines/{line_id}/verdicts", response_class=HTMLResponse)
@requires(Permission.REVIEW_RIGHTS)
def decide_line(
    review_id: UUID,
    line_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    verdict: Annotated[Verdict, Form()],
    reason: Reason = "",
) -> Response:
    def act(work: Work, actor: Actor) -> None:
        rights_review.decide_line(work, actor, review_id, line_id, verdict=verdict, reason=reason)

    return _reviewed(view, call, review_id, act, "review-decided")


@router.post("/rights/reviews/{review_id}/sign-offs", response_class=HTMLResponse)
@requires(Permission.REVIEW_RIGHTS, step_up=True)
def sign_off(review_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    return _reviewed(view, call, review_id, lambda w, a: rights_review.sign_off(w, a, review_id), "review-signed-off")


@router.get("/deputies", response_class=HTMLResponse)
@signed_in()
def show_deputies(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _deputies(view, work, actor)


@router.post("/deputies", response_class=HTMLResponse)
@signed_in(step_up=True)
def name_deputy(
    view: CurrentView,
    call: CurrentCall,
    deputy_id: Annotated[UUID, Form()],
    role: Annotated[str, Form(max_length=40)] = "",
    since: Annotated[str, Form(max_length=10)] = "",
    until: Annotated[str, Form(max_length=10)] = "",
    reason: Reason = "",
) -> Response:
    """until: the last day."""
    attestor, zone, waiting = call.adapters.attestor, ZoneInfo(view.settings.time_zone), False

    def act(work: Work, actor: Actor) -> Outcome:
        nonlocal waiting
        first, last = midnight(since, zone), midnight(until, zone)
        if first is None or last is None:
            raise DatesWrong("a deputy is named from one day to another")
        new = NewDelegation(deputy_id, role, max(first, work.now()), last + timedelta(days=1), reason)
        outcome = people_changes.name_deputy(work, actor, attestor, new)
        waiting = not outcome.done
        return outcome

    problem = refusal(call, act)
    if problem is None:
        return view.go("/deputies", "deputy-proposed" if waiting else "deputy-named")
    with call.adapters.database.reading() as work:
        return _deputies(view, work, call.caller_in(work).actor, problem)


@router.post("/deputies/{delegation_id}/endings", response_class=HTMLResponse)
@signed_in()
def end_deputyship(delegation_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    attestor = call.adapters.attestor
    change(call, lambda work, actor: people_changes.end_deputyship(work, actor, attestor, delegation_id))
    return view.go("/deputies", "deputy-ended")


def _rights(view: View, work: Work, actor: Actor, problem: PrintServerError | None = None) -> HTMLResponse:
    reads = any(covers_organisation(work, actor, one) for one in (Permission.REVIEW_RIGHTS, Permission.READ_AUDIT))
    days = view.settings.rights_review_days
    return view.page(
        "rights.html",
        status=200 if problem is None else status_of(problem),
        lines=all_rights(work, actor),
        own_roles=role_names(work, actor, view.language),
        reviews=rights_review.reviews(work, actor) if reads else (),
        due=reads and rights_review.review_due(work, actor, days=days),
        reads=reads,
        days=days,
        problem=problem,
    )


def _reviewed(view: View, call: Call, review_id: UUID, act: Callable[[Work, Actor], None], notice: str) -> Response:
    problem = refusal(call, act)
    if problem is None:
        return view.go(f"/rights/reviews/{review_id}", notice)
    with call.adapters.database.reading() as work:
        return _review(view, work, call.caller_in(work).actor, review_id, problem)


def _review(
    view: View, work: Work, actor: Actor, review_id: UUID, problem: PrintServerError | None = None
) -> HTMLResponse:
    lines = rights_review.review_lines(work, actor, review_id)
    review = next(each for each in rights_review.reviews(work, actor) if each.id == review_id)
    people = {line.decided_by for line in lines if line.decided_by} | {review.opened_by}
    people |= {review.signed_off_by} if review.signed_off_by else set()
    return view.page(
        "rights_review.html",
        status=200 if problem is None else status_of(problem),
        review=review,
        lines=lines,
        own_roles=role_names(work, actor, view.language),
        people=names(work, people),
        problem=problem,
    )


def _deputies(view: View, work: Work, actor: Actor, problem: PrintServerError | None = None) -> HTMLResponse:
    held = sorted({grant.role for grant in actor.grants if grant.acts_for is None and grant.role in DELEGABLE})
    mine = my_delegations(work, actor)
    return view.page(
        "deputies.html",
        status=200 if problem is None else status_of(problem),
        mine=mine,
        others=[each for each in delegations(work, actor) if each not in mine],
        held=held,
        colleagues=[one for one in colleagues(work, actor.organisation_id) if one.id != actor.person_id],
        problem=problem,
    )
