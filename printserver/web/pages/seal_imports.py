"""Seals that exist already: many at once from a file, looked at before anything is applied for; and filed objects."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import File, Form, UploadFile
from fastapi.responses import HTMLResponse, Response

from printserver.foundation.errors import IntegrityError, Malformed, PrintServerError, Refused, TooLarge
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import Lane, requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.colleagues import colleagues
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branches_with
from printserver.rendering.seal_artwork_types import SealType
from printserver.seals.errors import SealApplicationMalformed
from printserver.seals.filing import Filing, file_seal, read_filed, require_filer
from printserver.seals.imports import (
    COLUMNS,
    MOST_BYTES,
    MOST_LINES,
    apply_import,
    import_facts,
    keep_import,
    look_at,
)
from printserver.signing.seal_object import MAX_BYTES
from printserver.web.changes import SHOWN_BESIDE, refusal
from printserver.web.view import CurrentView, View

router = edge_router("/seals", "pages")

_BESIDE: Final = (Malformed, Refused, TooLarge, IntegrityError)


@router.get("/imports/new", response_class=HTMLResponse)
@requires(Permission.MANAGE_SEALS)
def show_import_form(view: CurrentView) -> HTMLResponse:
    return _upload_page(view)


@router.post("/imports", response_class=HTMLResponse)
@requires(Permission.MANAGE_SEALS, lane=Lane.DRAWING)
def create_import(view: CurrentView, call: CurrentCall, table: Annotated[UploadFile, File()]) -> Response:
    """The dry run: nothing is applied for."""
    data = table.file.read(MOST_BYTES + 1)
    try:
        with call.adapters.database.reading() as work:
            lines = look_at(work, call.adapters.objects, call.caller_in(work).actor, data)
    except SHOWN_BESIDE as problem:
        return _upload_page(view, problem)
    with call.adapters.database.work() as work:
        import_id = keep_import(work, call.caller_in(work).actor, table.filename or "", data, lines)
    return view.go(f"/seals/imports/{import_id}")


@router.get("/imports/{import_id}", response_class=HTMLResponse)
@requires(Permission.MANAGE_SEALS)
def show_import(import_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _import_page(view, work, actor, import_id)


@router.post("/imports/{import_id}/applications", response_class=HTMLResponse)
@requires(Permission.MANAGE_SEALS)
def create_applications(
    import_id: UUID, view: CurrentView, call: CurrentCall, sha256: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    problem = refusal(call, lambda work, actor: apply_import(work, actor, import_id, sha256=sha256))
    if problem is None:
        return view.go("/seals", "seals-applied")
    with call.adapters.database.reading() as work:
        return _import_page(view, work, call.caller_in(work).actor, import_id, problem=problem)


@router.get("/filings/new", response_class=HTMLResponse)
@requires(Permission.MANAGE_SEALS)
def show_filing_form(view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _filing_page(view, work, actor)


@router.post("/filings", response_class=HTMLResponse)
@requires(Permission.MANAGE_SEALS, lane=Lane.DRAWING)
def create_filing(
    view: CurrentView,
    call: CurrentCall,
    file: Annotated[UploadFile, File()],
    branch_id: Annotated[str, Form(max_length=40)] = "",
    type: Annotated[str, Form(max_length=40)] = "company",
    custodian: Annotated[str, Form(max_length=40)] = "",
    purpose: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    try:
        seal_id = _file(call, file.file.read(MAX_BYTES + 1), branch_id, type, custodian, purpose)
    except _BESIDE as problem:
        with call.adapters.database.reading() as work:
            return _filing_page(view, work, call.caller_in(work).actor, problem=problem)
    return view.go(f"/seals/{seal_id}", "seal-filed")


def _file(call: Call, der: bytes, branch_id: str, type_name: str, custodian: str, purpose: str) -> UUID:
    try:
        filing = Filing(UUID(branch_id), SealType(type_name).value, (UUID(custodian),), purpose)
    except ValueError:
        raise SealApplicationMalformed(
            "say at which branch it is kept, of which type it is, and who keeps it"
        ) from None
    with call.adapters.database.reading() as work:
        require_filer(work, call.caller_in(work).actor, filing.branch_id)
    adapters = call.adapters
    makers, now = adapters.load_seal_makers(), adapters.database.clock.now()
    filed = read_filed(adapters.objects, der, makers, call.organisation_id, at=now)
    with call.transaction() as work:
        return file_seal(work, call.caller_in(work).actor, filing, filed)


def _upload_page(view: View, problem: PrintServerError | None = None) -> HTMLResponse:
    return view.page(
        "seal_import.html",
        status=200 if problem is None else status_of(problem),
        found=None,
        columns=COLUMNS,
        most=MOST_LINES,
        types=list(SealType),
        problem=problem,
    )


def _import_page(
    view: View, work: Work, actor: Actor, import_id: UUID, *, problem: PrintServerError | None = None
) -> HTMLResponse:
    found = import_facts(work, actor, import_id)
    status = 200 if problem is None else status_of(problem)
    return view.page("seal_import.html", status=status, found=found, problem=problem)


def _filing_page(view: View, work: Work, actor: Actor, *, problem: PrintServerError | None = None) -> HTMLResponse:
    return view.page(
        "seal_filing.html",
        status=200 if problem is None else status_of(problem),
        branches=branches_with(work, actor, Permission.MANAGE_SEALS),
        keepers=colleagues(work, actor.organisation_id, Permission.CONFIRM_SEAL_USE),
        types=list(SealType),
        problem=problem,
    )
