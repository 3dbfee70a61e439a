"""No entry is overlooked, though only the latest are looked at."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from printserver.audit import pending
from printserver.audit.canonical import canonical_json
from printserver.audit.models import AuditEntry, AuditLeaf
from printserver.audit.pending import LATEST_COMMIT_MS, SWEEP_EVERY_MS, TIMESTAMP_SHIFT, PendingEntries
from printserver.foundation.ids import new_id
from tests.unit.audit.made_logs import MadeLog


def born(milliseconds_ago: int) -> UUID:
    return UUID(int=new_id().int - (milliseconds_ago << TIMESTAMP_SHIFT))


def insert(log: MadeLog, entry_id: UUID) -> UUID:
    with log.database.work() as work:
        body = canonical_json({"id": str(entry_id)}).decode()
        work.session.add(AuditEntry(id=entry_id, at=work.now(), event="Late", subject="seal", body=body))
    return entry_id


def found(log: MadeLog, entries: PendingEntries, limit: int = 100) -> list[UUID]:
    with log.database.reading() as work:
        return [entry.id for entry in entries.find(work, limit)]


def test_entries_that_were_not_settled_are_found_again(log: MadeLog):
    ids, entries = log.record(3), PendingEntries()
    assert found(log, entries) == ids
    assert found(log, entries) == ids


def test_an_entry_committed_late_is_found_by_the_next_pass(log: MadeLog):
    entries = PendingEntries()
    log.grow(1)
    assert found(log, entries) == []
    entries.settled()
    late = insert(log, born(LATEST_COMMIT_MS // 2))
    assert found(log, entries) == [late]


def test_an_entry_committed_very_late_is_found_by_a_sweep(log: MadeLog, monkeypatch):
    entries = PendingEntries()
    assert found(log, entries) == []
    entries.settled()
    very_late = insert(log, born(LATEST_COMMIT_MS * 3))
    assert found(log, entries) == []
    entries.settled()
    assert found(log, PendingEntries()) == [very_late]
    monkeypatch.setattr(pending, "new_id", lambda: born(-SWEEP_EVERY_MS - 1_000))
    assert found(log, entries) == [very_late]


def test_an_entry_committed_during_a_pass_in_parts_is_found_by_the_next_pass(log: MadeLog):
    log.record(4)
    sequencer = log.new_sequencer(batch=2)
    assert sequencer.run_once() is not None
    behind = insert(log, born(1_000))
    while sequencer.run_once():
        pass
    with log.database.reading() as work:
        assert work.session.scalar(select(AuditLeaf.position).where(AuditLeaf.entry_id == behind)) == 4
