"""What pages and the API may read of returns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_

from printserver.archive.disposal_holdings import disposed_copies
from printserver.archive.queries import record_of_copy
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require, within
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import names
from printserver.print_requests.access import copy_for
from printserver.print_requests.queries import copy_facts
from printserver.print_requests.sheet_requests import NamedCopy, named_copies, request_places
from printserver.returns.access import page_for, return_for
from printserver.returns.completion import kept_pages
from printserver.returns.matching import completeness
from printserver.returns.models import Return, ReturnPage
from printserver.returns.states import KEPT, PageState, ReturnState

_AT_ONCE: Final = 500


@dataclass(frozen=True)
class ReturnSummary:
    """`counts`: pages by state, zeros included; all zero until the return is read."""

    id: UUID
    filename: str
    scan_kind: str
    scan_sha256: str
    state: ReturnState
    failure: str
    pages: int
    counts: dict[PageState, int]
    handed_in_by: str
    created_at: datetime
    finished_at: datetime | None

    @property
    def doubtful(self) -> int:
        return self.counts[PageState.DOUBTFUL]


@dataclass(frozen=True)
class ReturnedCopyView:
    """The copy that a page is, or is thought to be."""

    id: UUID
    serial: str
    number: int
    copies: int
    pages: int
    title: str


@dataclass(frozen=True)
class PageView:
    """`reason`: a code of `states.Reason`, `states.Note` or `guesses.Why`, or a person's words.

    `request_id`, `request_title`: of a process sheet and of what is attached to a request; `sheet`: that sheet's place
    in the scan.

    `findings`: "rung", "evidence", "dpi", "source", "serial", "page", "trouble", "comparison", "score" and
    "regions" (x_um, y_um, w_um, h_um on the issued page, kind), as far as there are any.
    """

    id: UUID
    return_id: UUID
    position: int
    state: PageState
    reason: str
    copy: ReturnedCopyView | None
    page: int | None
    rotation: int
    has_picture: bool
    verdict: str
    findings: dict[str, Any]
    settled_by: str
    settled_at: datetime | None
    request_id: UUID | None = None
    request_title: str = ""
    sheet: int | None = None


@dataclass(frozen=True)
class ReturnDetail:
    summary: ReturnSummary
    pages: tuple[PageView, ...]


@dataclass(frozen=True)
class CopyReturnStatus:
    """How far a copy has come home. Page numbers ascend."""

    copy_id: UUID
    pages_expected: int
    found: tuple[int, ...]
    missing: tuple[int, ...]
    archive_record_id: UUID | None


def returns(work: Work, actor: Actor, *, before: UUID | None = None, limit: int = 50) -> tuple[ReturnSummary, ...]:
    """The newest returns of the actor's branches. before: the last id of the page before.   Raises: Forbidden."""
    require(actor, Permission.READ_RETURNS)
    chosen = (
        select(Return)
        .where(within(Return.branch_id, actor, Permission.READ_RETURNS))
        .order_by(Return.id.desc())
        .limit(max(1, min(limit, 200)))
    )
    if before is not None:
        chosen = chosen.where(Return.id < before)
    return _summaries(work, work.session.scalars(chosen).all())


def return_detail(work: Work, actor: Actor, return_id: UUID) -> ReturnDetail:
    """Raises: Forbidden, ReturnNotFound."""
    row = return_for(work, actor, return_id, Permission.READ_RETURNS)
    return ReturnDetail(return_summary(work, row), _pages(work, ReturnPage.return_id == row.id))


def return_summary(work: Work, row: Return) -> ReturnSummary:
    return _summaries(work, [row])[0]


def doubtful_pages(work: Work, actor: Actor, *, behind: UUID | None = None, limit: int = 50) -> tuple[PageView, ...]:
    """The queue: what waits for a person, the longest waiting first.   behind: the last id of the page before.

    Raises: Forbidden, PageNotFound.
    """
    require(actor, Permission.READ_RETURNS)
    waiting = (ReturnPage.state == PageState.DOUBTFUL) & within(ReturnPage.branch_id, actor, Permission.READ_RETURNS)
    if behind is not None:
        waiting &= _is_behind(page_for(work, actor, behind, Permission.READ_RETURNS))
    return _pages(work, waiting, limit=max(1, min(limit, 200)))


def waiting_count(work: Work, actor: Actor) -> int:
    """How many pages wait for a person.   Raises: Forbidden."""
    require(actor, Permission.READ_RETURNS)
    own = within(ReturnPage.branch_id, actor, Permission.READ_RETURNS)
    waiting = select(func.count()).select_from(ReturnPage).where(ReturnPage.state == PageState.DOUBTFUL, own)
    return work.session.scalar(waiting) or 0


def waiting_beside(work: Work, actor: Actor, page_id: UUID) -> tuple[UUID | None, UUID | None]:
    """The waiting pages before and behind this one, in the queue's order.   Raises: Forbidden, PageNotFound."""
    row = page_for(work, actor, page_id, Permission.READ_RETURNS)
    own = within(ReturnPage.branch_id, actor, Permission.READ_RETURNS)
    waiting = select(ReturnPage.id).where(ReturnPage.state == PageState.DOUBTFUL, own)
    before = waiting.where(_is_before(row)).order_by(ReturnPage.return_id.desc(), ReturnPage.position.desc())
    behind = waiting.where(_is_behind(row)).order_by(ReturnPage.return_id, ReturnPage.position)
    return work.session.scalar(before.limit(1)), work.session.scalar(behind.limit(1))


def page_view(work: Work, actor: Actor, page_id: UUID) -> PageView:
    """Raises: Forbidden, PageNotFound."""
    row = page_for(work, actor, page_id, Permission.READ_RETURNS)
    return _pages(work, ReturnPage.id == row.id)[0]


def copy_return_status(work: Work, actor: Actor, copy_id: UUID) -> CopyReturnStatus:
    """Raises: NotFound for a copy outside the branches whose requests or returns the actor may read."""
    readable = Permission.READ_RETURNS if actor.may(Permission.READ_RETURNS) else Permission.READ_REQUESTS
    copy_for(work, actor, copy_id, readable)
    pages = copy_facts(work, copy_id).pages
    found = sorted(kept_pages(work, copy_id))
    return CopyReturnStatus(
        copy_id, pages, tuple(found), completeness(pages, found).missing, record_of_copy(work, copy_id)
    )


def pages_home(work: Work, copy_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many pages of each copy are kept, without regard to anybody's rights; copies without any are left out."""
    wanted, found = sorted(copy_ids), {}
    for start in range(0, len(wanted), _AT_ONCE):
        rows = work.session.execute(
            select(ReturnPage.copy_id, func.count())
            .where(ReturnPage.copy_id.in_(wanted[start : start + _AT_ONCE]), ReturnPage.state.in_(KEPT))
            .group_by(ReturnPage.copy_id)
        )
        found.update({copy_id: count for copy_id, count in rows if copy_id is not None})
    return found


def disposed_among(work: Work, condition: ColumnElement[bool]) -> set[UUID]:
    """Of the pages that `condition` names, the copies whose records were disposed of."""
    gone = select(ReturnPage.copy_id).where(condition, ReturnPage.copy_id.in_(disposed_copies())).distinct()
    return {copy_id for copy_id in work.session.scalars(gone) if copy_id is not None}


def _is_before(row: ReturnPage) -> ColumnElement[bool]:
    """In the queue's order."""
    return tuple_(ReturnPage.return_id, ReturnPage.position) < tuple_(row.return_id, row.position)


def _is_behind(row: ReturnPage) -> ColumnElement[bool]:
    return tuple_(ReturnPage.return_id, ReturnPage.position) > tuple_(row.return_id, row.position)


def _summaries(work: Work, rows: Sequence[Return]) -> tuple[ReturnSummary, ...]:
    counted: dict[UUID, dict[PageState, int]] = {row.id: dict.fromkeys(PageState, 0) for row in rows}
    counting = (
        select(ReturnPage.return_id, ReturnPage.state, func.count())
        .where(ReturnPage.return_id.in_(counted))
        .group_by(ReturnPage.return_id, ReturnPage.state)
    )
    for return_id, state, count in work.session.execute(counting):
        counted[return_id][PageState(state)] = count
    people = names(work, {row.handed_in_by for row in rows})
    return tuple(
        ReturnSummary(
            row.id,
            row.filename,
            row.scan_kind,
            row.scan_sha256,
            ReturnState(row.state),
            row.failure,
            row.pages,
            counted[row.id],
            people.get(row.handed_in_by, ""),
            row.created_at,
            row.finished_at,
        )
        for row in rows
    )


def _pages(work: Work, condition: ColumnElement[bool], *, limit: int = 1000) -> tuple[PageView, ...]:
    chosen = select(ReturnPage).where(condition).order_by(ReturnPage.return_id, ReturnPage.position).limit(limit)
    rows = work.session.scalars(chosen).all()
    named = named_copies(work, {row.copy_id for row in rows if row.copy_id is not None})
    copies = {copy_id: returned_copy(copy) for copy_id, copy in named.items()}
    places = request_places(work, {row.request_id for row in rows if row.request_id is not None})
    titles = {request_id: place.title for request_id, place in places.items()}
    people = names(work, {row.settled_by for row in rows if row.settled_by is not None})
    gone = disposed_among(work, ReturnPage.id.in_([row.id for row in rows]))
    return tuple(_page(row, copies, people, titles, gone) for row in rows)


def returned_copy(copy: NamedCopy) -> ReturnedCopyView:
    return ReturnedCopyView(copy.id, str(copy.serial), copy.number, copy.copies, copy.pages, copy.title)


def _page(
    row: ReturnPage,
    copies: dict[UUID, ReturnedCopyView],
    people: dict[UUID, str],
    titles: dict[UUID, str],
    gone: Collection[UUID],
) -> PageView:
    return PageView(
        row.id,
        row.return_id,
        row.position,
        PageState(row.state),
        row.reason,
        copies.get(row.copy_id) if row.copy_id else None,
        row.page,
        row.rotation,
        row.image_sha256 is not None and row.copy_id not in gone,
        row.verdict,
        row.findings,
        people.get(row.settled_by, "") if row.settled_by else "",
        row.settled_at,
        row.request_id,
        titles.get(row.request_id, "") if row.request_id else "",
        row.sheet,
    )
