"""Hand in scans, and settle by hand what the machine could not."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from printserver.archive.queries import record_of_copy
from printserver.audit.log import append
from printserver.foundation.errors import Forbidden, Malformed, NotFound, Refused, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import Job
from printserver.foundation.serials import CopySerial
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.permissions import Permission
from printserver.print_requests.access import copy_for
from printserver.print_requests.queries import CopyFacts, copy_by_serial
from printserver.print_requests.service import ReasonMissing
from printserver.returns.access import page_for
from printserver.returns.completion import archive_if_complete, kept_pages, lock_copies
from printserver.returns.events import PageDiscarded, PageSettled, ReturnHandedIn
from printserver.returns.intake import ScanFile, examine
from printserver.returns.models import Return, ReturnPage
from printserver.returns.reading import refusal_of_state
from printserver.returns.states import KEPT, PageAction, PageState, ReturnState, next_page_state
from printserver.storage.objects import Objects

LONGEST_NAME: Final = 200
LONGEST_REASON: Final = 500


class AlreadyHandedIn(Refused):
    """The branch has handed in these very bytes. `return_id`: the earlier return."""

    code = "already-handed-in"

    def __init__(self, return_id: UUID) -> None:
        super().__init__(f"this very file has been handed in before, as return {return_id}")
        self.return_id = return_id


class CopyNotFound(NotFound):
    code = "copy-not-found"


class CopyNotReturnable(Refused):
    """By the books the copy was never printed, or it is void."""

    code = "copy-not-returnable"


class NoSuchPage(Malformed):
    code = "no-such-page"


class PageTaken(Refused):
    """Another page is kept as this one; discard that first."""

    code = "page-taken"


class PageArchived(Refused):
    """The page's copy is in the archive, where nothing changes."""

    code = "page-archived"


def hand_in(database: Database, objects: Objects, actor: Actor, *, filename: str, data: bytes) -> UUID:
    """Take in a scan for the actor's own branch and have it read; the id of the new return.

    The same bytes are refused while the branch has a return of them that did not fail: nothing could come of it but
    duplicates. Nothing is stored of a file that the gate refuses.
    Raises: Forbidden, ScanRefused, AlreadyHandedIn.
    """
    with database.reading() as work:
        if not actor.may(Permission.HAND_IN_RETURNS, branch_path(work, actor.branch_id)):
            raise Forbidden(f"your roles at your branch do not include: {Permission.HAND_IN_RETURNS}")
    file = examine(data, filename)
    digest = objects.put(data, actor.organisation_id)
    try:
        with database.work() as work:
            _refuse_earlier(work, actor, digest)
            return _enter(work, actor, filename, digest, file, len(data))
    except IntegrityError:
        with database.reading() as work:
            _refuse_earlier(work, actor, digest)
        raise


def settle_page(work: Work, actor: Actor, page_id: UUID, *, serial: str, page: int, reason: str) -> None:
    """Say which page of which copy a page is; also to correct what the machine or a person said before.

    serial: as typed from the paper.   page: 1-based.   The copy is archived when this was its last page.
    Raises: Forbidden, PageNotFound, ReasonMissing, TransitionRefused, SerialMalformed, CopyNotFound,
    CopyNotReturnable, NoSuchPage, PageTaken, PageArchived. A copy of another branch is not found.
    """
    row = page_for(work, actor, page_id, Permission.SETTLE_RETURNS)
    reason = _given(reason)
    after = next_page_state(PageState(row.state), PageAction.SETTLE)
    copy = _returnable(work, actor, serial)
    if not 1 <= page <= copy.pages:
        raise NoSuchPage(f"the copy has pages 1 to {copy.pages}")
    _hold(work, row, copy.id)
    if kept_pages(work, copy.id).get(page, row.id) != row.id:
        raise PageTaken("another page is kept as this page of this copy; discard that one first")
    event = PageSettled(
        id=row.id,
        return_id=row.return_id,
        position=row.position,
        copy_id=copy.id,
        page=page,
        reason=reason,
        state_before=row.state,
        reason_before=row.reason,
        copy_id_before=row.copy_id,
        page_before=row.page,
    )
    verdict = row.verdict if (row.copy_id, row.page) == (copy.id, page) else ""
    _move(work, actor, row, after, copy_id=copy.id, page=page, reason=reason, verdict=verdict)
    append(work, actor.by, event)
    archive_if_complete(work, actor.by, copy.id)


def discard_page(work: Work, actor: Actor, page_id: UUID, *, reason: str) -> None:
    """Say that a page is none to keep (a cover sheet, a second scan); its picture and the scan stay stored.

    Raises: Forbidden, PageNotFound, ReasonMissing, TransitionRefused, PageArchived.
    """
    row = page_for(work, actor, page_id, Permission.SETTLE_RETURNS)
    reason = _given(reason)
    after = next_page_state(PageState(row.state), PageAction.DISCARD)
    _hold(work, row)
    event = PageDiscarded(
        id=row.id,
        return_id=row.return_id,
        position=row.position,
        reason=reason,
        state_before=row.state,
        reason_before=row.reason,
        copy_id_before=row.copy_id,
        page_before=row.page,
    )
    _move(work, actor, row, after, reason=reason)
    append(work, actor.by, event)


def _refuse_earlier(work: Work, actor: Actor, digest: str) -> None:
    earlier = work.session.scalar(
        select(Return.id).where(
            Return.branch_id == actor.branch_id, Return.scan_sha256 == digest, Return.state != ReturnState.FAILED
        )
    )
    if earlier is not None:
        raise AlreadyHandedIn(earlier)


def _enter(work: Work, actor: Actor, filename: str, digest: str, file: ScanFile, size: int) -> UUID:
    shown = "".join(letter for letter in filename if letter.isprintable())[-LONGEST_NAME:]
    row = Return(
        id=new_id(),
        organisation_id=actor.organisation_id,
        branch_id=actor.branch_id,
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
    event = ReturnHandedIn(id=row.id, filename=shown, scan_sha256=digest, scan_kind=file.kind, bytes=size)
    append(work, actor.by, event)
    work.jobs.enqueue(work.session, Job("process-return", f"process-return-{row.id}", (str(row.id),)))
    return row.id


def _given(reason: str) -> str:
    if not reason.strip():
        raise ReasonMissing("say why, for whoever reads the log")
    return reason.strip()[:LONGEST_REASON]


def _returnable(work: Work, actor: Actor, serial: str) -> CopyFacts:
    copy = copy_by_serial(work, CopySerial.parse(serial))
    if copy is None:
        raise CopyNotFound("there is no such copy")
    try:
        copy_for(work, actor, copy.id, Permission.SETTLE_RETURNS)
    except NotFound:
        raise CopyNotFound("there is no such copy") from None
    if refusal_of_state(copy.state) is not None:
        raise CopyNotReturnable(f"the copy is {copy.state}; its paper is none to archive")
    return copy


def _hold(work: Work, row: ReturnPage, *more: UUID) -> None:
    """Lock the copies whose pages change; what is archived stays as it is."""
    own = {row.copy_id} if row.copy_id is not None and row.state in KEPT else set()
    lock_copies(work, own | set(more))
    if any(record_of_copy(work, copy_id) is not None for copy_id in own):
        raise PageArchived("the copy is archived; its pages no longer change")


def _move(work: Work, actor: Actor, row: ReturnPage, state: PageState, **fields: object) -> None:
    moved = work.session.scalar(
        update(ReturnPage)
        .where(ReturnPage.id == row.id, ReturnPage.state == row.state)
        .values(state=state, settled_by=actor.id, settled_at=work.now(), **fields)
        .returning(ReturnPage.id)
    )
    if moved is None:
        raise TransitionRefused("the page has just changed; please look at it again")
