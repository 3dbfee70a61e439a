"""Hand in scans."""

from __future__ import annotations

from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from printserver.audit.log import append
from printserver.foundation.errors import Forbidden, Refused
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import Job
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.permissions import Permission
from printserver.returns.events import ReturnHandedIn
from printserver.returns.intake import ScanFile, examine
from printserver.returns.models import Return
from printserver.returns.states import ReturnState
from printserver.storage.objects import Objects

LONGEST_NAME: Final = 200


class AlreadyHandedIn(Refused):
    """The branch has handed in these very bytes. `return_id`: the earlier return."""

    code = "already-handed-in"

    def __init__(self, return_id: UUID) -> None:
        super().__init__(f"this very file has been handed in before, as return {return_id}")
        self.return_id = return_id


def hand_in(
    database: Database, objects: Objects, actor: Actor, *, filename: str, data: bytes, branch_id: UUID | None = None
) -> UUID:
    """Take in a scan for a branch, unless said otherwise the actor's own, and have it read; the id of the new return.

    The same bytes are refused while the branch has a return of them that did not fail: nothing could come of it but
    duplicates. Nothing is stored of a file that the gate refuses.
    Raises: Forbidden, ScanRefused, AlreadyHandedIn.
    """
    branch = branch_id or actor.branch_id
    with database.reading() as work:
        if not actor.may(Permission.HAND_IN_RETURNS, branch_path(work, branch)):
            raise Forbidden(f"your roles at the branch do not include: {Permission.HAND_IN_RETURNS}")
    file = examine(data, filename)
    with database.reading() as work:  # before anything is stored: what was erased does not come back
        _refuse_earlier(work, branch, sha256(data).hexdigest())
    digest = objects.put(data, actor.organisation_id)
    try:
        with database.work() as work:
            _refuse_earlier(work, branch, digest)
            return _enter(work, actor, branch, filename, digest, file, len(data))
    except IntegrityError:
        with database.reading() as work:
            _refuse_earlier(work, branch, digest)
        raise


def _refuse_earlier(work: Work, branch_id: UUID, digest: str) -> None:
    earlier = work.session.scalar(
        select(Return.id).where(
            Return.branch_id == branch_id, Return.scan_sha256 == digest, Return.state != ReturnState.FAILED
        )
    )
    if earlier is not None:
        raise AlreadyHandedIn(earlier)


def _enter(work: Work, actor: Actor, branch_id: UUID, filename: str, digest: str, file: ScanFile, size: int) -> UUID:
    shown = "".join(letter for letter in filename if letter.isprintable())[-LONGEST_NAME:]
    row = Return(
        id=new_id(),
        organisation_id=actor.organisation_id,
        branch_id=branch_id,
        handed_in_by=actor.id,
        filename=shown,
        scan_sha256=digest,
        scan_kind=file.kind,
        pages=file.pages,
        state=ReturnState.RECEIVED,
        created_at=work.now(),
    )
    work.session.add(row)
    work.session.flush()
    event = ReturnHandedIn(id=row.id, scan_sha256=digest, scan_kind=file.kind, bytes=size)
    append(work, actor.by, event)
    work.jobs.enqueue(work.session, Job("process-return", f"process-return-{row.id}", (str(row.id),)))
    return row.id
