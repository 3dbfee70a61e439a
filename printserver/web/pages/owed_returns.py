"""Signed papers that are owed: the list with its search and table, exceptions, and what a class says of its papers."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from printserver.approvals.classes import class_facts
from printserver.approvals.return_policies import return_policy, set_return_policy
from printserver.approvals.return_policy import CountedFrom
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branches_with
from printserver.print_requests.owed_block import end_exception, exceptions, grant_exception
from printserver.print_requests.owed_queries import MOST_ROWS, OwedSearch, Shown, branch_counts, owed_returns
from printserver.returns.owed_table import COLUMNS, cells, csv_file
from printserver.web.changes import refusal
from printserver.web.languages import translations
from printserver.web.paper_forms import TypedException, TypedPolicy, typed_policy
from printserver.web.view import CurrentView, View
from printserver.web.words import WORDS

router = edge_router("", "pages")

PAGE: Final = 50


class TypedOwed(BaseModel):
    """What is looked at. A word that is not known means what is owed."""

    shown: Annotated[str, Field(max_length=20)] = Shown.OWED.value
    branch_id: Annotated[str, Field(max_length=40)] = ""
    text: Annotated[str, Field(max_length=200)] = ""
    skip: Annotated[int, Field(ge=0, le=1_000_000)] = 0

    def search(self, work: Work, actor: Actor) -> OwedSearch:
        branches = {str(each.id): each.path for each in branches_with(work, actor, Permission.READ_REQUESTS)}
        shown = Shown(self.shown) if self.shown in set(Shown) else Shown.OWED
        return OwedSearch(shown, branches.get(self.branch_id, ""), self.text)


@router.get("/owed-returns", response_class=HTMLResponse)
@requires(Permission.READ_REQUESTS)
def list_owed(
    typed: Annotated[TypedOwed, Query()], view: CurrentView, actor: CurrentActor, work: CurrentWork
) -> HTMLResponse:
    return _page(view, work, actor, typed)


@router.get("/owed-returns.csv", response_class=Response)
@requires(Permission.READ_REQUESTS)
def read_owed_table(
    typed: Annotated[TypedOwed, Query()], view: CurrentView, actor: CurrentActor, work: CurrentWork
) -> Response:
    """In the visitor's language."""
    zone, words = ZoneInfo(view.settings.time_zone), translations(view.language).gettext
    found = owed_returns(work, actor, typed.search(work, actor), limit=MOST_ROWS)
    at = COLUMNS.index("standing")
    rows = [list(cells(each, zone)) for each in found]
    for row in rows:
        row[at] = words(WORDS["paper_standing"][str(row[at])])
    heads = [words(WORDS["owed_column"][name]) for name in COLUMNS]
    headers = {"Content-Disposition": 'attachment; filename="owed-returns.csv"'}
    return Response(csv_file(heads, rows), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/owed-returns/exceptions", response_class=HTMLResponse)
@requires(Permission.SETTLE_RETURNS)
def create_exception(view: CurrentView, call: CurrentCall, typed: Annotated[TypedException, Form()]) -> Response:
    def grant(work: Work, actor: Actor) -> UUID:
        branch_id, until, uses = typed.checked(ZoneInfo(view.settings.time_zone))
        return grant_exception(work, actor, branch_id, reason=typed.reason, valid_until=until, most_uses=uses)

    problem = refusal(call, grant)
    if problem is None:
        return view.go("/owed-returns", "exception-granted")
    with call.adapters.database.reading() as work:
        return _page(view, work, call.caller_in(work).actor, TypedOwed(), problem=problem, granting=typed)


@router.post("/owed-returns/exceptions/{exception_id}/endings", response_class=HTMLResponse)
@requires(Permission.SETTLE_RETURNS)
def create_ending(exception_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    problem = refusal(call, lambda work, actor: end_exception(work, actor, exception_id))
    if problem is None:
        return view.go("/owed-returns", "exception-ended")
    with call.adapters.database.reading() as work:
        return _page(view, work, call.caller_in(work).actor, TypedOwed(), problem=problem)


@router.get("/document-classes/{code}/returns", response_class=HTMLResponse)
@requires(Permission.MANAGE_DOCUMENTS)
def show_policy(code: str, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    typed = typed_policy(return_policy(work, actor.organisation_id, code))
    return _policy_page(view, work, actor, code, typed)


@router.post("/document-classes/{code}/returns", response_class=HTMLResponse)
@requires(Permission.MANAGE_DOCUMENTS)
def change_policy(code: str, view: CurrentView, call: CurrentCall, typed: Annotated[TypedPolicy, Form()]) -> Response:
    problem = refusal(call, lambda work, actor: set_return_policy(work, actor, code, typed.checked()))
    if problem is None:
        return view.go(f"/document-classes/{code}/returns", "class-saved")
    with call.adapters.database.reading() as work:
        return _policy_page(view, work, call.caller_in(work).actor, code, typed, problem)


def _page(
    view: View,
    work: Work,
    actor: Actor,
    typed: TypedOwed,
    *,
    problem: PrintServerError | None = None,
    granting: TypedException | None = None,
) -> HTMLResponse:
    found = owed_returns(work, actor, typed.search(work, actor), limit=PAGE, skip=typed.skip)
    return view.page(
        "owed_returns.html",
        status=200 if problem is None else status_of(problem),
        papers=found,
        typed=typed,
        shown=list(Shown),
        counts=branch_counts(work, actor),
        branches=branches_with(work, actor, Permission.READ_REQUESTS),
        grantable=branches_with(work, actor, Permission.SETTLE_RETURNS),
        exceptions=exceptions(work, actor),
        granting=granting or TypedException(),
        problem=problem,
        next=typed.skip + PAGE if len(found) == PAGE else None,
    )


def _policy_page(
    view: View,
    work: Work,
    actor: Actor,
    code: str,
    typed: TypedPolicy,
    problem: PrintServerError | None = None,
) -> HTMLResponse:
    return view.page(
        "return_policy.html",
        status=200 if problem is None else status_of(problem),
        facts=class_facts(work, actor.organisation_id, code),
        typed=typed,
        counted=list(CountedFrom),
        problem=problem,
    )
