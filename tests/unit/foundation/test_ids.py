"""Identifiers are unique and sort by birth, also across threads and forked processes."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID, uuid4

import pytest

from printserver.foundation.ids import made_at, new_id


def test_an_id_is_a_uuid_of_version_seven_with_the_time_of_its_birth():
    before = time.time_ns() // 1_000_000
    made = new_id()
    assert (made.version, made.variant) == (7, RFC_4122)
    assert before - 1 <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_ids_of_one_thread_ascend():
    ids = [new_id() for _ in range(5_000)]
    assert ids == sorted(set(ids))


def test_ids_of_many_threads_differ():
    made: list[list[UUID]] = []
    threads = [threading.Thread(target=lambda: made.append([new_id() for _ in range(5_000)])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each for ids in made for each in ids}) == 20_000


def test_a_forked_process_makes_other_ids():
    new_id()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "wb") as file:
            file.write(b"".join(new_id().bytes for _ in range(1_000)))
        os._exit(0)
    os.close(writing)
    ours = {new_id().bytes for _ in range(1_000)}
    with os.fdopen(reading, "rb") as file:
        data = file.read()
    os.waitpid(child, 0)
    theirs = {data[at : at + 16] for at in range(0, len(data), 16)}
    assert len(theirs) == 1_000
    assert not ours & theirs


def test_an_id_says_when_it_was_made():
    before = datetime.now(UTC)
    made = made_at(new_id())
    assert abs(made - before) < timedelta(seconds=5)


def test_only_version_7_says_when():
    with pytest.raises(ValueError, match="version 7"):
        made_at(uuid4())
