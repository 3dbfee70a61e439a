"""Records of other installations: whose root is believed, taking packages in, looking. Nothing of them changes here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated
from uuid import UUID

from fastapi import File, Form, Query, UploadFile
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch, branches_with
from printserver.returns import foreign_records as foreign
from printserver.signing.errors import KeyListRefused
from printserver.web.changes import SHOWN_BESIDE, refusal
from printserver.web.view import CurrentView, View

router = edge_router("/imported-records", "pages")

Text = Annotated[str, Form(max_length=foreign.LONGEST)]


@router.get("", response_class=HTMLResponse)
@requires(Permission.READ_ARCHIVE)
def list_records(
    view: CurrentView, actor: CurrentActor, work: CurrentWork, query: Annotated[str, Query(max_length=500)] = ""
) -> HTMLResponse:
    return _page(view, work, actor, query)


@router.post("/sources", response_class=HTMLResponse)
@requires(Permission.IMPORT_ARCHIVE, step_up=True)
def create_source(
    view: CurrentView, call: CurrentCall, name: Text = "", root_fingerprint: Text = "", note: Text = ""
) -> Response:
    problem = refusal(
        call,
        lambda work, actor: foreign.pin_source(work, actor, name=name, root_fingerprint=root_fingerprint, note=note),
        beside=(*SHOWN_BESIDE, KeyListRefused),
    )
    if problem is None:
        return view.go("/imported-records", "source-pinned")
    with call.adapters.database.reading() as work:
        typed = {"name": name, "root_fingerprint": root_fingerprint, "note": note}
        return _page(view, work, call.caller_in(work).actor, "", problem, typed=typed)


@router.post("", response_class=HTMLResponse)
@requires(Permission.IMPORT_ARCHIVE, lane=Lane.DRAWING, takes_packages=True)
def create_record(
    view: CurrentView,
    actor: CurrentActor,
    adapters: CurrentAdapters,
    call: CurrentCall,
    source_id: Annotated[UUID, Form()],
    branch_id: Annotated[UUID, Form()],
    package: Annotated[UploadFile, File()],
) -> Response:
    try:
        imported = foreign.import_package(
            adapters.database, adapters.objects, actor, source_id, branch_id, package.file
        )
    except SHOWN_BESIDE as problem:
        with adapters.database.reading() as work:
            chosen = {"source_id": source_id, "branch_id": branch_id}
            return _page(view, work, call.caller_in(work).actor, "", problem, chosen=chosen)
    return view.go(f"/imported-records/{imported.id}", "record-known" if imported.known else "record-imported")


@router.get("/{imported_id}", response_class=HTMLResponse)
@requires(Permission.READ_ARCHIVE)
def show_record(imported_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    record = foreign.foreign_record(work, actor, imported_id)
    return view.page("imported_record.html", record=record, branch=branch(work, record.branch_id).name)


def _page(
    view: View,
    work: Work,
    actor: Actor,
    query: str,
    problem: PrintServerError | None = None,
    *,
    typed: Mapping[str, str] = MappingProxyType({}),
    chosen: Mapping[str, UUID] = MappingProxyType({}),
) -> HTMLResponse:
    """typed: of a root that was not pinned.   chosen: for a package that was not taken in."""
    return view.page(
        "imported_records.html",
        status=200 if problem is None else status_of(problem),
        records=foreign.foreign_records(work, actor, query),
        sources=foreign.sources(work, actor),
        branches=branches_with(work, actor, Permission.IMPORT_ARCHIVE),
        may_pin=foreign.may_pin(work, actor),
        query=query,
        problem=problem,
        typed={"name": "", "root_fingerprint": "", "note": "", **typed},
        chosen={"source_id": None, "branch_id": None, **chosen},
    )
