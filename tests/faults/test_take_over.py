"""Two workers on PostgreSQL: what a killed one had begun goes on under the other, each copy once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import pytest

from printserver.cli.supervisor import Part
from tests.cups_rig import wait_for
from tests.faults.printing.installation import KillableServer, killable_server
from tests.faults.printing.killing import count
from tests.faults.printing.requests import issued_request

COPIES = 4
PAGES = 2
SECONDS_PER_PAGE = 0.5
SECONDS_TO_TAKE_OVER = 30.0
READY_SECONDS = 60.0


@pytest.fixture
def server(postgresql_url: str) -> Iterator[KillableServer]:
    with killable_server(postgresql_url, workers=0) as server:
        server.printer.control(seconds_per_page=SECONDS_PER_PAGE)
        yield server


@contextmanager
def worker(server: KillableServer, name: str) -> Iterator[Part]:
    """Ready, and ended with the test."""
    log_file = server.settings.home / "log" / f"{name}.log"
    part = server.worker(name)
    with log_file.open("ab") as log:
        part.start(log)
    process = part.process
    assert process is not None
    try:
        wait_for(lambda: "worker ready" in log_file.read_text("utf-8") or None, within=READY_SECONDS)
        yield part
    finally:
        process.kill()
        process.wait()


def test_the_copies_of_a_killed_worker_go_on_under_the_other_within_seconds(server: KillableServer):
    with worker(server, "first") as first:
        clerk = server.person("clerk")
        request = issued_request(server, clerk, copies=COPIES, pages=PAGES)
        with worker(server, "second"):
            clerk.post(f"/print-requests/{request['id']}/releases", {})
            wait_for(lambda: server.printer.received() or None, within=READY_SECONDS)
            assert first.process is not None
            first.process.kill()
            killed_at, before = time.monotonic(), len(server.printer.received())
            assert before < COPIES
            wait_for(lambda: len(server.printer.received()) > before or None, within=SECONDS_TO_TAKE_OVER)
            taken_over_after = time.monotonic() - killed_at
            details = clerk.wait(
                f"/print-requests/{request['id']}",
                lambda each: {copy["state"] for copy in each["copy_list"]} <= {"printed", "outcome-unknown"},
            )
    verdict = count(server, details["copy_list"])
    assert (verdict.printed_once, verdict.printed_twice, verdict.lost) == (COPIES, 0, 0), verdict.findings
    assert taken_over_after < SECONDS_TO_TAKE_OVER
    arrived = [sha256(path.read_bytes()).hexdigest() for path in server.printer.received()]
    assert sorted(arrived) == sorted(copy["issued_sha256"] for copy in details["copy_list"])
