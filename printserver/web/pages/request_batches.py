"""Many applications from a table: looked at row by row before anything is made, then followed with a progress bar."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import File, Form, Query, UploadFile
from fastapi.responses import HTMLResponse, Response

from printserver.documents.template_store import TemplateFacts, document_templates, template_facts, usable_template
from printserver.foundation.errors import PrintServerError
from printserver.http_edge.declarations import requires
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import Call, CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests import batches, drafts
from printserver.print_requests.amounts_said import read_amount
from printserver.print_requests.batch_table import LARGEST, heading_of, read_table
from printserver.web.changes import SHOWN_BESIDE, change, refusal
from printserver.web.view import CurrentView, View

router = edge_router("/request-batches", "pages")


@router.get("", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def list_batches(view: CurrentView, call: CurrentCall) -> HTMLResponse:
    return _list(view, call)


@router.get("/tables/{code}.csv", response_class=Response)
@requires(Permission.CREATE_REQUEST)
def read_empty_table(code: str, actor: CurrentActor, work: CurrentWork) -> Response:
    """The headings of a template's table, to fill in."""
    found = template_facts(work, actor, code)
    written = io.StringIO()
    csv.writer(written).writerow(heading_of(found.description))
    # The byte order mark tells spreadsheet programs that it is UTF-8.
    headers = {"Content-Disposition": f'attachment; filename="{found.code}.csv"'}
    return Response(written.getvalue().encode("utf-8-sig"), media_type="text/csv", headers=headers)


@router.post("", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def create_batch(
    view: CurrentView,
    call: CurrentCall,
    table: Annotated[UploadFile, File()],
    code: Annotated[str, Form(max_length=60)] = "",
    language: Annotated[str, Form(pattern="^(zh|en)$")] = "zh",
    kept: Annotated[str, Form(max_length=36)] = "",
    *,
    hand_in: Annotated[bool, Form()] = False,
) -> Response:
    """The dry run: nothing is made, and with a wrong row nothing is kept.   kept: values that all rows have."""
    data = table.file.read(LARGEST + 1)
    try:
        with call.adapters.database.reading() as work:
            actor = call.caller_in(work).actor
            found = usable_template(work, actor, code)
            if language not in found.description.languages:
                language = found.description.languages[0]
            fields: dict[str, Any] = dict(drafts.template_facts(work, actor, _id(kept)).fields) if kept else {}
        lines = read_table(data, found.description, read_amount)
        new = batches.NewBatch(table.filename or "", found, language, lines, fields, hand_in=hand_in)
        batch_id = change(call, lambda work, person: batches.keep_batch(work, person, new))
    except SHOWN_BESIDE as problem:
        chosen = {"code": code, "language": language, "kept": kept, "hand_in": hand_in}
        return _list(view, call, problem, chosen)
    return view.go(f"/request-batches/{batch_id}")


@router.get("/{batch_id}", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def show_batch(batch_id: UUID, view: CurrentView, call: CurrentCall) -> HTMLResponse:
    return _batch(view, call, batch_id)


@router.post("/{batch_id}/starts", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def create_start(batch_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    problem = refusal(call, lambda work, actor: batches.start_batch(work, actor, batch_id))
    if problem is not None:
        return _batch(view, call, batch_id, problem)
    return view.go(f"/request-batches/{batch_id}", "batch-started")


@router.post("/{batch_id}/stops", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def create_stop(batch_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    problem = refusal(call, lambda work, actor: batches.stop_batch(work, actor, batch_id))
    if problem is not None:
        return _batch(view, call, batch_id, problem)
    return view.go(f"/request-batches/{batch_id}", "batch-stopped")


@router.get("/{batch_id}/progress", response_class=HTMLResponse)
@requires(Permission.CREATE_REQUEST)
def show_progress(
    batch_id: UUID, view: CurrentView, call: CurrentCall, settled: Annotated[int, Query(ge=-1)] = -1
) -> Response:
    """What a page with a running batch asks for again and again; nothing new is said without words.

    settled: how many rows the page shows as settled.
    """
    with call.adapters.database.reading() as work:
        facts = batches.batch_facts(work, call.caller_in(work).actor, batch_id)
    if facts.settled == settled and facts.state is batches.BatchState.RUNNING:
        return Response(status_code=204)
    return _batch(view, call, batch_id)


def _id(text: str) -> UUID:
    """Raises: TemplateNotFound."""
    try:
        return UUID(text)
    except ValueError:
        raise drafts.TemplateNotFound("there are no such kept values") from None


def _batch(view: View, call: Call, batch_id: UUID, problem: PrintServerError | None = None) -> HTMLResponse:
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        return view.page(
            "request_batch.html",
            status=200 if problem is None else status_of(problem),
            batch=batches.batch_facts(work, actor, batch_id),
            rows=batches.batch_rows(work, actor, batch_id),
            names=_names(view, document_templates(work, actor, retired=True)),
            problem=problem,
        )


def _names(view: View, templates: Iterable[TemplateFacts]) -> dict[str, str]:
    """By the templates' codes."""
    return {each.code: each.description.name[view.language.value] for each in templates}


def _list(
    view: View, call: Call, problem: PrintServerError | None = None, chosen: Mapping[str, Any] | None = None
) -> HTMLResponse:
    """chosen: what the refused form said; the table itself a browser has chosen anew."""
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        templates = document_templates(work, actor)
        said = chosen or {"code": "", "language": view.language.value, "kept": "", "hand_in": False}
        labels = {
            field.name: field.label
            for each in templates
            if each.code == said["code"]
            for field in each.description.fields
        }
        return view.page(
            "request_batches.html",
            status=200 if problem is None else status_of(problem),
            chosen=said,
            labels=labels,
            batches=batches.batches(work, actor),
            templates=templates,
            names=_names(view, document_templates(work, actor, retired=True)),
            kept=drafts.templates(work, actor),
            problem=problem,
            wrong=problem.lines if isinstance(problem, batches.BatchWrong) else (),
        )
