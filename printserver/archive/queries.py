"""What pages and the API may read of the archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from printserver.archive.access import record_in_view
from printserver.archive.models import ArchiveParty, ArchiveRecord
from printserver.archive.records import ContractParty
from printserver.archive.search_fields import ArchiveSearch, conditions, is_named
from printserver.archive.search_index import found_records
from printserver.archive.searchable_jobs import SearchableState
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require, within
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branches_with

EVERYTHING: Final = ArchiveSearch()


@dataclass(frozen=True)
class RecordSummary:
    """`amount_minor`: in the currency's smallest unit."""

    id: UUID
    number: str
    title: str
    own_reference: str
    serial: str
    copy_number: int
    copies: int
    pages: int
    retention_class: str
    created_at: datetime
    catalogue: str
    class_code: str
    amount_minor: int | None
    amount_currency: str
    contract_end: date | None
    branch_id: UUID


@dataclass(frozen=True)
class RecordPage:
    """`position`: of the page in its scan, from 1.   verdict, kind: of the comparison; empty when none was made.

    text: where the words of the searchable file come from: issued (the issued page, which the paper shows), read
    (recognised on the scan) or none.   kept: whether the scan's bytes are untouched in it, or repacked without loss.
    Both are empty while there is no such file.
    """

    page: int
    image_sha256: str | None
    scan_sha256: str
    position: int
    verdict: str
    return_id: UUID
    kind: str = ""
    text: str = ""
    kept: str = ""


@dataclass(frozen=True)
class SearchableFacts:
    """`failure`: why there is none, in the words of who could not make it.   tries: so far."""

    state: SearchableState
    sha256: str | None
    failure: str
    tries: int
    at: datetime | None


@dataclass(frozen=True)
class RecordDetail:
    summary: RecordSummary
    copy_id: UUID
    request_id: UUID
    branch_id: UUID
    issued_sha256: str
    pages: tuple[RecordPage, ...]
    parties: tuple[ContractParty, ...]
    searchable: SearchableFacts


@dataclass(frozen=True)
class CatalogueLine:
    """A file of the catalogue in one branch, and how many records it has."""

    catalogue: str
    branch_id: UUID
    records: int


def records(
    work: Work,
    actor: Actor,
    search: ArchiveSearch = EVERYTHING,
    *,
    also: Sequence[ColumnElement[bool]] = (),
    before: UUID | None = None,
    limit: int = 50,
) -> tuple[RecordSummary, ...]:
    """The newest records that `actor` may read and that `search` finds.

    also: further conditions on `ArchiveRecord`.   before: the last id of the page before.   limit: 1 to 200.
    Raises: Forbidden.
    """
    require(actor, Permission.READ_ARCHIVE)
    most = max(1, min(limit, 200))
    said = (*conditions(search), *also)
    if search.tokens:
        mine = {each.id for each in branches_with(work, actor, Permission.READ_ARCHIVE)}
        looked_at = mine if search.branch_id is None else mine & {search.branch_id}
        found = found_records(work, search.tokens, looked_at, said, before=before, limit=most)
        return tuple(_summary(record) for record in found)
    asked = (within(ArchiveRecord.branch_id, actor, Permission.READ_ARCHIVE), *said)
    chosen = select(ArchiveRecord).where(*asked).order_by(ArchiveRecord.id.desc()).limit(most)
    if before is not None:
        chosen = chosen.where(ArchiveRecord.id < before)
    return tuple(_summary(record) for record in work.session.scalars(chosen))


def record_named(work: Work, actor: Actor, text: str) -> UUID | None:
    """The one record whose whole archive number or serial this is, if `actor` may read it.   Raises: Forbidden."""
    require(actor, Permission.READ_ARCHIVE)
    mine = within(ArchiveRecord.branch_id, actor, Permission.READ_ARCHIVE)
    found = work.session.scalars(
        select(ArchiveRecord.id).where(mine, is_named(text, actor.organisation_id)).limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


def record_detail(work: Work, actor: Actor, record_id: UUID) -> RecordDetail:
    """Raises: Forbidden, RecordNotFound."""
    record = record_in_view(work, actor, record_id)
    parties = work.session.scalars(
        select(ArchiveParty).where(ArchiveParty.record_id == record_id).order_by(ArchiveParty.position)
    )
    return RecordDetail(
        _summary(record),
        record.copy_id,
        record.request_id,
        record.branch_id,
        record.issued_sha256,
        tuple(_pages(record)),
        tuple(ContractParty(party.name, party.number) for party in parties if party.name or party.number),
        SearchableFacts(
            SearchableState(record.searchable_state),
            record.searchable_sha256,
            record.searchable_failure,
            record.searchable_tries,
            record.searchable_at,
        ),
    )


def record_of_copy(work: Work, copy_id: UUID) -> UUID | None:
    """The copy's archive record, if it has one; without regard to anybody's rights."""
    return work.session.scalar(select(ArchiveRecord.id).where(ArchiveRecord.copy_id == copy_id))


def catalogue_lines(work: Work, actor: Actor) -> tuple[CatalogueLine, ...]:
    """The files of the catalogue that `actor` may read, the newest year first.   Raises: Forbidden."""
    require(actor, Permission.READ_ARCHIVE)
    rows = work.session.execute(
        select(ArchiveRecord.catalogue, ArchiveRecord.branch_id, func.count())
        .where(within(ArchiveRecord.branch_id, actor, Permission.READ_ARCHIVE))
        .group_by(ArchiveRecord.catalogue, ArchiveRecord.branch_id)
        .order_by(ArchiveRecord.catalogue.desc(), ArchiveRecord.branch_id)
    )
    return tuple(CatalogueLine(catalogue, branch_id, count) for catalogue, branch_id, count in rows)


def catalogue_records(work: Work, actor: Actor, search: ArchiveSearch) -> Iterator[RecordSummary]:
    """Every record of a part of the catalogue, by number.   Raises: Forbidden."""
    require(actor, Permission.READ_ARCHIVE)
    chosen = (
        select(ArchiveRecord)
        .where(within(ArchiveRecord.branch_id, actor, Permission.READ_ARCHIVE), *conditions(search))
        .order_by(ArchiveRecord.number)
        .execution_options(yield_per=1_000)
    )
    return (_summary(record) for record in work.session.scalars(chosen))


def _pages(record: ArchiveRecord) -> Iterator[RecordPage]:
    told = {entry["page"]: entry for entry in record.searchable_pages or ()}
    for entry in record.pages:
        said = told.get(entry["page"], {})
        yield RecordPage(
            entry["page"],
            entry["image_sha256"],
            entry["scan_sha256"],
            entry["position"],
            entry["verdict"],
            UUID(entry["return_id"]),
            entry.get("kind", ""),
            said.get("text", ""),
            said.get("kept", ""),
        )


def _summary(record: ArchiveRecord) -> RecordSummary:
    return RecordSummary(
        record.id,
        record.number,
        record.title,
        record.own_reference,
        record.serial,
        record.copy_number,
        record.copies,
        len(record.pages),
        record.retention_class,
        record.created_at,
        record.catalogue,
        record.class_code,
        record.amount_minor,
        record.amount_currency,
        record.contract_end,
        record.branch_id,
    )
