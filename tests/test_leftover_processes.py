"""A process that outlives its test is found."""

from __future__ import annotations

import subprocess

from tests import leftover_processes


def test_a_process_that_carries_the_mark_is_found_until_it_ends(monkeypatch):
    monkeypatch.delenv(leftover_processes.MARK)
    mark = leftover_processes.mark_this_run()
    with subprocess.Popen(["sleep", "600"]) as process:
        assert leftover_processes.marked_processes(mark) == {process.pid: "sleep 600"}
        process.kill()
    assert leftover_processes.leftovers(mark) == {}
