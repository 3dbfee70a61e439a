"""What a batch's durable job does: each waiting row once, in a transaction that also notes its outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

import structlog
from sqlalchemy import select, update

from printserver.documents.handing_in import HandedIn, HandInRules
from printserver.documents.template_making import make_document
from printserver.documents.template_store import usable_template
from printserver.foundation.errors import PrintServerError, Unavailable
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor
from printserver.organisations.colleagues import actor_of_person
from printserver.print_requests import drafts, pipeline, service
from printserver.print_requests.amounts_said import read_amount
from printserver.print_requests.batch_application import application_of
from printserver.print_requests.batches import BatchState, RowState
from printserver.print_requests.models import RequestBatch, RequestBatchRow
from printserver.signing.seal_object import Makers
from printserver.storage.objects import Objects

NOT_MADE = "the row could not be made; please tell the system's administrator"


@dataclass(frozen=True)
class BatchTools:
    """`load_makers`: whose seals are believed, as the key list says now."""

    database: Database
    objects: Objects
    rules: HandInRules
    load_makers: Callable[[], Makers]
    most_copies: int
    expires_after_days: int


def waiting_rows(database: Database, batch_id: UUID) -> list[int]:
    with database.reading() as work:
        rows = select(RequestBatchRow.number).where(
            RequestBatchRow.batch_id == batch_id, RequestBatchRow.state == RowState.WAITING
        )
        return list(work.session.scalars(rows.order_by(RequestBatchRow.number)))


def make_row(tools: BatchTools, batch_id: UUID, number: int) -> bool:
    """False once the batch is stopped. A row that is settled already, before a crash, is left as it is.

    Raises: Unavailable: the row waits.
    """
    with tools.database.reading() as work:
        batch = work.session.get_one(RequestBatch, batch_id)
        row = work.session.get_one(RequestBatchRow, (batch_id, number))
    if batch.state != BatchState.RUNNING:
        return False
    if row.state != RowState.WAITING:
        return True
    try:
        _make(tools, batch, row)
    except Unavailable:
        raise
    except PrintServerError as problem:
        _settle(tools.database, row, problem=str(problem), code=problem.code)
    except Exception:  # noqa: BLE001 -- unforeseen: one row must not hold up all others
        structlog.get_logger().exception("a row of a batch could not be made", batch_id=str(batch_id), row=number)
        _settle(tools.database, row, problem=NOT_MADE, code="internal-error")
    return True


def end_batch(database: Database, batch_id: UUID) -> None:
    with database.work() as work:
        work.session.execute(
            update(RequestBatch)
            .where(RequestBatch.id == batch_id, RequestBatch.state == BatchState.RUNNING)
            .values(state=BatchState.DONE, ended_at=work.now())
        )


def _make(tools: BatchTools, batch: RequestBatch, row: RequestBatchRow) -> None:
    with tools.database.reading() as work:
        actor = actor_of_person(work, batch.organisation_id, batch.account_id)
        template = usable_template(work, actor, batch.template_code, batch.template_version)
    handed = make_document(tools.objects, template, batch.language, row.values, read_amount, tools.rules)
    handed.keep(tools.objects, batch.organisation_id)
    name = template.description.name[batch.language]
    fields = {
        "class_code": template.description.class_code,
        **batch.fields,
        "title": row.title or f"{name} {row.reference}",
        "own_reference": row.reference,
    }
    filename = f"{name} {row.reference}.pdf"
    if batch.hand_in:
        _hand_in(tools, actor, row, handed, fields, filename)
        return
    kept = drafts.KeptDocument(drafts.KeptFile.of(handed.safe, filename))
    with tools.database.work() as work:
        if _take(work, row):
            person = actor_of_person(work, batch.organisation_id, batch.account_id)
            _note(work, row, draft_id=drafts.save_draft(work, person, kept, fields))


def _hand_in(
    tools: BatchTools,
    actor: Actor,
    row: RequestBatchRow,
    handed: HandedIn,
    fields: dict[str, object],
    filename: str,
) -> None:
    """What somebody would have to look at first is refused: it cannot be confirmed unseen."""
    handed.findings.require_confirmed()
    application = application_of(fields, filename)
    taken = pipeline.take_in(
        tools.database,
        tools.objects,
        actor,
        application,
        handed.safe,
        makers=tools.load_makers(),
        limits=tools.rules.limits,
        most_copies=tools.most_copies,
    )
    with tools.database.work() as work:
        if not _take(work, row):
            return
        person = actor_of_person(work, actor.organisation_id, actor.id)
        request = service.submit_request(
            work,
            person,
            replace(application, filename=filename),
            taken.safe,
            [page.to_json() for page in taken.layout],
            expires_after_days=tools.expires_after_days,
            most_copies=tools.most_copies,
        )
        _note(work, row, request_id=request.id)


def _take(work: Work, row: RequestBatchRow) -> bool:
    """Once: whoever comes second, after a crash or beside us, finds it settled."""
    taken = work.session.scalar(
        update(RequestBatchRow)
        .where(
            RequestBatchRow.batch_id == row.batch_id,
            RequestBatchRow.number == row.number,
            RequestBatchRow.state == RowState.WAITING,
        )
        .values(state=RowState.MADE)
        .returning(RequestBatchRow.number)
    )
    return taken is not None


def _note(work: Work, row: RequestBatchRow, **made: UUID) -> None:
    work.session.execute(
        update(RequestBatchRow)
        .where(RequestBatchRow.batch_id == row.batch_id, RequestBatchRow.number == row.number)
        .values(**made)
    )


def _settle(database: Database, row: RequestBatchRow, *, problem: str, code: str) -> None:
    with database.work() as work:
        work.session.execute(
            update(RequestBatchRow)
            .where(
                RequestBatchRow.batch_id == row.batch_id,
                RequestBatchRow.number == row.number,
                RequestBatchRow.state == RowState.WAITING,
            )
            .values(state=RowState.FAILED, problem=problem[:1000], problem_code=code)
        )
