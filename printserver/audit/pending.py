"""Which entries have no place in the tree yet, found without reading the whole log each second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Select, select

from printserver.audit.merkle import leaf_hash
from printserver.audit.models import AuditEntry, AuditLeaf
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work

LATEST_COMMIT_MS: Final = 120_000
SWEEP_EVERY_MS: Final = 3_600_000
TIMESTAMP_SHIFT: Final = 80


@dataclass(frozen=True)
class PendingEntry:
    """body: canonical JSON.   hash: its leaf hash, 32 bytes."""

    id: UUID
    body: str

    @property
    def hash(self) -> bytes:
        return leaf_hash(self.body.encode())


def without_place() -> Select[AuditEntry]:
    """Entries with no leaf, oldest id first."""
    return (
        select(AuditEntry)
        .outerjoin(AuditLeaf, AuditLeaf.entry_id == AuditEntry.id)
        .where(AuditLeaf.entry_id.is_(None))
        .order_by(AuditEntry.id)
    )


class PendingEntries:
    """Ids begin with their time of birth, so a pass looks only at entries born since the last whole pass.

    Two minutes are added for transactions that commit late; a sweep over all, at the start and once an hour,
    finds those that took even longer.
    """

    def __init__(self) -> None:
        self._begun: UUID | None = None
        self._whole: UUID | None = None
        self._swept: UUID | None = None
        self._sweeping = False
        self._resume: UUID | None = None
        self._last: UUID | None = None

    def find(self, work: Work, limit: int) -> tuple[PendingEntry, ...]:
        """The next entries without a place, at most `limit`, in order of their ids."""
        found = self._search(work, limit)
        if self._resume and not found:
            self.settled()
            found = self._search(work, limit)
        return found

    def settled(self) -> None:
        """Everything the last `find` returned has its place now."""
        self._resume = self._last
        if self._last is None:
            self._whole = self._begun
            if self._sweeping:
                self._swept = self._begun

    def _search(self, work: Work, limit: int) -> tuple[PendingEntry, ...]:
        statement = without_place().with_only_columns(AuditEntry.id, AuditEntry.body).limit(limit)
        if floor := self._floor():
            statement = statement.where(AuditEntry.id >= floor)
        found = tuple(PendingEntry(key, body) for key, body in work.session.execute(statement))
        self._last = found[-1].id if len(found) == limit else None
        return found

    def _floor(self) -> UUID | None:
        if self._resume:
            return self._resume
        self._begun = new_id()
        self._sweeping = self._swept is None or self._begun > _later(self._swept, SWEEP_EVERY_MS)
        return None if self._sweeping or self._whole is None else _later(self._whole, -LATEST_COMMIT_MS)


def _later(moment: UUID, milliseconds: int) -> UUID:
    return UUID(int=moment.int + (milliseconds << TIMESTAMP_SHIFT))
