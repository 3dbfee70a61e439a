"""The archive's catalogue: by year, class and branch, as a page and as a table; and how archive numbers are written."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.approvals.classes import classes
from printserver.archive import queries, searching
from printserver.archive.catalogue_table import COLUMNS, cells
from printserver.archive.numbering import FIELDS, FULL, USUAL
from printserver.archive.scheme import numbering_of, set_numbering
from printserver.archive.search_fields import ArchiveSearch
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branches_with, covers_organisation
from printserver.returns.day_table import csv_file
from printserver.web.changes import refusal
from printserver.web.languages import translations
from printserver.web.view import CurrentView, View
from printserver.web.words import WORDS

router = edge_router("/archive", "pages")

Text = Annotated[str, Form(max_length=200)]


@router.get("/catalogue", response_class=HTMLResponse)
@requires(Permission.READ_ARCHIVE)
def show_catalogue(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return view.page(
        "archive_catalogue.html",
        lines=queries.catalogue_lines(work, actor),
        branches={each.id: each.name for each in branches_with(work, actor, Permission.READ_ARCHIVE)},
        classes={each.code: each.description for each in classes(work, actor.organisation_id, retired=True)},
        may_number=covers_organisation(work, actor, Permission.MANAGE_DOCUMENTS),
    )


@router.get("/catalogue.csv", response_class=Response)
@requires(Permission.READ_ARCHIVE)
def read_table(
    view: CurrentView,
    call: CurrentCall,
    catalogue: Annotated[str, Query(max_length=200)] = "",
    branch: UUID | None = None,
) -> Response:
    """In the visitor's language; that it was taken out is recorded."""
    with call.adapters.database.work() as work:
        actor = call.caller_in(work).actor
        found = searching.export_catalogue(work, actor, ArchiveSearch(catalogue=catalogue, branch_id=branch))
        called = {each.id: each.name for each in branches_with(work, actor, Permission.READ_ARCHIVE)}
    say, zone = translations(view.language).gettext, ZoneInfo(view.settings.time_zone)
    data = csv_file(
        [say(WORDS["catalogue_column"][name]) for name in COLUMNS], [cells(each, called, zone) for each in found]
    )
    head = {"Content-Disposition": 'attachment; filename="archive-catalogue.csv"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=head)


@router.get("/numbering", response_class=HTMLResponse)
@requires(Permission.MANAGE_DOCUMENTS)
def show_numbering(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    chosen = numbering_of(work, actor.organisation_id)
    return _numbering(view, work, actor, chosen.pattern, chosen.fonds)


@router.post("/numbering", response_class=HTMLResponse)
@requires(Permission.MANAGE_DOCUMENTS)
def change_numbering(view: CurrentView, call: CurrentCall, pattern: Text = "", fonds: Text = "") -> Response:
    problem = refusal(call, lambda work, actor: set_numbering(work, actor, pattern=pattern, fonds=fonds))
    if problem is None:
        return view.go("/archive/numbering", "numbering-chosen")
    with call.adapters.database.reading() as work:
        return _numbering(view, work, call.caller_in(work).actor, pattern, fonds, problem)


def _numbering(
    view: View, work: Work, actor: Actor, pattern: str, fonds: str, problem: PrintServerError | None = None
) -> HTMLResponse:
    in_force = numbering_of(work, actor.organisation_id)
    example = in_force.number(year=work.now().year, sequence=1, retention="permanent", class_code="general")
    return view.page(
        "archive_numbering.html",
        status=status_of(problem) if problem else 200,
        problem=problem,
        pattern=pattern,
        fonds=fonds,
        fields=[f"{{{each}}}" for each in FIELDS],
        usual=(USUAL, FULL),
        example=example,
        may_change=covers_organisation(work, actor, Permission.MANAGE_DOCUMENTS),
    )
