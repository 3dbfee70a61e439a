"""One batch as it is worked on: a tile for each page, its copies with what is missing, guesses for what waits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import and_, or_, select

from printserver.archive.disposal_holdings import disposed_copies
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests.sheet_requests import named_copies, request_places, serials_out
from printserver.returns.access import page_for, return_for
from printserver.returns.grouping import CopyInBatch, Placed, copies_in_batch
from printserver.returns.guesses import Books, Guess, Spot, guesses, nearest
from printserver.returns.models import ReturnPage
from printserver.returns.queries import ReturnedCopyView, ReturnSummary, disposed_among, return_summary, returned_copy
from printserver.returns.states import KEPT, PageState

TILES: Final = 120
"""At once: a browser shows so many at ease, also while they follow by themselves."""


@dataclass(frozen=True)
class PageTile:
    """A page among many.   copy: that it is or is thought to be.   reason: as `PageView` has it."""

    id: UUID
    position: int
    state: PageState
    reason: str
    has_picture: bool
    verdict: str
    copy: ReturnedCopyView | None
    page: int | None
    request_id: UUID | None


@dataclass(frozen=True)
class CopyGroup:
    """`disposed`: its record was disposed of, so that nothing of it is shown."""

    copy: ReturnedCopyView
    request_id: UUID
    pages: CopyInBatch
    disposed: bool


@dataclass(frozen=True)
class SheetGroup:
    """A process sheet of the batch and how many pages lie behind it.   sheet: its place in the scan."""

    request_id: UUID
    title: str
    sheet: int
    attached: int


@dataclass(frozen=True)
class Batch:
    """`tiles`: those asked for; `more`: give it as `behind` for the next ones.   read: pages with a fate so far."""

    summary: ReturnSummary
    read: int
    tiles: tuple[PageTile, ...]
    more: int | None
    groups: tuple[CopyGroup, ...]
    sheets: tuple[SheetGroup, ...]


@dataclass(frozen=True)
class GuessView:
    guess: Guess
    copy: ReturnedCopyView | None
    request_title: str


def batch(
    work: Work, actor: Actor, return_id: UUID, *, state: PageState | None = None, behind: int = 0, limit: int = TILES
) -> Batch:
    """state: only tiles of this fate.   behind: only tiles behind that place in the scan.

    Raises: Forbidden, ReturnNotFound.
    """
    row = return_for(work, actor, return_id, Permission.READ_RETURNS)
    spots = _spots(work, row.id)
    copies = named_copies(work, {spot.copy_id for spot in spots if spot.copy_id is not None})
    home = _home(work, copies)
    pages = [
        Placed(spot.position, spot.state, spot.copy_id, spot.page)
        for spot in spots
        if spot.copy_id is not None and spot.page is not None
    ]
    groups = copies_in_batch(pages, {copy.id: copy.pages for copy in copies.values()}, home)
    shown = {copy_id: returned_copy(copy) for copy_id, copy in copies.items()}
    tiles = _tiles(work, row.id, shown, state, behind, limit + 1)
    gone = disposed_among(work, ReturnPage.return_id == row.id)
    return Batch(
        return_summary(work, row),
        max(row.pages_read, len(spots)),
        tiles[:limit],
        tiles[limit - 1].position if len(tiles) > limit else None,
        tuple(
            CopyGroup(shown[each.copy_id], copies[each.copy_id].request_id, each, each.copy_id in gone)
            for each in groups
        ),
        _sheets(work, spots),
    )


def guesses_for(work: Work, actor: Actor, page_id: UUID) -> tuple[GuessView, ...]:
    """The nearest guesses at what a page is, the likeliest first.   Raises: Forbidden, PageNotFound."""
    row = page_for(work, actor, page_id, Permission.READ_RETURNS)
    spots = _spots(work, row.return_id)
    damaged = [str(text) for text in row.findings.get("damaged", ())]
    serials = serials_out(work, row.branch_id) if damaged else ()
    near = nearest(damaged, [(each.copy_id, each.serial, each.pages) for each in serials])
    met = {spot.copy_id for spot in spots if spot.copy_id is not None} | {copy_id for copy_id, _ in near}
    copies = named_copies(work, met)
    books = Books({copy.id: copy.pages for copy in copies.values()}, _home(work, copies))
    spot = next(each for each in spots if each.position == row.position)
    found = guesses(spot, spots, books, near)
    places = request_places(work, {guess.request_id for guess in found if guess.request_id is not None})
    titles = {request_id: place.title for request_id, place in places.items()}
    return tuple(
        GuessView(
            guess,
            returned_copy(copies[guess.copy_id]) if guess.copy_id is not None else None,
            titles.get(guess.request_id, "") if guess.request_id is not None else "",
        )
        for guess in found
    )


def _spots(work: Work, return_id: UUID) -> list[Spot]:
    columns = (
        ReturnPage.position,
        ReturnPage.state,
        ReturnPage.reason,
        ReturnPage.copy_id,
        ReturnPage.page,
        ReturnPage.request_id,
    )
    rows = work.session.execute(select(*columns).where(ReturnPage.return_id == return_id).order_by(ReturnPage.position))
    return [Spot(row.position, PageState(row.state), row.reason, row.copy_id, row.page, row.request_id) for row in rows]


def _home(work: Work, copy_ids: Collection[UUID]) -> dict[UUID, set[int]]:
    found: dict[UUID, set[int]] = {copy_id: set() for copy_id in copy_ids}
    wanted = sorted(found)
    for start in range(0, len(wanted), 500):
        rows = work.session.execute(
            select(ReturnPage.copy_id, ReturnPage.page).where(
                ReturnPage.copy_id.in_(wanted[start : start + 500]), ReturnPage.state.in_(KEPT)
            )
        )
        for copy_id, page in rows:
            if copy_id is not None and page is not None:
                found[copy_id].add(page)
    return found


def _tiles(
    work: Work,
    return_id: UUID,
    copies: dict[UUID, ReturnedCopyView],
    state: PageState | None,
    behind: int,
    limit: int,
) -> tuple[PageTile, ...]:
    chosen = (
        select(
            ReturnPage.id,
            ReturnPage.position,
            ReturnPage.state,
            ReturnPage.reason,
            and_(
                ReturnPage.image_sha256.is_not(None),
                or_(ReturnPage.copy_id.is_(None), ReturnPage.copy_id.not_in(disposed_copies())),
            ).label("has_picture"),
            ReturnPage.verdict,
            ReturnPage.copy_id,
            ReturnPage.page,
            ReturnPage.request_id,
        )
        .where(ReturnPage.return_id == return_id, ReturnPage.position > behind)
        .order_by(ReturnPage.position)
        .limit(limit)
    )
    if state is not None:
        chosen = chosen.where(ReturnPage.state == state)
    return tuple(
        PageTile(
            row.id,
            row.position,
            PageState(row.state),
            row.reason,
            row.has_picture,
            row.verdict,
            copies.get(row.copy_id) if row.copy_id is not None else None,
            row.page,
            row.request_id,
        )
        for row in work.session.execute(chosen)
    )


def _sheets(work: Work, spots: Sequence[Spot]) -> tuple[SheetGroup, ...]:
    sheets = [spot for spot in spots if spot.state is PageState.SHEET and spot.request_id is not None]
    attached = [spot.request_id for spot in spots if spot.state is PageState.ATTACHED]
    places = request_places(work, {spot.request_id for spot in spots if spot.request_id is not None})
    first: dict[UUID, int] = {}
    for spot in sheets:
        if spot.request_id is not None:
            first.setdefault(spot.request_id, spot.position)
    return tuple(
        SheetGroup(request_id, places[request_id].title, sheet, attached.count(request_id))
        for request_id, sheet in first.items()
        if request_id in places
    )
