"""What is set aside can still be read, is given back whole, and goes only after its time, whoever is killed."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from printserver.foundation.errors import NotFound
from printserver.storage.blobs import FolderBlobs
from printserver.storage.objects import ObjectErased
from printserver.storage.setting_aside import Aside, AsideObjects
from tests.unit.storage.test_objects import stored_files
from tests.unit.storage.test_sealed_objects import Disk, DyingBlobs, Killed

OWNER = uuid4()
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEFT_OVER = b"a proof whose hand-over was refused"
DEATHS = ["before 0", *(f"after {write}" for write in range(3))]


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def aside(disk: Disk, *deaths: str) -> AsideObjects:
    killed, writes = list(deaths), list[str]()
    contents, keys = (DyingBlobs(FolderBlobs(each), killed, writes) for each in (disk.contents, disk.keys))
    return AsideObjects(contents, keys)


def test_what_lies_aside_is_still_read_but_is_not_among_what_is_stored(disk: Disk):
    objects = disk.process()
    digest = objects.put(LEFT_OVER, OWNER)
    aside(disk).set_aside(digest, OWNER, NOON)
    assert objects.get(digest, OWNER) == LEFT_OVER
    assert list(objects.digests(OWNER)) == []
    (lying,) = aside(disk).names(OWNER).aside
    assert lying == Aside(digest, lying.since, also_stored=False)
    assert lying.since > NOON


def test_what_is_given_back_is_as_it_was_also_after_the_end_of_its_time_aside(disk: Disk):
    objects, store = disk.process(), aside(disk)
    digest = objects.put(LEFT_OVER, OWNER)
    before = {file: file.read_bytes() for file in stored_files(disk.folder)}
    store.set_aside(digest, OWNER, NOON)
    store.give_back(digest, OWNER)
    assert objects.get(digest, OWNER) == LEFT_OVER
    store.end(digest, OWNER)
    assert {file: file.read_bytes() for file in stored_files(disk.folder)} == before


def test_after_the_end_nobody_reads_it_and_nothing_is_left_but_the_mark(disk: Disk):
    objects, store = disk.process(), aside(disk)
    digest = objects.put(LEFT_OVER, OWNER)
    store.set_aside(digest, OWNER, NOON)
    store.end(digest, OWNER)
    with pytest.raises(ObjectErased):
        objects.get(digest, OWNER)
    assert stored_files(disk.contents) == []
    assert objects.put(LEFT_OVER, OWNER) == digest
    assert objects.get(digest, OWNER) == LEFT_OVER


def test_bytes_that_are_stored_again_while_they_lie_aside_outlive_what_lies_aside(disk: Disk):
    objects, store = disk.process(), aside(disk)
    digest = objects.put(LEFT_OVER, OWNER)
    store.set_aside(digest, OWNER, NOON)
    assert objects.put(LEFT_OVER, OWNER) == digest
    store.end(digest, OWNER)
    assert disk.process().get(digest, OWNER) == LEFT_OVER
    assert len(stored_files(disk.contents)) == 1
    assert store.names(OWNER).aside == ()


def test_it_is_not_set_aside_anew_while_an_older_time_runs(disk: Disk):
    objects, store = disk.process(), aside(disk)
    digest = objects.put(LEFT_OVER, OWNER)
    store.set_aside(digest, OWNER, NOON)
    objects.put(LEFT_OVER, OWNER)
    store.set_aside(digest, OWNER, NOON.replace(day=20))
    (lying,) = store.names(OWNER).aside
    assert (lying.also_stored, lying.since.day) == (True, 1)
    assert disk.process().get(digest, OWNER) == LEFT_OVER


@pytest.mark.parametrize("death", DEATHS)
def test_a_kill_while_setting_aside_leaves_it_readable_and_what_is_stored_meanwhile_stays(disk: Disk, death: str):
    objects = disk.process()
    digest = objects.put(LEFT_OVER, OWNER)
    with contextlib.suppress(Killed):
        aside(disk, death).set_aside(digest, OWNER, NOON)
    assert disk.process().get(digest, OWNER) == LEFT_OVER
    objects.put(LEFT_OVER, OWNER)
    store = aside(disk)
    store.set_aside(digest, OWNER, NOON)
    assert disk.process().get(digest, OWNER) == LEFT_OVER


@pytest.mark.parametrize("death", DEATHS)
def test_a_kill_at_the_end_leaves_it_whole_or_gone_and_the_next_one_ends_it(disk: Disk, death: str):
    digest = disk.process().put(LEFT_OVER, OWNER)
    aside(disk).set_aside(digest, OWNER, NOON)
    with contextlib.suppress(Killed):
        aside(disk, death).end(digest, OWNER)
    try:
        assert disk.process().get(digest, OWNER) == LEFT_OVER
    except NotFound:
        assert aside(disk).names(OWNER).aside == ()
    aside(disk).end(digest, OWNER)
    with pytest.raises(ObjectErased):
        disk.process().get(digest, OWNER)


def test_a_disposal_takes_what_lies_aside_too(disk: Disk):
    objects = disk.process()
    digest = objects.put(LEFT_OVER, OWNER)
    aside(disk).set_aside(digest, OWNER, NOON)
    objects.erase(digest, OWNER)
    with pytest.raises(ObjectErased):
        objects.get(digest, OWNER)
    assert stored_files(disk.contents) == []
    assert aside(disk).names(OWNER).aside == ()
