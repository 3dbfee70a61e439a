"""A hold, a shortening that waits, and a disposal list that waits, of the archive record at the home's north."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import update

from printserver.archive.disposal import propose_disposal
from printserver.archive.holds import hold_record
from printserver.archive.models import ArchiveRecord
from printserver.archive.retention_changes import change_retention
from printserver.organisations.permissions import Role
from tests.world import World

LONG_AGO = date(2010, 3, 1)


@dataclass(frozen=True)
class RetentionThings:
    hold: UUID
    change: UUID
    run: UUID


def retention_at(world: World, record_id: UUID) -> RetentionThings:
    """The record itself is left as it was: for ever, without an end."""
    with world.database.work() as work:
        actor = world.actor(work, Role.ARCHIVIST)
        chosen = update(ArchiveRecord).where(ArchiveRecord.id == record_id)
        work.session.execute(chosen.values(retention_class="10-years", contract_end=LONG_AGO))
        attestor, north = world.adapters.attestor, world.home.north.branch_id
        run = propose_disposal(work, actor, attestor, north, reason="its time is over")
        asked = change_retention(work, actor, record_id, "5-years", LONG_AGO, reason="wrong class")
        hold = hold_record(work, actor, record_id, matter="7", reason="the court asked for it")
        work.session.execute(chosen.values(retention_class="permanent", contract_end=None))
    return RetentionThings(hold, asked.id, run)
