"""Say by hand what a page is, and correct it: what was said before stays in the log."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, update

from printserver.archive.copy_records import require_kept
from printserver.archive.queries import record_of_copy
from printserver.audit.log import append
from printserver.foundation.errors import Malformed, NotFound, Refused, TransitionRefused
from printserver.foundation.serials import CopySerial
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.print_requests.access import copy_for, request_for
from printserver.print_requests.queries import CopyFacts, copy_by_serial
from printserver.print_requests.service import ReasonMissing
from printserver.returns.access import page_for
from printserver.returns.completion import archive_if_complete, kept_pages, lock_copies
from printserver.returns.events import PageAttached, PageDiscarded, PageSettled, PageVersionKept
from printserver.returns.models import ReturnPage
from printserver.returns.reading import refusal_of_state
from printserver.returns.states import KEPT, PageAction, PageState, next_page_state

LONGEST_REASON: Final = 500


class CopyNotFound(NotFound):
    code = "copy-not-found"


class CopyNotReturnable(Refused):
    """By the books the copy was never printed, or it is void."""

    code = "copy-not-returnable"


class NoSuchPage(Malformed):
    code = "no-such-page"


class PageTaken(Refused):
    """Another page is kept as this one; discard that first, or keep this one as a further version."""

    code = "page-taken"


class PageArchived(Refused):
    """The page's copy is in the archive, where nothing changes."""

    code = "page-archived"


class NoEarlierPage(Refused):
    """A further version needs a page that came home before it."""

    code = "no-earlier-page"


def settle_page(work: Work, actor: Actor, page_id: UUID, *, serial: str, page: int, reason: str) -> None:
    """Say which page of which copy a page is; also to correct what the machine or a person said before.

    serial: as typed from the paper.   page: 1-based.   The copy is archived when this was its last page.
    Raises: Forbidden, PageNotFound, ReasonMissing, TransitionRefused, SerialMalformed, CopyNotFound,
    CopyNotReturnable, NoSuchPage, PageTaken, PageArchived, RecordDisposed. A copy of another branch is not found.
    """
    row = page_for(work, actor, page_id, Permission.SETTLE_RETURNS)
    reason = _given(reason)
    after = next_page_state(PageState(row.state), PageAction.SETTLE)
    copy = _copy(work, actor, serial, page)
    if refusal_of_state(copy.state) is not None:
        raise CopyNotReturnable(f"the copy is {copy.state}; its paper is none to archive")
    _hold(work, row, copy.id)
    if kept_pages(work, copy.id).get(page, row.id) != row.id:
        raise PageTaken("another page is kept as this page of this copy; discard that one first")
    event = PageSettled(copy_id=copy.id, page=page, reason=reason, **_before(row))
    verdict = row.verdict if (row.copy_id, row.page) == (copy.id, page) else ""
    fields = {"copy_id": copy.id, "page": page, "request_id": None, "sheet": None}
    _move(work, actor, row, after, reason=reason, verdict=verdict, **fields)
    append(work, actor.by, event)
    archive_if_complete(work, actor.by, copy.id)


def keep_version(work: Work, actor: Actor, page_id: UUID, *, serial: str, page: int, reason: str) -> None:
    """Say that a page is a further scan of a page that came home before, archived or not; that one stays as it is.

    Raises: as `settle_page`, and NoEarlierPage instead of PageTaken.
    """
    row = page_for(work, actor, page_id, Permission.SETTLE_RETURNS)
    reason = _given(reason)
    after = next_page_state(PageState(row.state), PageAction.KEEP_VERSION)
    copy = _copy(work, actor, serial, page)
    _hold(work, row, copy.id)
    if kept_pages(work, copy.id).get(page, row.id) == row.id:
        raise NoEarlierPage("no other page is kept as this page of this copy; settle this one as it")
    image = row.image_sha256 or ""
    event = PageVersionKept(copy_id=copy.id, page=page, reason=reason, image_sha256=image, **_before(row))
    fields = {"copy_id": copy.id, "page": page, "request_id": None, "sheet": None}
    _move(work, actor, row, after, reason=reason, **fields)
    append(work, actor.by, event)


def attach_page(work: Work, actor: Actor, page_id: UUID, *, request_id: UUID, reason: str) -> None:
    """Say that a page without a code belongs to a request.

    Raises: Forbidden, PageNotFound, ReasonMissing, TransitionRefused, PageArchived; NotFound for a request outside the
    branches where the actor settles returns.
    """
    row = page_for(work, actor, page_id, Permission.SETTLE_RETURNS)
    reason = _given(reason)
    after = next_page_state(PageState(row.state), PageAction.ATTACH)
    request = request_for(work, actor, request_id, Permission.SETTLE_RETURNS)
    _hold(work, row)
    sheet = work.session.scalar(
        select(func.max(ReturnPage.position)).where(
            ReturnPage.return_id == row.return_id,
            ReturnPage.position < row.position,
            ReturnPage.state == PageState.SHEET,
            ReturnPage.request_id == request.id,
        )
    )
    image = row.image_sha256 or ""
    event = PageAttached(request_id=request.id, sheet=sheet, reason=reason, image_sha256=image, **_before(row))
    fields = {"copy_id": None, "page": None, "request_id": request.id, "sheet": sheet}
    _move(work, actor, row, after, reason=reason, verdict="", **fields)
    append(work, actor.by, event)


def discard_page(work: Work, actor: Actor, page_id: UUID, *, reason: str) -> None:
    """Say that a page is none to keep (a cover sheet, a second scan); its picture and the scan stay stored.

    Raises: Forbidden, PageNotFound, ReasonMissing, TransitionRefused, PageArchived.
    """
    row = page_for(work, actor, page_id, Permission.SETTLE_RETURNS)
    reason = _given(reason)
    after = next_page_state(PageState(row.state), PageAction.DISCARD)
    _hold(work, row)
    event = PageDiscarded(reason=reason, **_before(row))
    _move(work, actor, row, after, reason=reason)
    append(work, actor.by, event)


def _before(row: ReturnPage) -> dict[str, Any]:
    """Which page it is, and what was said of it until now, for the log."""
    return {
        "id": row.id,
        "return_id": row.return_id,
        "position": row.position,
        "state_before": row.state,
        "reason_before": row.reason,
        "copy_id_before": row.copy_id,
        "page_before": row.page,
        "request_id_before": row.request_id,
    }


def _given(reason: str) -> str:
    if not reason.strip():
        raise ReasonMissing("say why, for whoever reads the log")
    return reason.strip()[:LONGEST_REASON]


def _copy(work: Work, actor: Actor, serial: str, page: int) -> CopyFacts:
    """The copy of that serial within the actor's branches, which has that page."""
    copy = copy_by_serial(work, CopySerial.parse(serial))
    if copy is None:
        raise CopyNotFound("there is no such copy")
    try:
        copy_for(work, actor, copy.id, Permission.SETTLE_RETURNS)
    except NotFound:
        raise CopyNotFound("there is no such copy") from None
    require_kept(work, copy.organisation_id, copy.id)
    if not 1 <= page <= copy.pages:
        raise NoSuchPage(f"the copy has pages 1 to {copy.pages}")
    return copy


def _hold(work: Work, row: ReturnPage, *more: UUID) -> None:
    """Lock the copies whose pages change; what is archived stays as it is."""
    own = {row.copy_id} if row.copy_id is not None and row.state in KEPT else set()
    lock_copies(work, own | set(more))
    if any(record_of_copy(work, copy_id) is not None for copy_id in own):
        raise PageArchived("the copy is archived; its pages no longer change")


def _move(work: Work, actor: Actor, row: ReturnPage, state: PageState, **fields: object) -> None:
    as_it_was = (ReturnPage.state == row.state, ReturnPage.settled_at.is_not_distinct_from(row.settled_at))
    moved = work.session.scalar(
        update(ReturnPage)
        .where(ReturnPage.id == row.id, *as_it_was)
        .values(state=state, settled_by=actor.id, settled_at=work.now(), **fields)
        .returning(ReturnPage.id)
    )
    if moved is None:
        raise TransitionRefused("the page has just changed; please look at it again")
