"""What pages and the API may read of the archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from printserver.archive.access import record_in_view
from printserver.archive.models import ArchiveRecord
from printserver.foundation.serials import CopySerial, SerialMalformed
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require, within
from printserver.organisations.permissions import Permission


@dataclass(frozen=True)
class ArchiveSearch:
    """What is filled in must agree; `text` may be found in any of the four fields.

    Title and own reference: any part, whatever the case. Number: its beginning. Serial: whole, as typed from paper.
    """

    text: str = ""
    title: str = ""
    own_reference: str = ""
    number: str = ""
    serial: str = ""


@dataclass(frozen=True)
class RecordSummary:
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


@dataclass(frozen=True)
class RecordPage:
    """`verdict`: of the comparison with the issued page, empty when none was made."""

    page: int
    image_sha256: str | None
    scan_sha256: str
    position: int
    verdict: str
    return_id: UUID


@dataclass(frozen=True)
class RecordDetail:
    summary: RecordSummary
    copy_id: UUID
    request_id: UUID
    branch_id: UUID
    issued_sha256: str
    pages: tuple[RecordPage, ...]


def records(
    work: Work, actor: Actor, search: ArchiveSearch = ArchiveSearch(), *, before: UUID | None = None, limit: int = 50
) -> tuple[RecordSummary, ...]:
    """The newest records that `actor` may read and that `search` finds.

    before: the last id of the page before.   limit: 1 to 200.   Raises: Forbidden.
    """
    require(actor, Permission.READ_ARCHIVE)
    chosen = (
        select(ArchiveRecord)
        .where(within(ArchiveRecord.branch_id, actor, Permission.READ_ARCHIVE), *_conditions(search))
        .order_by(ArchiveRecord.id.desc())
        .limit(max(1, min(limit, 200)))
    )
    if before is not None:
        chosen = chosen.where(ArchiveRecord.id < before)
    return tuple(_summary(record) for record in work.session.scalars(chosen))


def record_detail(work: Work, actor: Actor, record_id: UUID) -> RecordDetail:
    """Raises: Forbidden, RecordNotFound."""
    record = record_in_view(work, actor, record_id)
    pages = tuple(
        RecordPage(
            entry["page"],
            entry["image_sha256"],
            entry["scan_sha256"],
            entry["position"],
            entry["verdict"],
            UUID(entry["return_id"]),
        )
        for entry in record.pages
    )
    return RecordDetail(
        _summary(record), record.copy_id, record.request_id, record.branch_id, record.issued_sha256, pages
    )


def record_of_copy(work: Work, copy_id: UUID) -> UUID | None:
    """The copy's archive record, if it has one; without regard to anybody's rights."""
    return work.session.scalar(select(ArchiveRecord.id).where(ArchiveRecord.copy_id == copy_id))


def _conditions(search: ArchiveSearch) -> Iterator[ColumnElement[bool]]:
    text = search.text.strip()
    if text:
        yield or_(_title(text), _own_reference(text), _number(text), _serial(text))
    for value, condition in (
        (search.title, _title),
        (search.own_reference, _own_reference),
        (search.number, _number),
        (search.serial, _serial),
    ):
        if value.strip():
            yield condition(value.strip())


def _title(text: str) -> ColumnElement[bool]:
    return ArchiveRecord.title.icontains(text, autoescape=True)


def _own_reference(text: str) -> ColumnElement[bool]:
    return ArchiveRecord.own_reference.icontains(text, autoescape=True)


def _number(text: str) -> ColumnElement[bool]:
    return ArchiveRecord.number.startswith(text, autoescape=True)


def _serial(text: str) -> ColumnElement[bool]:
    try:
        spelled = str(CopySerial.parse(text))
    except SerialMalformed:
        spelled = ""
    return ArchiveRecord.serial == spelled


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
    )
