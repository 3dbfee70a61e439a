"""SIGKILL of worker, signer and cupsd at random points: no copy comes out twice, none is lost from the books."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

import pytest

from printserver.cli.demo.client import Person
from printserver.cli.demo.reading import last_page
from tests.running_server import RunningServer, running_server
from tests.unit.rendering.papers import contract

ROUNDS: Final = 12
COPIES: Final = 2
LINES: Final = 30
PARTS: Final = ("worker", "signer", "cupsd")
SETTLED: Final = {"printed", "wasted", "outcome-unknown", "void"}
LONGEST_PAUSE: Final = 6.0
PATIENCE_SECONDS: Final = 120.0


@pytest.fixture(scope="module")
def own_server() -> Iterator[RunningServer]:
    """Not shared: its parts are killed."""
    with running_server() as server:
        server.printer.control(seconds_per_page=0.4)
        yield server


class Killer(threading.Thread):
    """Kills one part after a pause, both drawn from `chance`."""

    def __init__(self, server: RunningServer, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.part, self.pause = chance.choice(PARTS), chance.uniform(0.0, LONGEST_PAUSE)
        self._server = server
        self.killed = False

    def run(self) -> None:
        time.sleep(self.pause)
        self.killed = self._server.kill(self.part) is not None


@pytest.mark.timeout(900)
def test_each_authorised_copy_comes_out_at_most_once_whatever_is_killed(own_server: RunningServer) -> None:
    chance = random.Random(20261122)
    people = {login: own_server.person(login) for login in ("clerk", "approver", "custodian")}
    copies: list[Any] = []
    kills: Counter[str] = Counter()
    for number in range(ROUNDS):
        killer = Killer(own_server, chance)
        request = _approved_request(people, number, killer)
        copies += _followed(people["clerk"], request)
        killer.join()
        kills[killer.part] += killer.killed
    arrived = Counter(sha256(path.read_bytes()).hexdigest() for path in own_server.printer.received())
    states = Counter(copy["state"] for copy in copies)

    assert sum(kills.values()) >= 10, f"too few kills hit anything: {kills}"
    assert sum(states.values()) == ROUNDS * COPIES, "a copy was lost from the books"
    for copy in copies:
        times = arrived[copy["issued_sha256"]] if copy["issued_sha256"] else 0
        wanted = {"printed": {1}, "outcome-unknown": {0, 1}, "wasted": {0}, "void": {0}}[copy["state"]]
        assert times in wanted, f"copy {copy['serial']} is {copy['state']} and came out {times} times"
    assert set(arrived) <= {copy["issued_sha256"] for copy in copies}, "something nobody authorised was printed"
    assert states["printed"] >= ROUNDS, f"hardly anything was printed: {states}"
    _every_wasted_copy_is_asked_for_again(people["clerk"], copies)


def _approved_request(people: dict[str, Person], number: int, killer: Killer) -> str:
    clerk, pdf = people["clerk"], contract(LINES)
    application = {
        "seal_id": clerk.get("/seals")[0]["id"],
        "printer_id": clerk.get("/printers")[0]["id"],
        "copies": COPIES,
        "places": [{"page": last_page(pdf).number, "x_um": 105_000, "y_um": 215_000}],
        "title": f"killed {number}",
    }
    request = str(clerk.submit(application, pdf, "contract.pdf")["id"])
    details = clerk.wait(f"/print-requests/{request}", lambda each: each["state"] == "pending-approval")
    decision = {"manifest_sha256": details["manifest_sha256"]}
    people["approver"].post(f"/print-requests/{request}/approvals", decision)
    killer.start()
    people["custodian"].post(f"/print-requests/{request}/seal-use-confirmations", decision)
    return request


def _followed(clerk: Person, request: str) -> list[Any]:
    """Release whatever is issued until every copy is settled or waits for a person."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        details = clerk.get(f"/print-requests/{request}")
        copies: list[Any] = details["copy_list"]
        if all(copy["state"] in SETTLED for copy in copies):
            return copies
        assert time.monotonic() < deadline, f"still not settled: {[copy['state'] for copy in copies]}"
        if any(copy["state"] == "issued" for copy in copies):
            clerk.post(f"/print-requests/{request}/releases", {})
        time.sleep(0.2)


def _every_wasted_copy_is_asked_for_again(clerk: Person, copies: list[Any]) -> None:
    for copy in copies:
        if copy["state"] == "wasted":
            again = clerk.wait(f"/copies/{copy['id']}", lambda each: each["replaced_by"] is not None)["replaced_by"]
            clerk.wait(f"/print-requests/{again}", lambda each: each["state"] == "pending-approval")
