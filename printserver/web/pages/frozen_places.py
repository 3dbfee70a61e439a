"""Frozen branches and organisations: what is frozen, and the words that freeze and unfreeze."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final
from uuid import UUID

from fastapi import Form
from fastapi.responses import HTMLResponse, Response

from printserver.approvals import place_changes
from printserver.approvals.people_changes import Outcome
from printserver.approvals.statement_queries import statements
from printserver.approvals.statement_states import StatementState
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations import branches, freezing
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import covers_organisation, names
from printserver.signing.signatories import office_covers
from printserver.signing.statements import StatementKind
from printserver.web.changes import refusal
from printserver.web.view import CurrentView, View

router = edge_router("/frozen-places", "pages")

EVERYWHERE: Final = "everything"
"""The form's word for the whole organisation."""
Place = Annotated[str, Form(max_length=36)]
Reason = Annotated[str, Form(max_length=500)]


@router.get("", response_class=HTMLResponse)
@requires(Permission.READ_PEOPLE)
def show_frozen_places(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _page(view, work, actor)


@router.post("", response_class=HTMLResponse)
@requires(*place_changes.WHO_MAY)
def freeze_place(view: CurrentView, call: CurrentCall, branch_id: Place = "", reason: Reason = "") -> Response:
    attestor = call.adapters.attestor

    def act(work: Work, actor: Actor) -> Outcome:
        return place_changes.freeze_place(work, actor, attestor, _place(branch_id), reason=reason)

    return _changed(view, call, act, "place-frozen")


@router.post("/endings", response_class=HTMLResponse)
@requires(*place_changes.WHO_MAY, step_up=True)
def unfreeze_place(view: CurrentView, call: CurrentCall, branch_id: Place = "", reason: Reason = "") -> Response:
    attestor = call.adapters.attestor

    def act(work: Work, actor: Actor) -> Outcome:
        return place_changes.unfreeze_place(work, actor, attestor, _place(branch_id), reason=reason)

    return _changed(view, call, act, "place-unfreezing")


def _place(text: str) -> UUID | None:
    """Raises: BranchNotFound for what is no id, so that nobody freezes everything by choosing nothing."""
    try:
        return None if text == EVERYWHERE else UUID(text)
    except ValueError:
        raise branches.BranchNotFound("there is no such branch") from None


def _changed(view: View, call: Call, act: Callable[[Work, Actor], Outcome], notice: str) -> Response:
    problem = refusal(call, act)
    if problem is None:
        return view.go("/frozen-places", notice)
    with call.adapters.database.reading() as work:
        return _page(view, work, call.caller_in(work).actor, problem)


def _page(view: View, work: Work, actor: Actor, problem: PrintServerError | None = None) -> HTMLResponse:
    places = freezing.frozen_list(work, actor)
    waiting = statements(work, actor, state=StatementState.PROPOSED, kind=StatementKind.UNFREEZE)
    tree = branches.branch_tree(work, actor)
    ids = {place.branch_id for place in places}
    open_ones = [each for each in tree if each.id not in ids and not office_covers(each.path, "")]
    return view.page(
        "frozen_places.html",
        status=200 if problem is None else status_of(problem),
        places=places,
        names=names(work, {place.frozen_by for place in places if place.frozen_by}),
        waiting={_last(each.body["path"]): each.id for each in waiting},
        choices=[each for each in open_ones if any(actor.may(one, each.path) for one in place_changes.WHO_MAY)],
        may_all=any(covers_organisation(work, actor, one) for one in place_changes.WHO_MAY),
        all_frozen=None in ids,
        may_unfreeze={each.id for each in tree if any(actor.may(one, each.path) for one in place_changes.WHO_MAY)},
        problem=problem,
    )


def _last(path: str | None) -> UUID | None:
    return None if path is None else UUID(path.rstrip("/").rpartition("/")[2])
