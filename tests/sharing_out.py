"""How a parallel run shares the tests out among its workers.

A file's tests stay together, because they share what was made for them. So do all tests of the one running server,
which takes longer to start than most of them. Long tests that share nothing go each for itself.
"""

from __future__ import annotations

from typing import Final

from xdist.scheduler import LoadFileScheduling

ONE_SERVER: Final = (
    *("tests/browser/test_pages_for_everybody.py", "tests/browser/test_release_at_the_printer.py"),
    "tests/browser/test_whole_job_by_mouse.py",
    *("tests/flows/test_reconciliation.py", "tests/flows/test_separation.py", "tests/flows/test_whole_story.py"),
)
EACH_FOR_ITSELF: Final = ("tests/faults/test_kills.py",)


def share_of(test: str) -> str:
    """What a worker is given together.   test: its node id."""
    file, _, _ = test.partition("::")
    if file in ONE_SERVER:
        return "one running server"
    return test if file in EACH_FOR_ITSELF else file


class SharedOut(LoadFileScheduling):
    """By `share_of`, in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)
