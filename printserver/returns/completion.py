"""Counts a copy's pages as they come home, over any number of returns, and archives the copy with the last of them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from printserver.approvals.classes import ClassNotFound, class_facts
from printserver.approvals.retention_periods import PERMANENT
from printserver.archive.records import ArchivedPage, CompleteCopy, ContractParty, archive_copy
from printserver.audit.log import By
from printserver.foundation.unit_of_work import Work
from printserver.print_requests.public_queries import said_of_request
from printserver.print_requests.queries import CopyFacts, copy_facts
from printserver.returns.matching import completeness
from printserver.returns.models import Return, ReturnedCopy, ReturnPage
from printserver.returns.states import KEPT


def lock_copies(work: Work, copy_ids: Iterable[UUID]) -> None:
    """Until the transaction ends nobody else changes which pages of these copies are kept.

    Without it two returns that each bring one half of a copy would each find the copy incomplete.
    """
    insert = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    for copy_id in sorted(set(copy_ids)):  # one order for all, so that no two wait for each other
        work.session.execute(
            insert(ReturnedCopy)
            .values(copy_id=copy_id, first_at=work.now(), last_at=work.now())
            .on_conflict_do_update(index_elements=["copy_id"], set_={"last_at": work.now()})
        )


def kept_pages(work: Work, copy_id: UUID) -> dict[int, UUID]:
    """Of each page number of the copy that came home, the id of the return page kept for it."""
    rows = work.session.execute(
        select(ReturnPage.page, ReturnPage.id).where(ReturnPage.copy_id == copy_id, ReturnPage.state.in_(KEPT))
    )
    return {page: page_id for page, page_id in rows if page is not None}


def archive_if_complete(work: Work, by: By, copy_id: UUID) -> UUID | None:
    """The copy's archive record, once all its pages are kept; None before."""
    lock_copies(work, [copy_id])
    copy = copy_facts(work, copy_id)
    if not completeness(copy.pages, sorted(kept_pages(work, copy_id))).complete:
        return None
    complete = _complete(work, copy)
    return archive_copy(work, by, complete, retention_class=_kept(work, copy.organisation_id, complete.class_code))


def _complete(work: Work, copy: CopyFacts) -> CompleteCopy:
    rows = work.session.execute(
        select(ReturnPage, Return.scan_sha256)
        .join(Return, Return.id == ReturnPage.return_id)
        .where(ReturnPage.copy_id == copy.id, ReturnPage.state.in_(KEPT))
        .order_by(ReturnPage.page)
    )
    pages = tuple(_archived(row, scan_sha256) for row, scan_sha256 in rows)
    said = said_of_request(work, copy.request_id)
    return CompleteCopy(
        organisation_id=copy.organisation_id,
        branch_id=copy.branch_id,
        request_id=copy.request_id,
        copy_id=copy.id,
        serial=copy.serial,
        number=copy.number,
        copies=copy.copies,
        title=copy.title,
        own_reference=copy.own_reference,
        issued_sha256=copy.issued_sha256 or "",
        pages_expected=copy.pages,
        pages=pages,
        class_code=said.class_code,
        parties=tuple(ContractParty(party.name, party.number) for party in said.parties),
        amount_minor=None if said.amount is None else said.amount.minor,
        amount_currency="" if said.amount is None else said.amount.currency,
        contract_end=said.contract_end,
    )


def _kept(work: Work, organisation_id: UUID, class_code: str) -> str:
    """The word of the document's class, as it is when its paper comes home; for ever when nobody knows the class."""
    try:
        return class_facts(work, organisation_id, class_code).description.retention
    except ClassNotFound:
        return PERMANENT


def _archived(row: ReturnPage, scan_sha256: str) -> ArchivedPage:
    pose = row.findings.get("pose")
    return ArchivedPage(
        row.page or 0,
        row.image_sha256,
        scan_sha256,
        row.position,
        row.verdict,
        row.return_id,
        kind=row.findings.get("kind", ""),
        pose=None if pose is None else tuple(float(each) for each in pose),
        dpi=float(row.findings.get("dpi", 0)),
        rotation=row.rotation,
        scan_um=None if pose is None else _size(row.findings.get("scan_um")),
    )


def _size(said: list[int] | None) -> tuple[int, int] | None:
    return None if said is None else (said[0], said[1])
