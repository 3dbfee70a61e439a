"""What returns keep of copies, for disposal: pictures of their pages, and the scans in which these came.

A scan goes with the last copy of which it holds a page: as long as any of its pages is another copy's, or waits for a
person, it stays. Pages without a code that belong to a request go with the last of its copies.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, or_, select, update
from sqlalchemy.orm import aliased

from printserver.archive.disposal_holdings import digests_in, disposed_copies
from printserver.foundation.unit_of_work import Work
from printserver.print_requests.disposing import finished_requests, request_of
from printserver.returns.models import Return, ReturnPage
from printserver.returns.quarantine_models import QuarantinedScan
from printserver.returns.signing_models import SigningRecord
from printserver.returns.states import KEPT, PageState, ReturnState

NO_PAGE = (PageState.BLANK, PageState.DISCARDED, PageState.SHEET)
"""Pages in these states keep no scan: a process sheet only says what lies behind it."""
OF_COPY = (*KEPT, PageState.VERSION)
"""In these a page is a copy's, also as a further scan of a page that came home before."""


class ReturnHoldings:
    """See `printserver.archive.disposal_ports.Holdings`."""

    def objects_of(self, work: Work, copy_id: UUID) -> set[str]:
        pages = work.session.scalars(select(ReturnPage).where(_goes_with(copy_id)))
        found = {digest for page in pages for digest in (page.image_sha256, *digests_in(page.findings)) if digest}
        scans = select(Return.scan_sha256).where(Return.id.in_(_with_pages_of(copy_id)))
        return found | set(work.session.scalars(scans))

    def still_named(self, work: Work, organisation_id: UUID, digests: Collection[str]) -> set[str]:
        session = work.session
        scans = session.scalars(
            select(Return.scan_sha256).where(
                Return.organisation_id == organisation_id,
                Return.scan_sha256.in_(digests),
                Return.id.not_in(_finished_returns()),
                ~_was_handed_in_again(lambda again: again.state != ReturnState.FAILED),
            )
        )
        waiting = session.scalars(
            select(QuarantinedScan.scan_sha256).where(
                QuarantinedScan.organisation_id == organisation_id,
                QuarantinedScan.scan_sha256.in_(digests),
                QuarantinedScan.return_id.is_(None),
            )
        )
        named = or_(
            ReturnPage.image_sha256.in_(digests),
            *(cast(ReturnPage.findings, Text).contains(digest, autoescape=True) for digest in digests),
        )
        pages = session.scalars(
            select(ReturnPage).where(ReturnPage.organisation_id == organisation_id, named, ~_is_gone())
        )
        by_pages = {digest for page in pages for digest in (page.image_sha256, *digests_in(page.findings))}
        return (set(scans) | set(waiting) | {each for each in by_pages if each}) & set(digests)

    def forget(self, work: Work, copy_id: UUID) -> None:
        session = work.session
        finished = list(session.scalars(_finished_of(copy_id)))
        tries = select(Return.id).where(_was_handed_in_again(lambda again: again.id.in_(finished)))
        finished += session.scalars(tries)
        session.execute(update(ReturnPage).where(_goes_with(copy_id)).values(findings={}))
        session.execute(update(Return).where(Return.id.in_(finished)).values(filename=""))
        quarantined = update(QuarantinedScan).where(QuarantinedScan.return_id.in_(finished))
        session.execute(quarantined.values(filename="", detail=""))
        signed = update(SigningRecord).where(SigningRecord.copy_id == copy_id)
        session.execute(signed.values(signers=[], witness="", place="", reason="", remark=""))
        session.flush()


def _goes_with(copy_id: UUID) -> ColumnElement[bool]:
    """Of a page: it is the copy's, or its request's that is finished with it, or lies in a return that is."""
    own = _is_settled_for(ReturnPage, disposed_copies(copy_id))
    attached = _is_attached_to(ReturnPage, finished_requests(copy_id))
    return or_(own, attached, ReturnPage.return_id.in_(_finished_of(copy_id)))


def _with_pages_of(copy_id: UUID) -> Select[UUID]:
    attached = and_(ReturnPage.state == PageState.ATTACHED, ReturnPage.request_id.in_(request_of(copy_id)))
    return select(ReturnPage.return_id).where(or_(ReturnPage.copy_id == copy_id, attached))


def _finished_of(copy_id: UUID) -> Select[UUID]:
    return _finished_returns().where(Return.id.in_(_with_pages_of(copy_id)))


def _finished_returns() -> Select[UUID]:
    """Returns that were read, that hold a page of what is gone, and no page that anybody still needs."""
    page, other = aliased(ReturnPage), aliased(ReturnPage)
    gone = exists().where(page.return_id == Return.id, page.state.not_in(NO_PAGE), _is_of_the_gone(page))
    needed = exists().where(other.return_id == Return.id, other.state.not_in(NO_PAGE), ~_is_of_the_gone(other))
    return select(Return.id).where(Return.state == ReturnState.READ, gone.correlate(Return), ~needed.correlate(Return))


def _was_handed_in_again(then: Callable[[type[Return]], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Of a return: it failed, and the branch's other one of the same scan, which is as `then` says, answers for it."""
    again = aliased(Return)
    same = (again.branch_id == Return.branch_id, again.scan_sha256 == Return.scan_sha256)
    return and_(Return.state == ReturnState.FAILED, exists().where(*same, then(again)).correlate(Return))


def _is_of_the_gone(page: type[ReturnPage]) -> ColumnElement[bool]:
    """It is a copy's that is gone, or belongs to a request of which nothing is left. Never NULL."""
    return or_(_is_settled_for(page, disposed_copies()), _is_attached_to(page, finished_requests()))


def _is_settled_for(page: type[ReturnPage], copy_ids: Select[UUID]) -> ColumnElement[bool]:
    """It is one of these copies', and no person has to look at it any more. Never NULL."""
    return and_(page.state.in_((*OF_COPY, *NO_PAGE)), page.copy_id.is_not(None), page.copy_id.in_(copy_ids))


def _is_attached_to(page: type[ReturnPage], request_ids: Select[UUID]) -> ColumnElement[bool]:
    """It carries no code and belongs to one of these requests. Never NULL."""
    return and_(page.state == PageState.ATTACHED, page.request_id.is_not(None), page.request_id.in_(request_ids))


def _is_gone() -> ColumnElement[bool]:
    """Of a page: it belongs to what is gone, or to nobody and lies in a finished return."""
    return or_(
        _is_of_the_gone(ReturnPage),
        and_(ReturnPage.state.in_(NO_PAGE), ReturnPage.return_id.in_(_finished_returns())),
    )
