"""Print requests: the list with its search, one request, its pages, its release."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.approvals.classes import classes
from printserver.bootstrap import Adapters
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branches_with
from printserver.print_requests import copy_service, queries
from printserver.print_requests.as_approved import require_as_approved
from printserver.print_requests.money import CURRENCIES
from printserver.print_requests.queries import RequestDetails, RequestSummary
from printserver.print_requests.shown_pages import PageNotFound
from printserver.print_requests.states import RequestState
from printserver.web.changes import refusal
from printserver.web.forms import FieldsWrong
from printserver.web.pages.request_pages import decided, request_page
from printserver.web.search_form import TypedSearch
from printserver.web.view import CurrentView

router = edge_router("/requests", "pages")

READERS: Final = (Permission.READ_REQUESTS, Permission.APPROVE_REQUEST, Permission.CONFIRM_SEAL_USE)
PAGE: Final = 50


@router.get("", response_class=HTMLResponse)
@requires(Permission.READ_REQUESTS)
def list_requests(
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    typed: Annotated[TypedSearch, Query()],
) -> HTMLResponse:
    found: tuple[RequestSummary, ...] = ()
    wrong: frozenset[str] = frozenset()
    try:
        search = typed.checked(ZoneInfo(view.settings.time_zone))
        found = queries.requests(work, actor, search, before=typed.before, limit=PAGE)
    except FieldsWrong as problem:
        wrong = problem.fields
    return view.page(
        "requests.html",
        status=422 if wrong else 200,
        requests=found,
        typed=typed,
        wrong=wrong,
        states=list(RequestState),
        classes=classes(work, actor.organisation_id, retired=True),
        branches=branches_with(work, actor, Permission.READ_REQUESTS),
        currencies=CURRENCIES,
        query=typed.query,
        next=found[-1].id if len(found) == PAGE else None,
    )


@router.get("/{request_id}", response_class=HTMLResponse)
@requires(*READERS)
def show_request(
    request_id: UUID,
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    adapters: CurrentAdapters,
    copy: Annotated[int, Query(ge=0)] = 1,
) -> HTMLResponse:
    """copy: whose pages are shown."""
    return request_page(view, work, actor, adapters.objects, request_id, copy=copy)


@router.get("/{request_id}/copies/{number}/pages/{page}", response_class=HTMLResponse)
@requires(*READERS)
def show_page(
    request_id: UUID,
    number: int,
    page: int,
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    adapters: CurrentAdapters,
    manifest_sha256: Annotated[str, Query(max_length=64)] = "",
) -> HTMLResponse:
    """One page of a copy, large.

    manifest_sha256: of the manifest that is looked at; another one is not shown in its place.
    """
    details = _with_page(work, actor, adapters, request_id, page, manifest_sha256)
    copy = next((copy for copy in details.copies if copy.number == number), None)
    if copy is None:
        raise PageNotFound("there is no such page")
    return view.page("request_page.html", request=details, copy=copy, page=page)


@router.get("/{request_id}/document/pages/{page}", response_class=HTMLResponse)
@requires(*READERS)
def show_document_page(
    request_id: UUID,
    page: int,
    view: CurrentView,
    actor: CurrentActor,
    work: CurrentWork,
    adapters: CurrentAdapters,
    manifest_sha256: Annotated[str, Query(max_length=64)] = "",
) -> HTMLResponse:
    """One page of the document itself, large."""
    details = _with_page(work, actor, adapters, request_id, page, manifest_sha256)
    return view.page("request_page.html", request=details, copy=None, page=page)


def _with_page(
    work: Work, actor: Actor, adapters: Adapters, request_id: UUID, page: int, manifest_sha256: str
) -> RequestDetails:
    details = queries.request_details(work, actor, request_id)
    require_as_approved(work, adapters.objects, request_id)
    if manifest_sha256 not in ("", details.manifest_sha256):
        raise PageNotFound("the request holds other pages now")
    if not 1 <= page <= details.pages:
        raise PageNotFound("there is no such page")
    return details


@router.post("/{request_id}/releases", response_class=HTMLResponse)
@requires(Permission.RELEASE_COPIES, step_up=True, enrolled_device=True)
def create_release(
    request_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    copy_ids: Annotated[list[UUID] | None, Form()] = None,
    which: Annotated[str, Form(pattern="^(all|chosen)$")] = "all",
) -> Response:
    """which: `chosen` releases `copy_ids` alone, and nothing when none is chosen."""
    chosen = () if which == "all" else tuple(copy_ids or ())
    if which == "chosen" and not chosen:
        return view.go(f"/requests/{request_id}", "nothing-chosen")
    problem = refusal(call, lambda work, actor: copy_service.release_copies(work, actor, request_id, chosen))
    return decided(view, call, request_id, problem, "released", "")
