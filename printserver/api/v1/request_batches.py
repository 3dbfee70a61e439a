"""Many applications of one template from a table: a dry run first, then made row by row."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import File, Form, Query, UploadFile
from pydantic import Json

from printserver.api.v1.common import View, api_router
from printserver.documents.template_store import usable_template
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.permissions import Permission
from printserver.print_requests import batches
from printserver.print_requests.amounts_said import read_amount
from printserver.print_requests.batch_table import LARGEST, BatchLine, read_table
from printserver.print_requests.batches import BatchState, RowState

router = api_router("/request-batches", "print requests")


class Line(View):
    """A row of the table as it was read.   number: its line in the file.   wrong: fields that cannot be used."""

    number: int
    reference: str
    wrong: list[str]

    @classmethod
    def of(cls, line: BatchLine) -> Line:
        return cls(number=line.number, reference=line.reference, wrong=sorted(line.wrong))


class Looked(View):
    """`batch_id`: None after a dry run, or when rows are wrong."""

    batch_id: UUID | None
    lines: list[Line]


class Row(View):
    number: int
    reference: str
    title: str
    state: RowState
    problem: str
    problem_code: str
    draft_id: UUID | None
    request_id: UUID | None


class Batch(View):
    """`counts`: rows in each state."""

    id: UUID
    filename: str
    template_code: str
    template_version: int
    language: str
    hand_in: bool
    state: BatchState
    rows: int
    counts: dict[str, int]
    created_at: datetime
    ended_at: datetime | None


@router.post("", status_code=201, summary="Look at a table, and keep it as a batch unless it is a dry run")
@requires(Permission.CREATE_REQUEST)
def create_batch(
    table: Annotated[UploadFile, File(description="CSV in UTF-8 or GB18030, with a column `reference`.")],
    template: Annotated[str, Form(max_length=60)],
    call: CurrentCall,
    language: Annotated[str, Form(pattern="^(zh|en)$", examples=["zh"])] = "zh",
    fields: Annotated[Json[dict[str, Any]], Form(description="JSON: what all applications have.")] = {},  # noqa: B006 -- FastAPI copies it
    *,
    hand_in: Annotated[bool, Form(description="At once; else they become drafts.")] = False,
    dry_run: Annotated[bool, Query(description="Only look.")] = False,
) -> Looked:
    """With a wrong row nothing is kept: `batch-rows-wrong` (422); a dry run answers every row with what is wrong."""
    with call.adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        found = usable_template(work, actor, template)
        lines = read_table(table.file.read(LARGEST + 1), found.description, read_amount)
        looked = batches.look_at(work, actor, lines)
    if dry_run:
        return Looked(batch_id=None, lines=[Line.of(each) for each in looked])
    new = batches.NewBatch(table.filename or "", found, language, lines, fields, hand_in=hand_in)
    with call.transaction() as work:
        batch_id = batches.keep_batch(work, call.caller_in(work).actor, new)
    return Looked(batch_id=batch_id, lines=[Line.of(each) for each in looked])


@router.get("", summary="My batches, newest first")
@requires(Permission.CREATE_REQUEST)
def list_batches(actor: CurrentActor, work: CurrentWork) -> list[Batch]:
    return [Batch.model_validate(each) for each in batches.batches(work, actor)]


@router.get("/{batch_id}", summary="A batch of mine")
@requires(Permission.CREATE_REQUEST)
def read_batch(batch_id: UUID, actor: CurrentActor, work: CurrentWork) -> Batch:
    return Batch.model_validate(batches.batch_facts(work, actor, batch_id))


@router.get("/{batch_id}/rows", summary="What became of its rows")
@requires(Permission.CREATE_REQUEST)
def list_rows(
    batch_id: UUID,
    actor: CurrentActor,
    work: CurrentWork,
    state: Annotated[RowState | None, Query(description="Only these.")] = None,
) -> list[Row]:
    rows = batches.batch_rows(work, actor, batch_id)
    return [Row.model_validate(each) for each in rows if state in (None, each.state)]


@router.post("/{batch_id}/starts", status_code=204, summary="Make the rows; also what failed or was left")
@requires(Permission.CREATE_REQUEST)
def create_start(batch_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    batches.start_batch(work, actor, batch_id)


@router.post("/{batch_id}/stops", status_code=204, summary="Stop after the row that is under way")
@requires(Permission.CREATE_REQUEST)
def create_stop(batch_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    batches.stop_batch(work, actor, batch_id)
