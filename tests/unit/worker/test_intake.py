"""A channel's server is kept open by the worker; one that cannot be opened says so and is tried again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.exc import OperationalError

from printserver.foundation.errors import Unavailable
from printserver.worker.intake import serve


class Notes:
    """What was said of a channel."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, trouble: str = "", waiting: int = 0) -> None:
        self.said.append(trouble)


def until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("database_is_away", [False, True])
def test_a_taken_port_is_said_and_tried_again_until_the_end(*, database_is_away: bool) -> None:
    stop, notes, events = threading.Event(), Notes(), list[str]()

    @contextmanager
    def opened() -> Iterator[int]:
        events.append("try")
        if len(events) == 1:
            raise Unavailable("cannot listen on 127.0.0.1:8725")
        yield 8725
        events.append("closed")

    def note() -> int:
        events.append("note")
        if database_is_away:
            raise OperationalError("SELECT 1", {}, RuntimeError("the database is away"))
        return 0

    thread = serve("scans", opened, note, {"a": notes}, stop, again_seconds=0.01)  # type: ignore[dict-item]  # a stand-in
    until(lambda: "note" in events)
    stop.set()
    thread.join(60)
    assert not thread.is_alive()
    assert notes.said == ["cannot listen on 127.0.0.1:8725"]
    assert events == ["try", "try", "note", "closed"]
