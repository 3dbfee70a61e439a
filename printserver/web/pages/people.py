"""People of my branches: find one, register one, change rights, freeze, let go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.approvals import people_changes
from printserver.approvals.people_changes import NewRight, Outcome
from printserver.approvals.waiting_seats import waiting_seats
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations import people
from printserver.organisations.access import Actor
from printserver.organisations.branches import branch_tree
from printserver.organisations.dormancy import dormant_accounts
from printserver.organisations.frozen_places import is_frozen
from printserver.organisations.identity_proof_queries import standings
from printserver.organisations.key_media_queries import owed_media
from printserver.organisations.people import NewPerson
from printserver.organisations.people_queries import PersonState, dormant_people, list_people, person_details
from printserver.organisations.permissions import Permission, Role, is_binding
from printserver.organisations.queries import branch_names_of_path, branches_with
from printserver.organisations.roles import DatesWrong, custom_roles
from printserver.organisations.stewards import is_steward
from printserver.print_requests import leavers
from printserver.web.changes import SHOWN_BESIDE, change, refusal
from printserver.web.languages import Language
from printserver.web.view import CurrentView, View

router = edge_router("", "pages")

PAGE: Final = 50
Text = Annotated[str, Form(max_length=100)]
Reason = Annotated[str, Form(max_length=500)]
Day = Annotated[str, Form(max_length=10)]


@router.get("/people", response_class=HTMLResponse)
@requires(Permission.READ_PEOPLE)
def show_people(
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    text: Annotated[str, Query(max_length=100)] = "",
    state: Annotated[str, Query(max_length=10)] = "",
    before: UUID | None = None,
) -> HTMLResponse:
    wanted = PersonState(state) if state in set(PersonState) else None
    found = list_people(work, actor, text=text, state=wanted, before=before, limit=PAGE)
    return view.page(
        "people.html",
        people=found,
        text=text,
        state=wanted,
        states=list(PersonState),
        next=found[-1].id if len(found) == PAGE else None,
    )


@router.get("/people/new", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE)
def show_form(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _form(view, work, actor, {})


@router.post("/people", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE, lane=Lane.PASSWORDS, told_once=True)
def create_person(
    view: CurrentView,
    call: CurrentCall,
    branch_id: Annotated[UUID, Form()],
    name: Text = "",
    staff_number: Text = "",
    login: Text = "",
) -> Response:
    """The first password is shown this once."""
    new = NewPerson(branch_id, staff_number, name, login)
    secrets = call.adapters.secrets
    try:
        made = change(call, lambda work, actor: people.create_person(work, actor, new, secrets=secrets))
    except SHOWN_BESIDE as problem:
        typed = {"name": name, "staff_number": staff_number, "login": login, "branch_id": branch_id}
        with call.adapters.database.reading() as work:
            return _form(view, work, call.caller_in(work).actor, typed, problem)
    return view.page("person_made.html", made=(made,), status=201)


@router.get("/people/dormant", response_class=HTMLResponse)
@requires(Permission.READ_PEOPLE)
def show_dormant(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    policy = view.settings.dormancy_policy
    people_now = dormant_people(work, actor, days=policy.days) if policy.on else ()
    upcoming = dormant_accounts(work, actor, policy)
    return view.page("people_dormant.html", people=people_now, upcoming=upcoming, policy=policy)


@router.post("/people/dormant/freezes", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def freeze_dormant(view: CurrentView, call: CurrentCall) -> Response:
    days, attestor = view.settings.dormant_days, call.adapters.attestor
    if days:
        change(call, lambda work, actor: people_changes.freeze_dormant(work, actor, attestor, days=days))
    return view.go("/people/dormant", "dormant-frozen")


@router.get("/people/{user_id}", response_class=HTMLResponse)
@requires(Permission.READ_PEOPLE)
def show_person(user_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _person(view, work, actor, user_id)


@router.post("/people/{user_id}/changes", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE)
def change_person(
    user_id: UUID, view: CurrentView, call: CurrentCall, name: Text = "", staff_number: Text = "", login: Text = ""
) -> Response:
    def act(work: Work, actor: Actor) -> None:
        people.change_person(work, actor, user_id, name=name, staff_number=staff_number, login=login)

    return _done(view, call, user_id, act, "facts", "person-changed")


@router.post("/people/{user_id}/account-links", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE)
def link_accounts(user_id: UUID, view: CurrentView, call: CurrentCall, staff_number: Text = "") -> Response:
    def act(work: Work, actor: Actor) -> None:
        found = [each for each in list_people(work, actor, text=staff_number) if each.staff_number == staff_number]
        if not found:
            raise people.PersonMalformed("nobody has this staff number")
        people.join_accounts(work, actor, user_id, same_person_as=found[0].id)

    return _done(view, call, user_id, act, "accounts", "person-changed")


@router.post("/people/{user_id}/moves", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def move_person(
    user_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    branch_id: Annotated[UUID, Form()],
    reason: Reason = "",
) -> Response:
    attestor = call.adapters.attestor

    def act(work: Work, actor: Actor) -> None:
        people_changes.move_person(work, actor, attestor, user_id, branch_id=branch_id, reason=reason)

    return _done(view, call, user_id, act, "move", "person-moved")


@router.post("/people/{user_id}/freezes", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE)
def freeze_person(user_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    attestor = call.adapters.attestor

    def act(work: Work, actor: Actor) -> None:
        people_changes.freeze_person(work, actor, attestor, user_id, reason=reason)

    return _done(view, call, user_id, act, "freeze", "person-frozen")


@router.post("/people/{user_id}/unfreezes", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def unfreeze_person(user_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    attestor = call.adapters.attestor

    def act(work: Work, actor: Actor) -> Outcome:
        return people_changes.unfreeze_person(work, actor, attestor, user_id, reason=reason)

    return _done(view, call, user_id, act, "freeze", "person-let-in")


@router.post("/people/{user_id}/departures", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def leave(user_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    attestor = call.adapters.attestor

    def act(work: Work, actor: Actor) -> None:
        leavers.leave(work, actor, attestor, user_id, reason=reason)

    return _done(view, call, user_id, act, "leave", "person-gone")


@router.post("/people/{user_id}/rights", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def grant_right(
    user_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    branch_id: Annotated[UUID, Form()],
    role: Text = "",
    since: Day = "",
    until: Day = "",
    reason: Reason = "",
) -> Response:
    attestor, zone = call.adapters.attestor, ZoneInfo(view.settings.time_zone)

    def act(work: Work, actor: Actor) -> Outcome:
        new = NewRight(role, branch_id, midnight(since, zone), midnight(until, zone))
        return people_changes.grant_right(work, actor, attestor, user_id, new, reason=reason)

    return _done(view, call, user_id, act, "grant", "right-given")


@router.post("/people/{user_id}/rights/{right_id}/endings", response_class=HTMLResponse)
@requires(Permission.MANAGE_PEOPLE)
def end_right(user_id: UUID, right_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    attestor = call.adapters.attestor

    def act(work: Work, actor: Actor) -> None:
        people_changes.end_right(work, actor, attestor, right_id, reason=reason)

    return _done(view, call, user_id, act, "rights", "right-ended")


def midnight(text: str, zone: ZoneInfo) -> datetime | None:
    """The beginning of a day as browsers send it; None without one.   Raises: DatesWrong."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), zone)
    except ValueError:
        raise DatesWrong("this is no day") from None


def role_names(work: Work, actor: Actor, language: Language) -> dict[str, str]:
    """Names of the organisation's own roles; the built-in ones have their words."""
    own = custom_roles(work, actor.organisation_id)
    return {role.code: role.name_zh if language is Language.ZH else role.name_en for role in own}


def _done(
    view: View,
    call: Call,
    user_id: UUID,
    act: Callable[[Work, Actor], Outcome | None],
    at: str,
    notice: str,
) -> Response:
    """at: the part of the page whose form it was."""
    waiting = False

    def acted(work: Work, actor: Actor) -> None:
        nonlocal waiting
        outcome = act(work, actor)
        waiting = outcome is not None and not outcome.done

    problem = refusal(call, acted)
    if problem is None:
        return view.go(f"/people/{user_id}", "right-proposed" if waiting else notice)
    with call.adapters.database.reading() as work:
        return _person(view, work, call.caller_in(work).actor, user_id, problem=problem, at=at)


def _person(
    view: View,
    work: Work,
    actor: Actor,
    user_id: UUID,
    *,
    problem: PrintServerError | None = None,
    at: str = "",
) -> HTMLResponse:
    details = person_details(work, actor, user_id)
    own = role_names(work, actor, view.language)
    waiting = waiting_seats(work, actor, details.person.person_id)
    administers = (
        actor.may(Permission.MANAGE_PEOPLE)
        and details.person.person_id != actor.person_id
        and details.person.state is not PersonState.LEFT
        and details.person.branch_id in {each.id for each in branches_with(work, actor, Permission.MANAGE_PEOPLE)}
    )
    return view.page(
        "person.html",
        status=200 if problem is None else status_of(problem),
        person=details.person,
        rights=details.rights,
        accounts=details.accounts,
        waiting=waiting,
        places={each.path: branch_names_of_path(work, each.path) for each in waiting},
        place_frozen=is_frozen(work, actor.organisation_id, (details.person.branch_id,)),
        own_roles=own,
        roles=[*Role, *own],
        binding={role.value for role in Role if is_binding(role)},
        branches=_open_branches(work, actor),
        administers=administers,
        identity=standings(work, [details.person.person_id])[details.person.person_id],
        steward=is_steward(actor),
        owed=owed_media(work, actor, details.person.person_id),
        estate=leavers.estate_of(work, actor, user_id) if administers else None,
        problem=problem,
        at=at,
    )


def _form(
    view: View, work: Work, actor: Actor, typed: dict[str, Any], problem: PrintServerError | None = None
) -> HTMLResponse:
    return view.page(
        "person_new.html",
        status=200 if problem is None else status_of(problem),
        branches=_open_branches(work, actor),
        typed={"name": "", "staff_number": "", "login": "", "branch_id": None, **typed},
        problem=problem,
    )


def _open_branches(work: Work, actor: Actor) -> list[Any]:
    mine = {each.id for each in branches_with(work, actor, Permission.MANAGE_PEOPLE)}
    return [each for each in branch_tree(work, actor) if each.id in mine]
