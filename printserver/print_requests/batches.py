"""Many applications of one template from a table: looked at first, then made row by row by a durable job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select, update

from printserver.audit.log import append
from printserver.documents.template_store import TemplateFacts
from printserver.foundation.errors import Malformed, NotFound, Refused, TooMany
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import Job
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, require
from printserver.organisations.permissions import Permission
from printserver.print_requests.batch_application import application_of
from printserver.print_requests.batch_table import BatchLine
from printserver.print_requests.drafts import KEPT
from printserver.print_requests.events import BatchStarted, BatchStopped
from printserver.print_requests.models import PrintRequest, RequestBatch, RequestBatchRow

MOST_BATCHES: Final = 200
"""Of one person: so many wait to be started, and so many are listed."""
LONGEST_FILENAME: Final = 200


class BatchState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


class RowState(StrEnum):
    WAITING = "waiting"
    MADE = "made"
    FAILED = "failed"


class BatchNotFound(NotFound):
    code = "batch-not-found"


class BatchWrong(Malformed):
    """Some rows cannot be used; nothing of the table was taken."""

    code = "batch-rows-wrong"

    def __init__(self, lines: Sequence[BatchLine]) -> None:
        self.lines = tuple(lines)
        said = "; ".join(f"line {each.number}: {', '.join(sorted(each.wrong))}" for each in lines[:20])
        super().__init__(f"these rows are wrong: {said}")


class BatchStateRefused(Refused):
    code = "batch-state-refused"


class TooManyBatches(TooMany):
    code = "too-many-batches"


@dataclass(frozen=True)
class NewBatch:
    """fields: what all applications have, as an application's JSON.   hand_in: at once, else they stay drafts."""

    filename: str
    template: TemplateFacts
    language: str
    lines: tuple[BatchLine, ...]
    fields: Mapping[str, Any]
    hand_in: bool = False


@dataclass(frozen=True)
class BatchRowFacts:
    number: int
    reference: str
    title: str
    state: RowState
    problem: str
    problem_code: str
    draft_id: UUID | None
    request_id: UUID | None


@dataclass(frozen=True)
class BatchFacts:
    """`counts`: rows in each state."""

    id: UUID
    filename: str
    template_code: str
    template_version: int
    language: str
    hand_in: bool
    state: BatchState
    rows: int
    counts: Mapping[str, int]
    created_at: datetime
    ended_at: datetime | None

    @property
    def settled(self) -> int:
        return self.counts.get(RowState.MADE, 0) + self.counts.get(RowState.FAILED, 0)


def look_at(work: Work, actor: Actor, lines: Sequence[BatchLine]) -> tuple[BatchLine, ...]:
    """The dry run: with `reference-taken` for numbers that the actor has used before, here or in a request.

    Raises: Forbidden.
    """
    require(actor, Permission.CREATE_REQUEST)
    wanted = {line.reference for line in lines}
    requests = select(PrintRequest.own_reference).where(
        PrintRequest.applicant_id == actor.id,
        PrintRequest.reference_key.is_not(None),
        PrintRequest.own_reference.in_(wanted),
    )
    rows = (
        select(RequestBatchRow.reference)
        .join(RequestBatch, RequestBatch.id == RequestBatchRow.batch_id)
        .where(
            RequestBatch.account_id == actor.id,
            RequestBatch.state.in_((BatchState.RUNNING, BatchState.DONE, BatchState.STOPPED)),
            RequestBatchRow.state != RowState.FAILED,
            RequestBatchRow.reference.in_(wanted),
        )
    )
    taken = {text for each in (requests, rows) for text in work.session.scalars(each)}
    return tuple(
        replace(line, wrong=line.wrong | {"reference-taken"}) if line.reference in taken else line for line in lines
    )


def keep_batch(work: Work, actor: Actor, new: NewBatch) -> UUID:
    """Nothing is made before it is started.   Raises: Forbidden, BatchWrong, TooManyBatches, ApplicationMalformed."""
    lines = look_at(work, actor, new.lines)
    wrong = [line for line in lines if line.wrong]
    if wrong or not lines:
        raise BatchWrong(wrong)
    if new.hand_in:
        application_of({**new.fields, "title": "title"}, "document.pdf")
    waiting = (RequestBatch.account_id == actor.id, RequestBatch.state == BatchState.WAITING)
    if (work.session.scalar(select(func.count()).where(*waiting)) or 0) >= MOST_BATCHES:
        raise TooManyBatches(f"at most {MOST_BATCHES} batches wait to be started")
    batch = RequestBatch(
        id=new_id(),
        organisation_id=actor.organisation_id,
        account_id=actor.id,
        filename=new.filename[-LONGEST_FILENAME:],
        template_code=new.template.code,
        template_version=new.template.version,
        language=new.language,
        fields=dict(new.fields),
        hand_in=new.hand_in,
        state=BatchState.WAITING,
        rows=len(lines),
        created_at=work.now(),
    )
    work.session.add(batch)
    work.session.flush()
    work.session.add_all(
        RequestBatchRow(
            batch_id=batch.id,
            number=line.number,
            reference=line.reference,
            title=line.title,
            values=dict(line.values),
            state=RowState.WAITING,
        )
        for line in lines
    )
    work.session.flush()
    return batch.id


def start_batch(work: Work, actor: Actor, batch_id: UUID) -> None:
    """Also one that was stopped, or whose rows failed: those are tried again.

    Raises: Forbidden, BatchNotFound, BatchStateRefused.
    """
    require(actor, Permission.CREATE_REQUEST)
    batch = _batch(work, actor, batch_id)
    if _refused_again(work, actor, batch):
        raise BatchStateRefused("rows of it have numbers that you have used since; begin with the table again")
    begun = work.session.scalar(
        update(RequestBatch)
        .where(RequestBatch.id == batch_id, RequestBatch.state != BatchState.RUNNING)
        .values(state=BatchState.RUNNING, ended_at=None)
        .returning(RequestBatch.id)
    )
    left = (
        update(RequestBatchRow)
        .where(RequestBatchRow.batch_id == batch_id, RequestBatchRow.state == RowState.FAILED)
        .values(state=RowState.WAITING, problem="", problem_code="")
    )
    if begun is None:
        raise BatchStateRefused("this batch is under way already")
    work.session.execute(left)
    work.jobs.enqueue(work.session, Job("run-batch", f"run-batch-{batch_id}-{new_id()}", (str(batch_id),)))
    append(work, actor.by, BatchStarted(id=batch_id, template=batch.template_code, rows=batch.rows))


def stop_batch(work: Work, actor: Actor, batch_id: UUID) -> None:
    """After the row that is under way.   Raises: BatchNotFound, BatchStateRefused."""
    _batch(work, actor, batch_id)
    stopped = work.session.scalar(
        update(RequestBatch)
        .where(RequestBatch.id == batch_id, RequestBatch.state == BatchState.RUNNING)
        .values(state=BatchState.STOPPED, ended_at=work.now())
        .returning(RequestBatch.id)
    )
    if stopped is None:
        raise BatchStateRefused("this batch is not under way")
    append(work, actor.by, BatchStopped(id=batch_id))


def forget_old_batches(database: Database) -> int:
    """Those that nobody has started or gone on with for ninety days, and how many; what was made of them stays."""
    with database.work() as work:
        last = func.coalesce(RequestBatch.ended_at, RequestBatch.created_at)
        old = select(RequestBatch.id).where(RequestBatch.state != BatchState.RUNNING, last < work.now() - KEPT)
        gone = work.session.scalars(old.with_for_update()).all()
        work.session.execute(delete(RequestBatchRow).where(RequestBatchRow.batch_id.in_(gone)))
        work.session.execute(delete(RequestBatch).where(RequestBatch.id.in_(gone)))
    return len(gone)


def batches(work: Work, actor: Actor) -> tuple[BatchFacts, ...]:
    """The actor's own, newest first."""
    rows = work.session.scalars(
        select(RequestBatch)
        .where(RequestBatch.account_id == actor.id)
        .order_by(RequestBatch.id.desc())
        .limit(MOST_BATCHES)
    ).all()
    counts = _counts(work, [row.id for row in rows])
    return tuple(_facts(row, counts[row.id]) for row in rows)


def batch_facts(work: Work, actor: Actor, batch_id: UUID) -> BatchFacts:
    """Raises: BatchNotFound, also for somebody else's."""
    return _facts(_batch(work, actor, batch_id), _counts(work, [batch_id])[batch_id])


def batch_rows(work: Work, actor: Actor, batch_id: UUID) -> tuple[BatchRowFacts, ...]:
    """In the file's order.   Raises: BatchNotFound."""
    _batch(work, actor, batch_id)
    rows = work.session.scalars(
        select(RequestBatchRow).where(RequestBatchRow.batch_id == batch_id).order_by(RequestBatchRow.number)
    )
    return tuple(
        BatchRowFacts(
            number=row.number,
            reference=row.reference,
            title=row.title,
            state=RowState(row.state),
            problem=row.problem,
            problem_code=row.problem_code,
            draft_id=row.draft_id,
            request_id=row.request_id,
        )
        for row in rows
    )


def _refused_again(work: Work, actor: Actor, batch: RequestBatch) -> bool:
    """Whether two batches with the same rows were kept, and the other one was started first."""
    if batch.state != BatchState.WAITING:
        return False
    rows = work.session.scalars(select(RequestBatchRow).where(RequestBatchRow.batch_id == batch.id))
    lines = [BatchLine(row.number, row.reference, row.title, {}) for row in rows]
    return any(line.wrong for line in look_at(work, actor, lines))


def _batch(work: Work, actor: Actor, batch_id: UUID) -> RequestBatch:
    batch = work.session.scalar(
        select(RequestBatch).where(RequestBatch.id == batch_id, RequestBatch.account_id == actor.id)
    )
    if batch is None:
        raise BatchNotFound("there is no such batch")
    return batch


def _counts(work: Work, batch_ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, int]]:
    """Of each batch its rows in each state."""
    counted = work.session.execute(
        select(RequestBatchRow.batch_id, RequestBatchRow.state, func.count())
        .where(RequestBatchRow.batch_id.in_(batch_ids))
        .group_by(RequestBatchRow.batch_id, RequestBatchRow.state)
    )
    counts: dict[UUID, dict[str, int]] = {batch_id: {} for batch_id in batch_ids}
    for batch_id, state, count in counted:
        counts[batch_id][state] = count
    return counts


def _facts(row: RequestBatch, counts: Mapping[str, int]) -> BatchFacts:
    return BatchFacts(
        id=row.id,
        filename=row.filename,
        template_code=row.template_code,
        template_version=row.template_version,
        language=row.language,
        hand_in=row.hand_in,
        state=BatchState(row.state),
        rows=row.rows,
        counts=counts,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
