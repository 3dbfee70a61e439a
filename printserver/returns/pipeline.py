"""Read a return and record the fate of each of its pages, page by page.

Decoding, matching and comparing run outside transactions. Each page is recorded in a transaction of its own together
with the count of those that are: whoever finds that count moved has lost the race and writes nothing. So a crash
repeats at most the reading of one page, and the batch can be watched while it is worked on. Pictures are stored by
digest, a copy is archived once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from printserver.archive.queries import record_of_copy
from printserver.audit.log import By, append
from printserver.foundation.errors import NotFound, PrintServerError, Unavailable
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.queries import OrganisationFacts, organisation
from printserver.print_requests.queries import copy_facts
from printserver.returns.comparing import IssuedPages
from printserver.returns.completion import archive_if_complete, kept_pages, lock_copies
from printserver.returns.events import (
    PageAttached,
    PageDoubted,
    PageEvent,
    PageMatched,
    PagesTakenOver,
    ProcessSheetMet,
    ReturnFailed,
    ReturnRead,
)
from printserver.returns.fate import PageFate, PageReader
from printserver.returns.intake import ScanFile, ScanKind
from printserver.returns.models import Return, ReturnPage
from printserver.returns.pages import scan_pages
from printserver.returns.reading import refusal_of_state
from printserver.returns.separation import Section, placed
from printserver.returns.states import KEPT, OF_REQUEST, PageState, Reason, ReturnState
from printserver.signing.key_list import KeyList
from printserver.storage.objects import Objects

MOST_TOLD: Final = 2_000
"""Characters of the reasons why a return failed; each copy of a large batch may have its own."""


@dataclass(frozen=True)
class ReturnTools:
    """What reading returns needs of the outside."""

    database: Database
    objects: Objects
    load_key_list: Callable[[], KeyList]
    issued_pages: Callable[[Objects], IssuedPages] = IssuedPages
    """Has scanned pages compared with the issued ones."""


@dataclass(frozen=True)
class _Order:
    """A return as it stands when its reading begins.   done: how many of its pages have their fate."""

    id: UUID
    branch_id: UUID
    organisation: OrganisationFacts
    scan_sha256: str
    scan_kind: str
    state: ReturnState
    pages: int
    done: int
    at: datetime

    @property
    def by(self) -> By:
        return By(self.organisation.id, process="returns")


def process_return(tools: ReturnTools, return_id: UUID) -> None:
    """Give each page of the return its fate, archive the copies that it completes, and then say that it is read.

    A file that cannot be read at all makes the return `failed`, with the reason, and so does a copy that cannot be
    archived; bytes and pages stay stored.
    Raises: Unavailable, KeyListRefused: the return stays `received`, to be read on later.
    """
    with tools.database.work() as work:
        order = _taken_up(work, return_id)
    if order.state is ReturnState.RECEIVED:
        reader = _reader(tools, order, tools.load_key_list())
        try:
            for fate in _fates(tools, order, reader):
                _record(tools.database, order, fate)
        except Unavailable:
            raise
        except PrintServerError as problem:
            fail_return(tools.database, return_id, f"{problem.code}: {problem}")
            return
        problems = _archive(tools.database, order)
        if problems:
            _close_failed(tools.database, order, *problems)
        else:
            _finish(tools.database, order)


def fail_return(database: Database, return_id: UUID, problem: str) -> None:
    """Close a return that cannot be read on, unless it has been read.

    Pages that have their fate keep it, and copies that they complete are archived; when the same file is handed in
    again, it is read on from there. Whatever archiving raises, the return is closed; only a database that is away
    leaves it to whoever calls again.
    """
    with database.reading() as work:
        order = _order(work, return_id)
    problems: tuple[str, ...] = ()
    try:
        if order.state is ReturnState.RECEIVED:
            problems = _archive(database, order)
    except (InterfaceError, OperationalError):
        raise
    except Exception:
        _close_failed(database, order, problem)
        raise
    _close_failed(database, order, problem, *problems)


def _close_failed(database: Database, order: _Order, *problems: str) -> None:
    problem = "; ".join(problems)[:MOST_TOLD]
    with database.work() as work:
        if _close(work, order.id, ReturnState.FAILED, failure=problem):
            append(work, order.by, ReturnFailed(id=order.id, problem=problem))


def _taken_up(work: Work, return_id: UUID) -> _Order:
    """The return with the pages that are recorded already, its own and those of a failed return of the same bytes."""
    order = _order(work, return_id)
    if order.state is not ReturnState.RECEIVED:
        return order
    if not order.done:
        _take_over(work, order)
    recorded = select(func.count()).where(ReturnPage.return_id == return_id).scalar_subquery()
    work.session.execute(
        update(Return)
        .where(Return.id == return_id, Return.state == ReturnState.RECEIVED)
        .values(pages_read=recorded)
        .execution_options(synchronize_session=False)
    )
    work.session.expire_all()
    return _order(work, return_id)


def _take_over(work: Work, order: _Order) -> None:
    failed = work.session.scalars(
        select(Return).where(
            Return.branch_id == order.branch_id,
            Return.scan_sha256 == order.scan_sha256,
            Return.state == ReturnState.FAILED,
            Return.pages_read > 0,
        )
    )
    for earlier in failed.all():
        moved = work.session.scalars(
            update(ReturnPage)
            .where(ReturnPage.return_id == earlier.id)
            .values(return_id=order.id)
            .returning(ReturnPage.id)
            .execution_options(synchronize_session=False)
        ).all()
        if moved:
            section = (earlier.section_request_id, earlier.section_sheet)
            work.session.execute(
                update(Return)
                .where(Return.id == order.id)
                .values(section_request_id=section[0], section_sheet=section[1])
            )
            append(work, order.by, PagesTakenOver(id=order.id, earlier_id=earlier.id, pages=len(moved)))
            return


def _order(work: Work, return_id: UUID) -> _Order:
    row = work.session.get(Return, return_id)
    if row is None:
        raise NotFound("there is no such return")
    own = organisation(work, row.organisation_id)
    state = ReturnState(row.state)
    return _Order(
        row.id,
        row.branch_id,
        own,
        row.scan_sha256,
        row.scan_kind,
        state,
        row.pages,
        row.pages_read,
        work.now(),
    )


def _reader(tools: ReturnTools, order: _Order, key_list: KeyList) -> PageReader:
    issued = tools.issued_pages(tools.objects)
    return PageReader(tools.database, tools.objects, key_list, order.organisation, order.branch_id, issued, order.at)


def _fates(tools: ReturnTools, order: _Order, reader: PageReader) -> Iterator[PageFate]:
    """Of the pages that have none yet."""
    scan = tools.objects.get(order.scan_sha256, order.organisation.id)
    file = ScanFile(ScanKind(order.scan_kind), order.pages)  # as the gate said when it was handed in
    for scanned in scan_pages(scan, only=range(order.done + 1, order.pages + 1), known=file):
        yield reader.fate(scanned)


def _record(database: Database, order: _Order, fate: PageFate) -> None:
    """Write what became of the page, unless somebody has done so already."""
    with database.work() as work:
        counted = work.session.execute(
            update(Return)
            .where(
                Return.id == order.id,
                Return.state == ReturnState.RECEIVED,
                Return.pages_read == fate.position - 1,
            )
            .values(pages_read=fate.position)
            .returning(Return.section_request_id, Return.section_sheet)
        ).one_or_none()
        if counted is None:
            return
        request_id, sheet = counted
        before = None if request_id is None or sheet is None else Section(request_id, sheet)
        final, after = placed(before, _final(work, fate))
        if after != before:
            section = (None, None) if after is None else (after.request_id, after.sheet)
            work.session.execute(
                update(Return)
                .where(Return.id == order.id)
                .values(section_request_id=section[0], section_sheet=section[1])
            )
        _write(work, order, final)


def _final(work: Work, fate: PageFate) -> PageFate:
    """Of each page of a copy only the first is kept; and the books may have changed while the page was compared."""
    place = fate.kept_as
    if place is None:
        return fate
    lock_copies(work, [place[0]])
    reason = refusal_of_state(copy_facts(work, place[0]).state)
    if reason is None and place[1] in kept_pages(work, place[0]):
        archived = record_of_copy(work, place[0]) is not None
        reason = Reason.NEW_VERSION if archived else Reason.DUPLICATE_PAGE
    return fate if reason is None else fate.doubted(reason)


def _finish(database: Database, order: _Order) -> None:
    """Close the return when all its pages have their fate, once."""
    with database.work() as work:
        if not _close(work, order.id, ReturnState.READ):
            return
        rows = work.session.execute(
            select(ReturnPage.state, func.count()).where(ReturnPage.return_id == order.id).group_by(ReturnPage.state)
        )
        counts = {PageState(state): count for state, count in rows}
        read = ReturnRead(
            id=order.id,
            pages=sum(counts.values()),
            matched=counts.get(PageState.MATCHED, 0),
            doubtful=counts.get(PageState.DOUBTFUL, 0),
            blank=counts.get(PageState.BLANK, 0),
            attached=counts.get(PageState.ATTACHED, 0),
        )
        append(work, order.by, read)


def _close(work: Work, return_id: UUID, state: ReturnState, **fields: object) -> bool:
    """Move the return on from `received`, once; False when it has been moved."""
    moved = work.session.scalar(
        update(Return)
        .where(Return.id == return_id, Return.state == ReturnState.RECEIVED)
        .values(state=state, finished_at=work.now(), **fields)
        .returning(Return.id)
    )
    return moved is not None


def _write(work: Work, order: _Order, fate: PageFate) -> None:
    own = fate.state in OF_REQUEST
    page = ReturnPage(
        id=new_id(),
        return_id=order.id,
        organisation_id=order.organisation.id,
        branch_id=order.branch_id,
        position=fate.position,
        state=fate.state,
        reason=fate.reason,
        copy_id=fate.copy_id,
        page=fate.page,
        request_id=fate.request_id if own else None,
        sheet=fate.sheet if own else None,
        rotation=fate.rotation,
        image_sha256=fate.image_sha256,
        verdict=fate.verdict,
        findings=fate.findings,
    )
    work.session.add(page)
    event = _event(page, fate)
    if event is not None:
        append(work, order.by, event)


def _event(page: ReturnPage, fate: PageFate) -> PageEvent | None:
    if fate.kept_as is not None:
        copy_id, number = fate.kept_as
        return PageMatched(
            id=page.id,
            return_id=page.return_id,
            position=page.position,
            copy_id=copy_id,
            page=number,
            evidence=fate.findings["evidence"],
            verdict=fate.verdict,
            reason=fate.reason,
            image_sha256=fate.image_sha256 or "",
        )
    if fate.state is PageState.DOUBTFUL:
        return PageDoubted(
            id=page.id,
            return_id=page.return_id,
            position=page.position,
            reason=fate.reason,
            copy_id=fate.copy_id,
            page=fate.page,
            verdict=fate.verdict,
        )
    if page.request_id is None:
        return None
    if fate.state is PageState.SHEET:
        return ProcessSheetMet(id=page.id, return_id=page.return_id, position=page.position, request_id=page.request_id)
    return PageAttached(
        id=page.id,
        return_id=page.return_id,
        position=page.position,
        request_id=page.request_id,
        sheet=fate.sheet,
        image_sha256=fate.image_sha256 or "",
    )


def _archive(database: Database, order: _Order) -> tuple[str, ...]:
    """Each complete copy by itself, so that one that cannot be archived holds up no other; why those could not."""
    problems = []
    kept = (ReturnPage.return_id == order.id, ReturnPage.state.in_(KEPT), ReturnPage.copy_id.is_not(None))
    with database.reading() as work:
        copy_ids = work.session.scalars(select(ReturnPage.copy_id).where(*kept).distinct()).all()
    for copy_id in copy_ids:
        if copy_id is None:
            continue
        try:
            with database.work() as work:
                archive_if_complete(work, order.by, copy_id)
        except Unavailable:
            raise
        except PrintServerError as problem:
            problems.append(f"copy {copy_id} cannot be archived: {problem.code}: {problem}")
    return tuple(problems)
