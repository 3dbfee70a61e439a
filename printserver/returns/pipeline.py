"""Read a return and record what became of each of its pages, once.

Decoding, matching and comparing run outside transactions. May be run again after a crash: the result is recorded only
while the return is still `received`, pictures are stored by digest, a copy is archived once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from printserver.audit.log import By, append
from printserver.foundation.errors import NotFound, PrintServerError, Unavailable
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.queries import OrganisationFacts, organisation
from printserver.print_requests.queries import copy_facts
from printserver.returns.comparing import IssuedPages
from printserver.returns.completion import archive_if_complete, kept_pages, lock_copies
from printserver.returns.events import PageDoubted, PageMatched, ReturnFailed, ReturnRead
from printserver.returns.fate import PageFate, PageReader
from printserver.returns.models import Return, ReturnPage
from printserver.returns.pages import scan_pages
from printserver.returns.reading import refusal_of_state
from printserver.returns.states import KEPT, PageState, Reason, ReturnState
from printserver.signing.key_list import KeyList
from printserver.storage.objects import Objects


@dataclass(frozen=True)
class ReturnTools:
    """What reading returns needs of the outside."""

    database: Database
    objects: Objects
    load_key_list: Callable[[], KeyList]


@dataclass(frozen=True)
class _Order:
    """A return as it stands when its reading begins."""

    id: UUID
    branch_id: UUID
    organisation: OrganisationFacts
    scan_sha256: str
    state: ReturnState
    at: datetime

    @property
    def by(self) -> By:
        return By(self.organisation.id, process="returns")


def process_return(tools: ReturnTools, return_id: UUID) -> None:
    """Give each page of the return its fate, and archive the copies that it completes.

    A file that cannot be read at all makes the return `failed`, with the reason; its bytes stay stored.
    Raises: Unavailable, KeyListRefused: the return stays `received`, to be read later.
    """
    with tools.database.reading() as work:
        order = _order(work, return_id)
    if order.state is ReturnState.RECEIVED:
        reader = _reader(tools, order, tools.load_key_list())
        try:
            fates = list(_fates(tools, order, reader))
        except Unavailable:
            raise
        except PrintServerError as problem:
            fail_return(tools.database, return_id, f"{problem.code}: {problem}")
            return
        _record(tools.database, order, fates)
    _archive(tools.database, order)


def _fates(tools: ReturnTools, order: _Order, reader: PageReader) -> Iterator[PageFate]:
    for number, scanned in enumerate(scan_pages(tools.objects.get(order.scan_sha256, order.organisation.id)), 1):
        yield reader.fate(scanned)
        _note_read(tools.database, order.id, number)


def _note_read(database: Database, return_id: UUID, pages: int) -> None:
    """Only for whoever watches: nothing is decided by it."""
    with database.work() as work:
        work.session.execute(update(Return).where(Return.id == return_id).values(pages_read=pages))


def fail_return(database: Database, return_id: UUID, problem: str) -> None:
    """Close a return of which nothing could be read, unless it has been read."""
    with database.work() as work:
        order = _order(work, return_id)
        if _close(work, return_id, ReturnState.FAILED, failure=problem):
            append(work, order.by, ReturnFailed(id=return_id, problem=problem))


def _order(work: Work, return_id: UUID) -> _Order:
    row = work.session.get(Return, return_id)
    if row is None:
        raise NotFound("there is no such return")
    own = organisation(work, row.organisation_id)
    return _Order(row.id, row.branch_id, own, row.scan_sha256, ReturnState(row.state), work.now())


def _reader(tools: ReturnTools, order: _Order, key_list: KeyList) -> PageReader:
    issued = IssuedPages(tools.objects)
    return PageReader(tools.database, tools.objects, key_list, order.organisation, issued, order.at)


def _record(database: Database, order: _Order, fates: Sequence[PageFate]) -> None:
    """Write what was found, unless it is written already."""
    with database.work() as work:
        if not _close(work, order.id, ReturnState.READ, pages=len(fates)):
            return
        final = _final(work, fates)
        for fate in final:
            _write(work, order, fate)
        counts = {state: sum(fate.state is state for fate in final) for state in PageState}
        read = ReturnRead(
            id=order.id,
            pages=len(final),
            matched=counts[PageState.MATCHED],
            doubtful=counts[PageState.DOUBTFUL],
            blank=counts[PageState.BLANK],
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


def _final(work: Work, fates: Sequence[PageFate]) -> list[PageFate]:
    """Of each page of a copy only the first is kept; and the books may have changed while the pages were compared."""
    copy_ids = {fate.kept_as[0] for fate in fates if fate.kept_as}
    lock_copies(work, copy_ids)
    refusals = {copy_id: refusal_of_state(copy_facts(work, copy_id).state) for copy_id in copy_ids}
    taken = {(copy_id, page) for copy_id in copy_ids for page in kept_pages(work, copy_id)}
    final: list[PageFate] = []
    for fate in fates:
        place = fate.kept_as
        reason = refusals[place[0]] if place else None
        if place in taken:
            reason = reason or Reason.DUPLICATE_PAGE
        final.append(fate if reason is None else fate.doubted(reason))
        if place is not None:
            taken.add(place)
    return final


def _write(work: Work, order: _Order, fate: PageFate) -> None:
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
        rotation=fate.rotation,
        image_sha256=fate.image_sha256,
        verdict=fate.verdict,
        findings=fate.findings,
    )
    work.session.add(page)
    event = _event(page, fate)
    if event is not None:
        append(work, order.by, event)


def _event(page: ReturnPage, fate: PageFate) -> PageMatched | PageDoubted | None:
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
    return None


def _archive(database: Database, order: _Order) -> None:
    with database.work() as work:
        copy_ids = work.session.scalars(
            select(ReturnPage.copy_id)
            .where(ReturnPage.return_id == order.id, ReturnPage.state.in_(KEPT), ReturnPage.copy_id.is_not(None))
            .distinct()
        ).all()
        lock_copies(work, (copy_id for copy_id in copy_ids if copy_id is not None))
        for copy_id in copy_ids:
            if copy_id is not None:
                archive_if_complete(work, order.by, copy_id)
