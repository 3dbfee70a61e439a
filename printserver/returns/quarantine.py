"""Scans that no gate let in: kept as they came, with the reason, until a person tries them again or discards them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError

from printserver.audit.log import append
from printserver.foundation.errors import NotFound, PrintServerError, Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, require, within
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch, names
from printserver.print_requests.service import ReasonMissing
from printserver.returns.quarantine_events import (
    QuarantinedScanDiscarded,
    QuarantinedScanRead,
    QuarantinedScanTakenIn,
    ScanQuarantined,
)
from printserver.returns.quarantine_models import QuarantinedScan
from printserver.returns.service import AlreadyHandedIn, hand_in
from printserver.storage.objects import Objects

TAKEN_IN: Final = "taken-in"
DISCARDED: Final = "discarded"
LONGEST_NAME: Final = 200
LONGEST_DETAIL: Final = 500
LONGEST_REASON: Final = 500


class QuarantinedScanNotFound(NotFound):
    code = "quarantined-scan-not-found"


class QuarantinedScanSettled(Refused):
    """It was taken in or discarded before."""

    code = "quarantined-scan-settled"


@dataclass(frozen=True)
class QuarantinedScanView:
    """`problem`: the refusal's code.   outcome: empty while it waits, `taken-in` or `discarded`."""

    id: UUID
    branch: str
    channel: str
    filename: str
    scan_sha256: str
    bytes: int
    problem: str
    detail: str
    handed_in_by: str
    created_at: datetime
    outcome: str
    return_id: UUID | None
    settled_by: str
    settled_at: datetime | None
    settled_reason: str


def keep_refused(
    database: Database,
    objects: Objects,
    actor: Actor,
    *,
    channel: str,
    filename: str,
    data: bytes,
    problem: PrintServerError,
) -> UUID:
    """Store what was refused, for the actor's branch; the id, also of the same bytes that wait there already.

    problem: why it was refused.   Nothing is decoded.
    """
    digest = objects.put(data, actor.organisation_id)
    row = QuarantinedScan(
        id=new_id(),
        organisation_id=actor.organisation_id,
        branch_id=actor.branch_id,
        handed_in_by=actor.id,
        channel=channel,
        filename="".join(letter for letter in filename if letter.isprintable())[-LONGEST_NAME:],
        scan_sha256=digest,
        bytes=len(data),
        problem=problem.code,
        detail=str(problem)[:LONGEST_DETAIL],
    )
    try:
        with database.work() as work:
            return _waiting(work, actor, digest) or _enter(work, actor, row)
    except IntegrityError:
        with database.reading() as work:
            earlier = _waiting(work, actor, digest)
        if earlier is None:
            raise
        return earlier


def quarantined(
    work: Work, actor: Actor, *, settled: bool = False, before: UUID | None = None, limit: int = 50
) -> tuple[QuarantinedScanView, ...]:
    """Of the actor's branches, the newest first.   settled: those that no longer wait.   Raises: Forbidden."""
    require(actor, Permission.READ_RETURNS)
    wanted = QuarantinedScan.outcome != "" if settled else QuarantinedScan.outcome == ""
    condition = wanted & within(QuarantinedScan.branch_id, actor, Permission.READ_RETURNS)
    if before is not None:
        condition &= QuarantinedScan.id < before
    return _views(work, condition, max(1, min(limit, 200)))


def quarantined_scan(work: Work, actor: Actor, scan_id: UUID) -> QuarantinedScanView:
    """Raises: Forbidden, QuarantinedScanNotFound."""
    row = _row(work, actor, scan_id, Permission.READ_RETURNS)
    return _views(work, QuarantinedScan.id == row.id, 1)[0]


def quarantined_file(database: Database, objects: Objects, actor: Actor, scan_id: UUID) -> bytes:
    """The untouched file. That it was read is recorded.   Raises: Forbidden, QuarantinedScanNotFound, ObjectChanged."""
    with database.work() as work:
        row = _row(work, actor, scan_id, Permission.READ_RETURNS)
        digest, owner = row.scan_sha256, row.organisation_id
        append(work, actor.by, QuarantinedScanRead(id=row.id, scan_sha256=digest))
    return objects.get(digest, owner)


def try_again(database: Database, objects: Objects, actor: Actor, scan_id: UUID) -> UUID:
    """Show it to the gate once more, and have it read; the id of its return.

    Raises: Forbidden, QuarantinedScanNotFound, QuarantinedScanSettled, ScanRefused: then it waits on as it was.
    """
    with database.reading() as work:
        row = _row(work, actor, scan_id, Permission.SETTLE_RETURNS)
        _still_waits(row)
    data = objects.get(row.scan_sha256, row.organisation_id)
    try:
        return_id = hand_in(database, objects, actor, filename=row.filename, data=data, branch_id=row.branch_id)
    except AlreadyHandedIn as known:
        return_id = known.return_id
    with database.work() as work:
        _settle(work, actor, row.id, outcome=TAKEN_IN, return_id=return_id)
        append(work, actor.by, QuarantinedScanTakenIn(id=row.id, scan_sha256=row.scan_sha256, return_id=return_id))
    return return_id


def discard(work: Work, actor: Actor, scan_id: UUID, *, reason: str) -> None:
    """Say that nothing is lost with it.

    Raises: Forbidden, QuarantinedScanNotFound, QuarantinedScanSettled, ReasonMissing.
    """
    row = _row(work, actor, scan_id, Permission.SETTLE_RETURNS)
    if not reason.strip():
        raise ReasonMissing("say why, for whoever reads the log")
    _still_waits(row)
    given = reason.strip()[:LONGEST_REASON]
    _settle(work, actor, row.id, outcome=DISCARDED, settled_reason=given)
    append(work, actor.by, QuarantinedScanDiscarded(id=row.id, scan_sha256=row.scan_sha256, reason=given))


def _waiting(work: Work, actor: Actor, digest: str) -> UUID | None:
    return work.session.scalar(
        select(QuarantinedScan.id).where(
            QuarantinedScan.branch_id == actor.branch_id,
            QuarantinedScan.scan_sha256 == digest,
            QuarantinedScan.outcome == "",
        )
    )


def _enter(work: Work, actor: Actor, row: QuarantinedScan) -> UUID:
    row.created_at = work.now()
    work.session.add(row)
    work.session.flush()
    event = ScanQuarantined(
        id=row.id,
        scan_sha256=row.scan_sha256,
        channel=row.channel,
        bytes=row.bytes,
        problem=row.problem,
    )
    append(work, actor.by, event)
    return row.id


def _row(work: Work, actor: Actor, scan_id: UUID, permission: Permission) -> QuarantinedScan:
    require(actor, permission)
    found = work.session.scalar(
        select(QuarantinedScan).where(
            QuarantinedScan.id == scan_id, within(QuarantinedScan.branch_id, actor, permission)
        )
    )
    if found is None:
        raise QuarantinedScanNotFound("there is no such scan")
    return found


def _still_waits(row: QuarantinedScan) -> None:
    if row.outcome:
        raise QuarantinedScanSettled("somebody has settled this scan already; please look at it again")


def _settle(work: Work, actor: Actor, scan_id: UUID, **fields: object) -> None:
    moved = work.session.scalar(
        update(QuarantinedScan)
        .where(QuarantinedScan.id == scan_id, QuarantinedScan.outcome == "")
        .values(settled_by=actor.id, settled_at=work.now(), **fields)
        .returning(QuarantinedScan.id)
    )
    if moved is None:
        raise QuarantinedScanSettled("somebody has settled this scan already; please look at it again")


def _views(work: Work, condition: ColumnElement[bool], limit: int) -> tuple[QuarantinedScanView, ...]:
    rows = work.session.scalars(
        select(QuarantinedScan).where(condition).order_by(QuarantinedScan.id.desc()).limit(limit)
    ).all()
    people = names(work, {row.handed_in_by for row in rows} | {row.settled_by for row in rows if row.settled_by})
    places = {each: branch(work, each).name for each in {row.branch_id for row in rows}}
    return tuple(
        QuarantinedScanView(
            id=row.id,
            branch=places[row.branch_id],
            channel=row.channel,
            filename=row.filename,
            scan_sha256=row.scan_sha256,
            bytes=row.bytes,
            problem=row.problem,
            detail=row.detail,
            handed_in_by=people.get(row.handed_in_by, ""),
            created_at=row.created_at,
            outcome=row.outcome,
            return_id=row.return_id,
            settled_by=people.get(row.settled_by, "") if row.settled_by else "",
            settled_at=row.settled_at,
            settled_reason=row.settled_reason,
        )
        for row in rows
    )
