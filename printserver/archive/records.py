"""Put a copy into the archive, once, under the next number of its organisation and year.

What is found in its text, and the searchable PDF/A of its scan, come from a job that is enqueued with the record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from printserver.approvals.retention_periods import PERMANENT
from printserver.archive.events import CopyArchived
from printserver.archive.models import ArchiveCounter, ArchiveParty, ArchiveRecord
from printserver.archive.scheme import numbering_of
from printserver.archive.searchable_jobs import SearchableState, searchable_job
from printserver.audit.log import By, append
from printserver.foundation.errors import Refused
from printserver.foundation.ids import new_id
from printserver.foundation.serials import CopySerial
from printserver.foundation.unit_of_work import Work


class CopyIncomplete(Refused):
    """Pages are missing, or there is no issued PDF; an incomplete copy is never archived."""

    code = "copy-incomplete"


@dataclass(frozen=True)
class ArchivedPage:
    """One page of the paper as it came home."""

    page: int
    """1-based number in the copy."""
    image_sha256: str | None
    """The page as it was read from the scan, a JPEG file; None when only a person could read it in the scan."""
    scan_sha256: str
    """The scanned file, as it was handed in."""
    position: int
    """1-based place in that file."""
    verdict: str
    """Of the comparison with the issued page; empty when none was made."""
    return_id: UUID
    kind: str = ""
    """What the comparison took the page for: `same`, `written-on` and others; empty when it did not say."""
    pose: tuple[float, ...] | None = None
    """Nine numbers, row by row: a homography from the issued page to the upright scanned page, both in micrometres
    from the top left; None when it is not known."""
    dpi: float = 0.0
    """Of the upright scanned page; 0.0 when it is not known."""
    rotation: int = 0
    """Degrees clockwise by which the page lay turned in the scan."""
    scan_um: tuple[int, int] | None = None
    """Width and height of the upright scanned page, as `pose` measures it; None when it is not known."""


@dataclass(frozen=True)
class ContractParty:
    """`number`: of an identity card, or a company's, or empty."""

    name: str
    number: str


@dataclass(frozen=True)
class CompleteCopy:
    """What the archive keeps of a copy.

    pages: each page once, in order.   parties: the others, in the request's order.   amount_minor: in the currency's
    smallest unit.   contract_end: as far as the request knows it.
    """

    organisation_id: UUID
    branch_id: UUID
    request_id: UUID
    copy_id: UUID
    serial: CopySerial
    number: int
    copies: int
    title: str
    own_reference: str
    issued_sha256: str
    pages_expected: int
    pages: tuple[ArchivedPage, ...]
    class_code: str = ""
    parties: tuple[ContractParty, ...] = ()
    amount_minor: int | None = None
    amount_currency: str = ""
    contract_end: date | None = None


def archive_copy(work: Work, by: By, copy: CompleteCopy, *, retention_class: str = PERMANENT) -> UUID:
    """The id of the copy's archive record, which is made unless it is there already.

    Raises: CopyIncomplete.
    """
    if not copy.issued_sha256 or [page.page for page in copy.pages] != list(range(1, copy.pages_expected + 1)):
        raise CopyIncomplete("only a copy with all its pages, each once and in order, is archived")
    if not copy.pages:
        raise CopyIncomplete("a copy without pages is not archived")
    year = work.now().year
    _lock_numbers(work, copy.organisation_id, year)
    existing = work.session.scalar(select(ArchiveRecord.id).where(ArchiveRecord.copy_id == copy.copy_id))
    if existing is not None:
        return existing
    sequence = _next_number(work, copy.organisation_id, year)
    number = numbering_of(work, copy.organisation_id).number(
        year=year, sequence=sequence, retention=retention_class, class_code=copy.class_code
    )
    record = _record(work, copy, number, retention_class)
    work.session.add(record)
    work.session.flush()
    for position, party in enumerate(copy.parties, 1):
        work.session.add(ArchiveParty(record_id=record.id, position=position, name=party.name, number=party.number))
    append(
        work,
        by,
        CopyArchived(
            id=record.id,
            copy_id=copy.copy_id,
            branch_id=record.branch_id,
            number=record.number,
            serial=record.serial,
            issued_sha256=record.issued_sha256,
            page_images=tuple(page.image_sha256 for page in copy.pages),
            retention_class=retention_class,
        ),
    )
    work.jobs.enqueue(work.session, searchable_job(record.id, record.searchable_tries))
    return record.id


def _record(work: Work, copy: CompleteCopy, number: str, retention_class: str) -> ArchiveRecord:
    return ArchiveRecord(
        id=new_id(),
        organisation_id=copy.organisation_id,
        branch_id=copy.branch_id,
        copy_id=copy.copy_id,
        request_id=copy.request_id,
        number=number,
        serial=str(copy.serial),
        copy_number=copy.number,
        copies=copy.copies,
        title=copy.title,
        own_reference=copy.own_reference,
        issued_sha256=copy.issued_sha256,
        pages=[_page(page) for page in copy.pages],
        retention_class=retention_class,
        created_at=work.now(),
        catalogue=catalogue(work.now().year, copy.class_code),
        class_code=copy.class_code,
        amount_minor=copy.amount_minor,
        amount_currency=copy.amount_currency,
        contract_end=copy.contract_end,
        searchable_state=SearchableState.WAITING,
        searchable_tries=1,
    )


def catalogue(year: int, class_code: str) -> str:
    """The file of the catalogue in which a record stands."""
    return f"{year}/{class_code}" if class_code else f"{year}"


def _page(page: ArchivedPage) -> dict[str, Any]:
    return {
        "page": page.page,
        "image_sha256": page.image_sha256,
        "scan_sha256": page.scan_sha256,
        "position": page.position,
        "verdict": page.verdict,
        "return_id": str(page.return_id),
        "kind": page.kind,
        "pose": None if page.pose is None else list(page.pose),
        "dpi": page.dpi,
        "rotation": page.rotation,
        "scan_um": None if page.scan_um is None else list(page.scan_um),
    }


def _lock_numbers(work: Work, organisation_id: UUID, year: int) -> None:
    """Whoever archives in this organisation and year waits here, so that neither a number nor a copy is taken twice."""
    insert = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    work.session.execute(
        insert(ArchiveCounter)
        .values(organisation_id=organisation_id, year=year, last=0)
        .on_conflict_do_update(index_elements=["organisation_id", "year"], set_={"last": ArchiveCounter.last})
    )


def _next_number(work: Work, organisation_id: UUID, year: int) -> int:
    return work.session.execute(
        update(ArchiveCounter)
        .where(ArchiveCounter.organisation_id == organisation_id, ArchiveCounter.year == year)
        .values(last=ArchiveCounter.last + 1)
        .returning(ArchiveCounter.last)
    ).scalar_one()
