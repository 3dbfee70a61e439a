"""Which entries of the log speak of a thing, in the order in which they were made."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select

from printserver.audit.models import AuditEntry, AuditLeaf
from printserver.foundation.unit_of_work import Work


def entries_about(work: Work, subject_ids: Collection[UUID], *, events: Collection[str]) -> tuple[UUID, ...]:
    """Ids of entries that have their place in the log, by that place.   subject_ids: at most some hundreds."""
    rows = work.session.scalars(
        select(AuditEntry.id)
        .join(AuditLeaf, AuditLeaf.entry_id == AuditEntry.id)
        .where(AuditEntry.subject_id.in_(list(subject_ids)), AuditEntry.event.in_(list(events)))
        .order_by(AuditLeaf.position)
    )
    return tuple(rows)


def unplaced_about(work: Work, subject_ids: Collection[UUID], *, events: Collection[str]) -> bool:
    """Whether one of the entries that `entries_about` seeks still waits for its place.   subject_ids: as there."""
    waiting = (
        select(AuditEntry.id)
        .outerjoin(AuditLeaf, AuditLeaf.entry_id == AuditEntry.id)
        .where(AuditEntry.subject_id.in_(list(subject_ids)), AuditEntry.event.in_(list(events)))
        .where(AuditLeaf.entry_id.is_(None))
    )
    return work.session.scalar(waiting.limit(1)) is not None


def without_place_yet(work: Work, entry_ids: Sequence[UUID]) -> bool:
    """Whether one of these entries still waits for its place, which takes about a second."""
    placed = work.session.scalars(select(AuditLeaf.entry_id).where(AuditLeaf.entry_id.in_(list(entry_ids)))).all()
    return len(placed) < len(set(entry_ids))
