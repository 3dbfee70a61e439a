"""Packages of several records, ordered by a person, made by a durable job, kept sealed for a week, then erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from printserver.archive.evidence_events import EvidenceAsked
from printserver.archive.fixity_queries import is_disposed
from printserver.audit.log import append
from printserver.foundation.errors import Malformed, NotFound, PrintServerError, Refused, TooMany, Unavailable
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import Job
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, require
from printserver.organisations.colleagues import actor_of_person
from printserver.organisations.permissions import Permission
from printserver.returns.evidence_models import EvidenceOrder
from printserver.returns.evidence_packing import MOST_RECORDS, EvidenceTools, Package, check_may_pack, pack_evidence
from printserver.returns.foreign_models import ForeignRecord
from printserver.storage.objects import Objects

WORKFLOW: Final = "pack-evidence"
KEPT: Final = timedelta(days=7)
MOST_WAITING: Final = 5
"""Of one person's."""
_SHOWN: Final = 50


class OrderState(StrEnum):
    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"
    ERASED = "erased"


class EvidenceOrderNotFound(NotFound):
    code = "evidence-order-not-found"


class EvidenceOrderEmpty(Malformed):
    code = "evidence-order-empty"


class EvidenceOrderNotReady(Refused):
    code = "evidence-order-not-ready"


class EvidenceOrdersWaiting(TooMany):
    code = "evidence-orders-waiting"


@dataclass(frozen=True)
class OrderFacts:
    """`done` of `records` are gathered.   until: when the package is erased.   bytes: of the package."""

    id: UUID
    state: OrderState
    records: int
    done: int
    whole_scans: bool
    failure: str
    failure_code: str
    filename: str
    bytes: int | None
    created_at: datetime
    finished_at: datetime | None
    until: datetime | None


def order_evidence(work: Work, actor: Actor, record_ids: Sequence[UUID], *, whole_scans: bool = False) -> UUID:
    """The id of the order; the package is made by a job.

    Raises: Forbidden, RecordNotFound, RecordDisposed, EvidenceOrderEmpty, EvidenceOrdersWaiting.
    """
    require(actor, Permission.READ_EVIDENCE)
    chosen = list(dict.fromkeys(record_ids))
    if not 0 < len(chosen) <= MOST_RECORDS:
        raise EvidenceOrderEmpty(f"a package holds 1 to {MOST_RECORDS} records")
    for record_id in chosen:
        check_may_pack(work, actor, record_id)
    waiting = select(EvidenceOrder.id).where(EvidenceOrder.account_id == actor.id, EvidenceOrder.finished_at.is_(None))
    if len(work.session.scalars(waiting).all()) >= MOST_WAITING:
        raise EvidenceOrdersWaiting("several packages of yours are still being made; please wait for them")
    order = EvidenceOrder(
        id=new_id(),
        organisation_id=actor.organisation_id,
        account_id=actor.id,
        record_ids=[str(record_id) for record_id in chosen],
        whole_scans=whole_scans,
        done=0,
        failure="",
        failure_code="",
        filename="",
        created_at=work.now(),
    )
    work.session.add(order)
    append(
        work,
        actor.by,
        EvidenceAsked(id=order.id, records=len(chosen), record_ids=tuple(chosen), whole_scans=whole_scans),
    )
    work.jobs.enqueue(work.session, Job(WORKFLOW, f"{WORKFLOW}-{order.id}", (str(order.id),)))
    return order.id


def make_ordered(tools: EvidenceTools, order_id: UUID) -> None:
    """What the job does; again after a crash, and once it is finished never again. A refusal is kept with the order.

    Raises: Unavailable, for the job to try again.
    """
    with tools.database.reading() as work:
        order = work.session.get_one(EvidenceOrder, order_id)
        if order.finished_at is not None:
            return
    try:
        with tools.database.reading() as work:
            actor = actor_of_person(work, order.organisation_id, order.account_id)
        package = pack_evidence(
            tools,
            actor,
            [UUID(each) for each in order.record_ids],
            whole_scans=order.whole_scans,
            progress=lambda done: _progress(tools.database, order_id, done),
        )
    except Unavailable:
        raise
    except PrintServerError as problem:
        give_up(tools.database, order_id, str(problem), problem.code)
        return
    digest = tools.objects.put(package.data, order.organisation_id)
    with tools.database.work() as work:
        _finish(
            work,
            order_id,
            package_sha256=digest,
            filename=package.name,
            bytes=len(package.data),
            done=len(order.record_ids),
        )


def give_up(database: Database, order_id: UUID, failure: str, code: str = "unavailable") -> None:
    with database.work() as work:
        _finish(work, order_id, failure=failure[:500], failure_code=code)


def evidence_orders(work: Work, actor: Actor) -> tuple[OrderFacts, ...]:
    """One's own, the newest first.   Raises: Forbidden."""
    require(actor, Permission.READ_EVIDENCE)
    rows = work.session.scalars(
        select(EvidenceOrder)
        .where(EvidenceOrder.account_id == actor.id)
        .order_by(EvidenceOrder.id.desc())
        .limit(_SHOWN)
    )
    return tuple(_facts(row) for row in rows)


def evidence_order(work: Work, actor: Actor, order_id: UUID) -> OrderFacts:
    """Raises: Forbidden, EvidenceOrderNotFound, also for another person's."""
    return _facts(_own(work, actor, order_id))


def ordered_package(database: Database, objects: Objects, actor: Actor, order_id: UUID) -> Package:
    """The zip file, if its records may still be read by whoever ordered it.

    Raises: Forbidden, EvidenceOrderNotFound, EvidenceOrderNotReady, RecordNotFound, RecordDisposed, ObjectChanged.
    """
    with database.reading() as work:
        order = _own(work, actor, order_id)
        if order.package_sha256 is None or order.erased_at is not None:
            raise EvidenceOrderNotReady("the package is not made yet, or was erased; order it anew")
        for record_id in order.record_ids:
            check_may_pack(work, actor, UUID(record_id))
    return Package(order.filename, objects.get(order.package_sha256, order.organisation_id))


def erase_old_packages(database: Database, objects: Objects) -> int:
    """How many are gone now: those older than a week, and those with a record that was disposed of since.

    Bytes that another order or an imported record names as well stay for that one.
    """
    with database.reading() as work:
        rows = work.session.scalars(
            select(EvidenceOrder).where(EvidenceOrder.package_sha256.is_not(None), EvidenceOrder.erased_at.is_(None))
        ).all()
        over = [row for row in rows if _is_over(work, row)]
    for row in over:
        with database.reading() as work:
            named = _named_elsewhere(work, row)
        if not named:
            objects.erase(row.package_sha256 or "", row.organisation_id)
        with database.work() as work:
            work.session.execute(update(EvidenceOrder).where(EvidenceOrder.id == row.id).values(erased_at=work.now()))
    return len(over)


def _named_elsewhere(work: Work, row: EvidenceOrder) -> bool:
    imported = select(ForeignRecord.id).where(
        ForeignRecord.organisation_id == row.organisation_id, ForeignRecord.package_sha256 == row.package_sha256
    )
    ordered = select(EvidenceOrder.id).where(
        EvidenceOrder.organisation_id == row.organisation_id,
        EvidenceOrder.package_sha256 == row.package_sha256,
        EvidenceOrder.erased_at.is_(None),
        EvidenceOrder.id != row.id,
    )
    return any(work.session.scalar(chosen.limit(1)) is not None for chosen in (imported, ordered))


def _is_over(work: Work, row: EvidenceOrder) -> bool:
    old = row.finished_at is not None and row.finished_at < work.now() - KEPT
    return old or any(is_disposed(work, UUID(record_id)) for record_id in row.record_ids)


def _own(work: Work, actor: Actor, order_id: UUID) -> EvidenceOrder:
    require(actor, Permission.READ_EVIDENCE)
    row = work.session.scalar(
        select(EvidenceOrder).where(EvidenceOrder.id == order_id, EvidenceOrder.account_id == actor.id)
    )
    if row is None:
        raise EvidenceOrderNotFound("there is no such order of yours")
    return row


def _progress(database: Database, order_id: UUID, done: int) -> None:
    with database.work() as work:
        work.session.execute(update(EvidenceOrder).where(EvidenceOrder.id == order_id).values(done=done))


def _finish(work: Work, order_id: UUID, **values: object) -> None:
    work.session.execute(
        update(EvidenceOrder)
        .where(EvidenceOrder.id == order_id, EvidenceOrder.finished_at.is_(None))
        .values(finished_at=work.now(), **values)
    )


def _facts(row: EvidenceOrder) -> OrderFacts:
    ready = row.package_sha256 is not None and row.finished_at is not None
    return OrderFacts(
        row.id,
        _state(row),
        len(row.record_ids),
        row.done,
        row.whole_scans,
        row.failure,
        row.failure_code,
        row.filename,
        row.bytes,
        row.created_at,
        row.finished_at,
        row.finished_at + KEPT if ready and row.finished_at is not None else None,
    )


def _state(row: EvidenceOrder) -> OrderState:
    if row.finished_at is None:
        return OrderState.WAITING
    if row.erased_at is not None:
        return OrderState.ERASED
    return OrderState.FAILED if row.package_sha256 is None else OrderState.READY
