"""How a parallel run shares the tests out among its workers.

A file's tests stay together, because they share what was made for them. So do all tests of the one running server,
which takes longer to start than most of them, and which ends after the last of them: a server that waits for nobody
costs the other tests their time. Long tests that share nothing go each for itself.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Final

import pytest
import xdist
from xdist.scheduler import LoadFileScheduling

ONE_SERVER: Final = (
    *("tests/browser/test_pages_for_everybody.py", "tests/browser/test_release_at_the_printer.py"),
    "tests/browser/test_whole_job_by_mouse.py",
    *("tests/flows/test_reconciliation.py", "tests/flows/test_separation.py", "tests/flows/test_whole_story.py"),
)
THE_ONE_SERVER: Final = "one running server"
EACH_FOR_ITSELF: Final = ("tests/faults/test_kills.py",)
SERVERS_LIFETIME: Final = pytest.StashKey[ExitStack]()


def share_of(test: str) -> str:
    """What a worker is given together.   test: its node id."""
    file, _, _ = test.partition("::")
    if file in ONE_SERVER:
        return THE_ONE_SERVER
    return test if file in EACH_FOR_ITSELF else file


class SharedOut(LoadFileScheduling):
    """By `share_of`, in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)


def end_the_one_server(session: pytest.Session, next_test: pytest.Item | None) -> None:
    """If it runs in this process, which runs no more tests with it."""
    lifetime = session.stash.get(SERVERS_LIFETIME, None)
    if lifetime is None or next_test is None:
        return
    every = session.items
    to_come = [next_test] if xdist.is_xdist_worker(session) else every[every.index(next_test) :]
    if not any(share_of(each.nodeid) == THE_ONE_SERVER for each in to_come):
        lifetime.close()
