"""Give what was recorded its places in the log, as the signer's sequencer does, without keys and heads."""

from __future__ import annotations

from hashlib import sha256

from printserver.audit.models import AuditLeaf
from printserver.audit.pending import without_place
from printserver.audit.queries import next_position
from printserver.foundation.unit_of_work import Database


def sequence(database: Database) -> None:
    with database.work() as work:
        first = next_position(work)
        for position, entry in enumerate(work.session.scalars(without_place()).all(), first):
            leaf = sha256(b"\0" + entry.body.encode()).digest()
            work.session.add(AuditLeaf(position=position, entry_id=entry.id, leaf_hash=leaf))
