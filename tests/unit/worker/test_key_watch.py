"""The log hears once a stage that a key runs out, and the officers' page shows the same."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from printserver.audit.models import AuditEntry
from printserver.bootstrap import read_key_list
from printserver.worker.key_watch import KeyRunsOut, warn_of_keys
from tests.databases import FakeClock
from tests.world import World


def told(world: World) -> list[str]:
    with world.database.reading() as work:
        rows = work.session.scalars(select(AuditEntry.body).where(AuditEntry.event == KeyRunsOut.__name__))
        return list(rows)


def test_each_stage_is_told_once_in_each_organisation(world: World):
    settings, clock = world.adapters.settings, world.database.clock
    assert isinstance(clock, FakeClock)
    end = min(key.not_after for key in read_key_list(settings).keys)
    clock.moment = end - timedelta(days=91)
    assert warn_of_keys(world.database, settings) == 0
    before = 0
    for days in (89, 29, 6):
        clock.moment = end - timedelta(days=days)
        new = warn_of_keys(world.database, settings)
        assert new > 0
        assert warn_of_keys(world.database, settings) == 0
        assert len(told(world)) == before + new
        before += new
