"""What the worker looks for again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy.exc import OperationalError

from printserver.worker.rounds import go_round


def until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    "problem",
    [
        OperationalError("SELECT 1", {}, RuntimeError("the database is away")),
        OSError(24, "too many open files"),
        ValueError("something that nobody foresaw"),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_a_round_goes_on_after_a_failure_and_ends_when_it_is_told(problem: Exception):
    looks: list[int] = []

    def look() -> int:
        looks.append(1)
        if len(looks) == 1:
            raise problem
        return 1

    stop = threading.Event()
    thread = go_round("tests", look, stop, every_seconds=0.01)
    until(lambda: len(looks) > 2)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def test_the_first_look_is_at_once():
    looked, stop = threading.Event(), threading.Event()

    def look() -> int:
        looked.set()
        return 0

    thread = go_round("tests", look, stop, every_seconds=3600)
    assert looked.wait(30)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
