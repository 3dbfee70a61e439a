"""Ordinary mishaps at a branch, on a whole server: what a person sees, and that the copy comes out once, or is unknown.

The same list, with what to do, is docs/guide/when-printing-stops.md.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest

from printserver.cli.queues import private_cups
from printserver.cli.system_users import CUPS, separated
from printserver.printing.emulated_printer import EmulatedPrinter
from printserver.printing.system_user import command_prefix
from tests.cups_rig import Running, wait_for
from tests.faults.printing.installation import KillableServer, killable_server
from tests.faults.printing.requests import issued_request
from tests.faults.printing.victims import Victim

PAGES = 3
SLOW = 0.5  # seconds a page: time enough for a mishap in the middle of a copy
LARGEST_FILE = 4096
SETTLED = {"printed", "outcome-unknown"}


@dataclass
class Branch:
    """A server, its one printer, and the people there."""

    server: KillableServer
    engine: Running = field(init=False)

    def __post_init__(self) -> None:
        self.clerk = self.server.person("clerk")
        self.printer_id = self.clerk.get("/printers")[0]["id"]
        self.engine = self.engine_of(self.printer)
        self.number = 0

    @property
    def printer(self) -> EmulatedPrinter:
        (printer,) = self.server.printers.values()
        return printer

    @property
    def queue(self) -> str:
        (queue,) = self.server.printers
        return queue

    def engine_of(self, printer: EmulatedPrinter, *options: str) -> Running:
        *command, name = printer.command()
        return Running([*command, *options, name], printer.environment(), self.server.settings.home / "engine.out")

    def switch_on(self) -> None:
        self.engine.start()
        self.printer.wait_until_ready()

    def switch_off(self) -> None:
        self.engine.stop(signal.SIGKILL)

    def issued(self) -> Any:
        """A request whose one copy can be released, as the interface shows it."""
        self.number += 1
        return issued_request(self.server, self.clerk, copies=1, pages=PAGES, title=f"contract {self.number}")

    def release(self, request: Any) -> Any:
        """Its one copy."""
        self.clerk.post(f"/print-requests/{request['id']}/releases", {})
        return request["copy_list"][0]

    def released(self) -> Any:
        return self.release(self.issued())

    def printing(self) -> Any:
        """A copy whose first page is under way."""
        before = len(self.printer.received())
        copy = self.released()
        wait_for(lambda: len(self.printer.received()) > before or None, within=30)
        self.sees(copy, "sent")
        return copy

    def state(self, copy: Any) -> str:
        return str(self.clerk.get(f"/copies/{copy['id']}")["state"])

    def sees(self, copy: Any, state: str, *, within: float = 40.0) -> None:
        self.clerk_sees(lambda: self.state(copy) == state, lambda: self.state(copy), within=within)

    def sees_printer(self, look: Callable[[Any], bool], *, within: float = 40.0) -> None:
        path = f"/printers/{self.printer_id}/status"
        self.clerk_sees(lambda: look(self.clerk.get(path) or {}), lambda: self.clerk.get(path), within=within)

    def sees_reason(self, reason: str) -> None:
        self.sees_printer(lambda status: any(reason in each for each in status["reasons"]))

    @staticmethod
    def clerk_sees(look: Callable[[], bool], shown: Callable[[], object], *, within: float) -> None:
        deadline = time.monotonic() + within
        while not look():
            assert time.monotonic() < deadline, f"instead the page shows {shown()}"
            time.sleep(0.2)

    def settled(self, copy: Any, *, within: float = 60.0) -> str:
        """Its state once that is decided."""
        wait_for(lambda: self.state(copy) in SETTLED or None, within=within)
        return self.state(copy)

    def starts(self, copy: Any) -> int:
        """How often the printer was given this copy."""
        digests = [sha256(path.read_bytes()).hexdigest() for path in self.printer.received()]
        return digests.count(self.clerk.get(f"/copies/{copy['id']}")["issued_sha256"])

    def assert_the_next_copy_comes_out(self) -> None:
        copy = self.released()
        assert self.settled(copy) == "printed"
        assert self.starts(copy) == 1


@pytest.fixture(scope="module")
def one_branch() -> Iterator[Branch]:
    with killable_server(printers_apart=True) as server:
        branch = Branch(server)
        try:
            yield branch
        finally:
            branch.switch_off()


@pytest.fixture
def branch(one_branch: Branch) -> Branch:
    """Switched on, with paper."""
    one_branch.switch_off()
    one_branch.printer.control(seconds_per_page=0.05)
    one_branch.engine = one_branch.engine_of(one_branch.printer)
    one_branch.switch_on()
    return one_branch


@pytest.mark.parametrize("reason", ["media-empty", "media-jam"])
def test_without_paper_or_with_a_jam_the_copy_waits_at_the_printer_and_then_comes_out_once(branch: Branch, reason):
    branch.printer.control(reason=f"{reason}-error")
    copy = branch.released()
    branch.sees(copy, "sent")
    branch.sees_reason(reason)
    assert branch.state(copy) == "sent"
    branch.printer.control()
    assert branch.settled(copy) == "printed"
    assert branch.starts(copy) == 1
    branch.sees_printer(lambda status: status["reasons"] == [])


def test_a_printer_that_aborts_leaves_the_copy_unknown_and_prints_the_next_one(branch: Branch):
    branch.printer.control(crash_on_page=2)
    copy = branch.released()
    assert branch.settled(copy) == "outcome-unknown"
    branch.printer.control()
    branch.assert_the_next_copy_comes_out()
    assert branch.state(copy) == "outcome-unknown"
    assert branch.starts(copy) == 1


def test_a_printer_that_is_off_at_the_start_is_waited_for_and_prints_the_copy_once(branch: Branch):
    branch.switch_off()
    copy = branch.released()
    branch.sees_printer(lambda status: bool(status["problem"]))
    branch.sees(copy, "sent")
    branch.switch_on()
    assert branch.settled(copy, within=90) == "printed"
    assert branch.starts(copy) == 1
    branch.sees_printer(lambda status: not status["problem"], within=90)


def test_a_printer_switched_off_in_the_middle_leaves_the_copy_unknown_and_prints_the_next_one(branch: Branch):
    branch.printer.control(seconds_per_page=SLOW)
    copy = branch.printing()
    branch.switch_off()
    branch.printer.control()
    branch.switch_on()
    assert branch.settled(copy, within=90) == "outcome-unknown"
    branch.assert_the_next_copy_comes_out()
    assert branch.starts(copy) == 1


def test_a_printer_that_wants_a_password_gets_no_copy_until_it_is_mended(branch: Branch):
    branch.switch_off()
    branch.engine = branch.engine_of(branch.printer, "-A")
    branch.switch_on()
    request = branch.issued()
    copy = branch.release(request)
    branch.sees_printer(lambda status: "cups-held-for-authentication" in status["reasons"] + status["queue_reasons"])
    assert (branch.state(copy), branch.starts(copy)) == ("released", 0)
    branch.switch_off()
    branch.engine = branch.engine_of(branch.printer)
    branch.switch_on()
    branch.clerk.post(f"/copies/{copy['id']}/recalls", {"reason": "the printer asked for a password"})
    branch.sees(copy, "issued")
    branch.release(request)
    assert branch.settled(copy) == "printed"
    assert branch.starts(copy) == 1


def test_a_full_disk_in_the_spool_keeps_the_copy_from_the_printer_until_there_is_room(branch: Branch):
    request = branch.issued()
    limit_files(branch, str(LARGEST_FILE))
    try:
        copy = branch.release(request)
        time.sleep(5)
        shown = branch.state(copy)
        assert shown in {"issued", "released"}
        assert branch.starts(copy) == 0
    finally:
        limit_files(branch, "unlimited")
    if branch.state(copy) == "issued":
        branch.release(request)
    assert branch.settled(copy) == "printed"
    assert branch.starts(copy) == 1


def test_a_cupsd_restarted_in_an_orderly_way_while_a_copy_waits_loses_nothing(branch: Branch):
    branch.printer.control(reason="media-empty-error")
    first, second = branch.released(), branch.released()
    branch.sees(first, "sent")
    branch.sees(second, "released")
    restart_cupsd(branch)
    branch.printer.control()
    assert branch.settled(first) in SETTLED
    assert branch.settled(second, within=90) == "printed"
    assert (branch.starts(first), branch.starts(second)) == (1, 1)


def test_a_cupsd_restarted_in_an_orderly_way_while_a_copy_prints_prints_nothing_twice(branch: Branch):
    branch.printer.control(seconds_per_page=SLOW)
    copy = branch.printing()
    restart_cupsd(branch)
    assert branch.settled(copy) in SETTLED
    branch.printer.control()
    branch.assert_the_next_copy_comes_out()
    assert branch.starts(copy) == 1


def test_a_queue_disabled_and_enabled_while_a_copy_prints_prints_nothing_twice(branch: Branch):
    cups = private_cups(branch.server.settings)
    branch.printer.control(seconds_per_page=SLOW)
    copy = branch.printing()
    cups.pause_queue(branch.queue)
    assert branch.settled(copy) in SETTLED
    cups.resume_queue(branch.queue)
    branch.printer.control()
    branch.assert_the_next_copy_comes_out()
    assert branch.starts(copy) == 1


def test_a_queue_disabled_before_a_copy_is_released_keeps_it_until_it_is_enabled(branch: Branch):
    cups = private_cups(branch.server.settings)
    cups.pause_queue(branch.queue)
    copy = branch.released()
    time.sleep(2)
    assert (branch.state(copy), branch.starts(copy)) == ("released", 0)
    cups.resume_queue(branch.queue)
    assert branch.settled(copy) == "printed"
    assert branch.starts(copy) == 1


def limit_files(branch: Branch, octets: str) -> None:
    """No file that cupsd writes grows beyond this: a disk that is full, as far as cupsd can tell."""
    (cupsd,) = branch.server.processes.find(Victim.CUPSD)
    same_user = command_prefix(CUPS if separated() else None)
    subprocess.run([*same_user, "/usr/bin/prlimit", f"--pid={cupsd}", f"--fsize={octets}:"], check=True)


def restart_cupsd(branch: Branch) -> None:
    """The supervisor starts it again."""
    (cupsd,) = branch.server.processes.find(Victim.CUPSD)
    os.kill(cupsd, signal.SIGTERM)
    wait_for(lambda: set(branch.server.processes.find(Victim.CUPSD)) - {cupsd} or None, within=30)
