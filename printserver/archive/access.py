"""The one way to an archive record and to the bytes it names. Reading the bytes is itself recorded.

The object store is asked outside the transaction.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from printserver.archive.events import ArchivedFileRead
from printserver.archive.models import ArchiveRecord
from printserver.audit.log import append
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor, branch_path, require, within
from printserver.organisations.permissions import Permission
from printserver.storage.objects import Objects


class RecordNotFound(NotFound):
    code = "archive-record-not-found"


def record_in_view(work: Work, actor: Actor, record_id: UUID) -> ArchiveRecord:
    """Raises: Forbidden, RecordNotFound."""
    require(actor, Permission.READ_ARCHIVE)
    record = work.session.scalar(
        select(ArchiveRecord).where(
            ArchiveRecord.id == record_id, within(ArchiveRecord.branch_id, actor, Permission.READ_ARCHIVE)
        )
    )
    if record is None:
        raise RecordNotFound("there is no such archive record")
    return record


def evidence_in_view(work: Work, actor: Actor, record_id: UUID) -> ArchiveRecord:
    """A record whose signed file the actor may take away.   Raises: Forbidden, RecordNotFound."""
    require(actor, Permission.READ_EVIDENCE)
    record = record_in_view(work, actor, record_id)
    if not actor.may(Permission.READ_EVIDENCE, branch_path(work, record.branch_id)):
        raise RecordNotFound("there is no such archive record")
    return record


def issued_pdf(database: Database, objects: Objects, actor: Actor, record_id: UUID) -> bytes:
    """The signed PDF as it was issued, valid codes and all; for reading, `returns.archived_pages` shows its pages.

    Raises: Forbidden, RecordNotFound, ObjectChanged.
    """
    with database.work() as work:
        record = evidence_in_view(work, actor, record_id)
        digest = record.issued_sha256
        append(work, actor.by, ArchivedFileRead(id=record.id, what="issued", sha256=digest))
    return objects.get(digest, actor.organisation_id)


def page_picture(database: Database, objects: Objects, actor: Actor, record_id: UUID, page: int) -> bytes:
    """One page of the paper as it came home, a JPEG file.   page: 1-based.

    Raises: Forbidden, RecordNotFound, ObjectChanged.
    """
    return _of_page(database, objects, actor, record_id, page, "page-image", "image_sha256")


def scan_file(database: Database, objects: Objects, actor: Actor, record_id: UUID, page: int) -> bytes:
    """The untouched file in which that page came: PDF, JPEG or PNG, told by its first bytes.

    It may hold pages of other copies too. Raises: Forbidden, RecordNotFound, ObjectChanged.
    """
    return _of_page(database, objects, actor, record_id, page, "scan", "scan_sha256")


def searchable_pdf(database: Database, objects: Objects, actor: Actor, record_id: UUID) -> bytes:
    """The scan as a PDF/A whose words can be searched.   Raises: Forbidden, RecordNotFound, ObjectChanged."""
    with database.work() as work:
        record = record_in_view(work, actor, record_id)
        digest = record.searchable_sha256
        if digest is None:
            raise RecordNotFound("the archive record has no searchable file")
        append(work, actor.by, ArchivedFileRead(id=record.id, what="searchable", sha256=digest))
    return objects.get(digest, record.organisation_id)


def _of_page(
    database: Database, objects: Objects, actor: Actor, record_id: UUID, page: int, what: str, field: str
) -> bytes:
    with database.work() as work:
        record = record_in_view(work, actor, record_id)
        digest = next((entry[field] for entry in record.pages if entry["page"] == page), None)
        if digest is None:
            raise RecordNotFound("the archive record has no such page, or no picture of it")
        append(work, actor.by, ArchivedFileRead(id=record.id, what=what, sha256=digest))
    return objects.get(digest, actor.organisation_id)
