"""Whether a copy's signed paper came home complete, as a condition for other rooms' queries."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, exists

from printserver.archive.models import ArchiveRecord


def is_archived(copy_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """copy_id: the column that names the copy."""
    return exists().where(ArchiveRecord.copy_id == copy_id).correlate_except(ArchiveRecord)
