"""Whether a copy's signed paper came home complete, and whether its record is there still, for other rooms."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, exists, select

from printserver.archive.disposal_holdings import disposed_copies
from printserver.archive.holds import RecordDisposed
from printserver.archive.models import ArchiveRecord
from printserver.archive.two_persons import take_turn
from printserver.foundation.unit_of_work import Work


def is_archived(copy_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """copy_id: the column that names the copy."""
    return exists().where(ArchiveRecord.copy_id == copy_id).correlate_except(ArchiveRecord)


def require_kept(work: Work, organisation_id: UUID, copy_id: UUID) -> None:
    """Until the transaction ends the copy's record is not disposed of: what is written now is forgotten with it.

    Raises: RecordDisposed; of a copy that is gone nobody writes down anything that would then stay for ever.
    """
    if work.session.scalar(select(ArchiveRecord.id).where(ArchiveRecord.copy_id == copy_id)) is None:
        return
    take_turn(work, organisation_id)
    if work.session.scalar(disposed_copies(copy_id)) is not None:
        raise RecordDisposed("the archive record of this copy was disposed of; nothing more is written down about it")
