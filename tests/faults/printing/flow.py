"""The people of the branch while everything is killed around them: they apply, approve, confirm, release, look again.

They use the public interface alone, and the spooler's own command for a queue that CUPS has stopped.
"""

from __future__ import annotations

import io
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
from reportlab.pdfgen.canvas import Canvas

from printserver.cli.demo.client import DemoFailed
from printserver.cli.queues import private_cups
from printserver.printing.ports import PrinterState, QueueNotFound, SpoolerRefused, SpoolerUnavailable
from printserver.printing.private_cupsd import CupsCommandFailed
from tests.faults.printing.installation import KillableServer
from tests.faults.printing.verdict import SETTLED

COPIES_OF_A_REQUEST = 4
LARGEST_DOCUMENT = 3
ROUND_SECONDS = 0.25
LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 5.0
REFUSED_SECONDS = 180.0


def small_contract(words: str, pages: int) -> bytes:
    """A4; each text gives other bytes."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595.276, 841.89), invariant=True)
    for page in range(1, pages + 1):
        canvas.drawString(72, 700, f"{words}, page {page} of {pages}")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


class Flow(threading.Thread):
    """Keeps about `backlog` copies waiting at the printers until `most` are approved, or until it is told to finish."""

    def __init__(self, server: KillableServer, chance: random.Random, *, backlog: int, most: int | None) -> None:
        super().__init__(daemon=True, name="people")
        self._server, self._chance, self._backlog, self._most = server, chance, backlog, most
        self._clerk, self._approver, self._custodian = (
            server.person(login) for login in ("clerk", "approver", "custodian")
        )
        self._seal = self._clerk.get("/seals")[0]["id"]
        self._printers = [printer["id"] for printer in self._clerk.get("/printers")]
        self._requests: dict[str, Any] = {}
        self._ended = threading.Event()
        self._finishing = False
        self._last_round = time.monotonic()
        self.problem: Exception | None = None

    @property
    def copies(self) -> list[Any]:
        """Of every approved request, as last seen."""
        return [copy for request in self._requests.values() for copy in request.get("copy_list", ())]

    @property
    def states(self) -> Counter[str]:
        return Counter(copy["state"] for copy in self.copies)

    @property
    def settled(self) -> bool:
        """Everything that was asked for is approved, and every copy of it is settled or waits for a person."""
        return all(request.get("copy_list") for request in self._requests.values()) and not (set(self.states) - SETTLED)

    def finish(self) -> None:
        """From now on ask for nothing more, and only bring to its end what was begun."""
        self._finishing = True

    def end(self) -> None:
        self._ended.set()
        self.join()

    def look_at_all(self) -> None:
        """When it has ended: also at copies that were settled, because what was unknown may have become known."""
        for identity in self._requests:
            self._requests[identity] = self._clerk.get(f"/print-requests/{identity}")

    def run(self) -> None:
        while not self._ended.wait(ROUND_SECONDS):
            try:
                self._round()
                self._last_round = time.monotonic()
            except (httpx.HTTPError, DemoFailed) as problem:
                # The web process was just killed, or did what was asked and died before it answered.
                if time.monotonic() - self._last_round > REFUSED_SECONDS:
                    self.problem = problem
                    return

    def _round(self) -> None:
        for identity in [each for each in self._requests if not self._is_done(self._requests[each])]:
            self._bring_on(identity)
        waiting = sum(count for state, count in self.states.items() if state not in SETTLED)
        asked = sum(request.get("copies", COPIES_OF_A_REQUEST) for request in self._requests.values())
        wanted = self._most is None or asked < self._most
        if wanted and not self._finishing and waiting < self._backlog:
            self._ask(COPIES_OF_A_REQUEST if self._most is None else min(COPIES_OF_A_REQUEST, self._most - asked))

    def _ask(self, copies: int) -> None:
        pages, printer = self._chance.randint(1, LARGEST_DOCUMENT), self._chance.choice(self._printers)
        application = {
            "seal_id": self._seal,
            "printer_id": printer,
            "copies": copies,
            "places": [{"page": pages, "x_um": 105_000, "y_um": 215_000}],
            "title": f"contract {len(self._requests)}",
        }
        pdf = small_contract(f"contract {len(self._requests)}", pages)
        # Asked for twice when the answer is lost: then nobody approves the first.
        self._requests[str(self._clerk.submit(application, pdf, "contract.pdf")["id"])] = {}

    def _bring_on(self, identity: str) -> None:
        path = f"/print-requests/{identity}"
        request = self._requests[identity] = self._clerk.get(path)
        decision = {"manifest_sha256": request["manifest_sha256"]}
        if request["state"] == "pending-approval":
            self._approver.post(f"{path}/approvals", decision)
            self._custodian.post(f"{path}/seal-use-confirmations", decision)
        elif request["state"] == "pending-custody":
            self._custodian.post(f"{path}/seal-use-confirmations", decision)
        elif any(copy["state"] == "issued" for copy in request["copy_list"]):
            self._clerk.post(f"{path}/releases", {})

    @staticmethod
    def _is_done(request: Any) -> bool:
        copies = request.get("copy_list")
        return bool(copies) and all(copy["state"] in SETTLED for copy in copies)


class Attendant(threading.Thread):
    """The person who lets a queue go on that stays stopped, should the server not do so by itself."""

    def __init__(self, server: KillableServer) -> None:
        super().__init__(daemon=True, name="attendant")
        self._cups = private_cups(server.settings)
        self._queues = list(server.printers)
        self._ended = threading.Event()
        self.resumed = 0

    def run(self) -> None:
        since: dict[str, float] = {}
        while not self._ended.wait(LOOK_SECONDS):
            stopped = set(self._stopped())
            since = {queue: since.get(queue, time.monotonic()) for queue in stopped}
            for queue in [each for each in stopped if time.monotonic() - since[each] > PATIENCE_SECONDS]:
                with suppress(CupsCommandFailed):
                    self._cups.resume_queue(queue)
                    self.resumed += 1

    def end(self) -> None:
        self._ended.set()
        self.join()

    def _stopped(self) -> Iterator[str]:
        for queue in self._queues:
            with suppress(SpoolerUnavailable, SpoolerRefused, QueueNotFound):
                if self._cups.spooler().printer_status(queue).state is PrinterState.STOPPED:
                    yield queue
