"""On the server: what no row names is shown, set aside and erased; what is due is read, or when it will be."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from typer.testing import CliRunner, Result

from printserver.archive.fixity import FixityRules, Round, check_oldest, next_due
from printserver.cli.main import app
from printserver.foundation.errors import NotFound
from printserver.organisations.queries import organisations
from tests.databases import sqlite_template
from tests.world import World, world, world_template

__all__ = ["sqlite_template", "world", "world_template"]


@pytest.fixture
def here(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The commands are given this machine's settings."""
    monkeypatch.setenv("PRINTSERVER_HOME", str(world.adapters.settings.home))
    return world


def archive(*words: str) -> Result:
    return CliRunner().invoke(app, ["archive", *words])


def test_bytes_that_no_row_names_are_shown_and_set_aside(here: World):
    with here.database.reading() as work:
        owner = organisations(work)[0].id
    here.archived()
    left_over = here.adapters.objects.put(b"left over by a crash", owner)
    before = set(here.adapters.objects.digests(owner))
    shown = archive("sweep", "--preview")
    assert shown.exit_code == 0, shown.output
    assert f"set aside: {left_over}" in shown.output
    assert "nothing was changed" in shown.output
    assert set(here.adapters.objects.digests(owner)) == before
    done = archive("sweep")
    assert done.exit_code == 0, done.output
    assert before - set(here.adapters.objects.digests(owner)) == {left_over}
    assert here.adapters.objects.get(left_over, owner) == b"left over by a crash"
    assert re.search(f"lies aside since [0-9T:.-]+Z: {left_over}", archive("sweep", "--preview").output)
    with pytest.raises(NotFound):
        here.adapters.objects.get(sha256(b"nothing").hexdigest(), owner)


def test_when_no_record_is_due_the_command_says_when_the_next_one_is(here: World):
    rules = FixityRules()
    with here.database.reading() as work:
        assert next_due(work, rules) is None
    here.archived()
    with here.database.reading() as work:
        assert next_due(work, rules) == here.clock.now()
    here.clock.moment = datetime(2199, 1, 1, tzinfo=UTC)
    check_oldest(here.adapters.fixity_tools, rules)
    with here.database.reading() as work:
        due = next_due(work, rules)
        assert next_due(work, FixityRules(every_days=0)) is None
    assert due is not None
    assert (due - here.clock.now()).days == 90
    said = archive("fixity")
    assert said.exit_code == 0, said.output
    assert f"no record was due: the next one is due {due:%Y-%m-%d}" in said.output


def test_two_rounds_count_together():
    one = Round(1, 2, 3, ["2026-1"])
    assert one.and_then(Round(1, 1, 1, [], store_away=True)) == Round(2, 3, 4, ["2026-1"], store_away=True)
