"""A process that outlives its test is found."""

from __future__ import annotations

import subprocess
import time

from tests import leftover_processes


def test_a_process_that_carries_the_mark_is_found_until_it_ends(monkeypatch):
    monkeypatch.delenv(leftover_processes.MARK)
    mark = leftover_processes.mark_this_run()
    with subprocess.Popen(["sleep", "600"]) as process:
        try:
            assert _found_soon(mark) == {process.pid: "sleep 600"}
        finally:
            process.kill()
    assert leftover_processes.leftovers(mark) == {}


def _found_soon(mark: str) -> dict[int, str]:
    """A program that has just been started shows its command and environment a moment later."""
    deadline = time.monotonic() + 60
    while not (found := leftover_processes.marked_processes(mark)) or "" in found.values():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found
