"""Kill at random while copies flow, let everything settle, then count at the printers."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from printserver.cli.demo.client import DemoFailed
from printserver.printing.emulated_printer import EmulatedPrinter
from tests.faults.printing.books import booked_copies, issued_documents
from tests.faults.printing.flow import Attendant, Flow
from tests.faults.printing.installation import KillableServer
from tests.faults.printing.paper import Printing, by_copy, page_events, printings
from tests.faults.printing.verdict import PaperOf, Verdict, judge_all
from tests.faults.printing.victims import Victim, kill

SECONDS_PER_PAGE = 0.1
BACKLOG = 6
LONGEST_PAUSE = 1.0
LONGEST_WAIT_FOR_PROGRESS = 8.0
APPEARING_SECONDS = 4.0
READY_SECONDS = 180.0
STANDSTILL_SECONDS = 75.0
SECOND_LOOKS_SECONDS = 12.0
WEIGHTS = {
    Victim.WORKER: 4,
    Victim.WEB: 1,
    Victim.SIGNER: 1,
    Victim.CUPSD: 3,
    Victim.FENCE: 3,
    Victim.STOCK: 2,
    Victim.PRINTER: 2,
    Victim.POWER_CYCLE: 2,
}
READY_TO_PRINT = frozenset({"issued", "released", "sent"})


class Killer:
    """Draws from `chance` whom to kill and after which pause; who does not appear in time is left alone."""

    def __init__(self, server: KillableServer, chance: random.Random) -> None:
        self._processes, self._printers, self._chance = server.processes, server.printers, chance
        self.killed: Counter[str] = Counter()
        self._seen = self._pages()

    def kill_one(self) -> None:
        """Once a page has come out since the last one, or nothing has come out for a while."""
        self._wait_for_progress()
        victim = self._chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        pause, which = self._chance.uniform(0, LONGEST_PAUSE), self._chance.random()
        time.sleep(pause)
        deadline = time.monotonic() + APPEARING_SECONDS
        while not (found := self._processes.find(victim)):
            if time.monotonic() > deadline:
                return
            time.sleep(0.01)
        chosen = found[int(which * len(found))]
        with suppress(ProcessLookupError, FileNotFoundError):
            printer = self._printers[self._processes.printer_of(chosen)] if victim is Victim.POWER_CYCLE else None
            if kill([chosen]):
                self.killed[victim.value] += 1
                if printer is not None:
                    forget(printer)

    def _wait_for_progress(self) -> None:
        deadline = time.monotonic() + LONGEST_WAIT_FOR_PROGRESS
        while (now := self._pages()) == self._seen and time.monotonic() < deadline:
            time.sleep(0.05)
        self._seen = now

    def _pages(self) -> int:
        return sum(len(page_events(printer)) for printer in self._printers.values())


def forget(printer: EmulatedPrinter) -> None:
    """A printer that is switched off keeps nothing of the jobs it had."""
    for path in (printer.root / "spool").glob("*"):
        path.unlink(missing_ok=True)


def run_kills(server: KillableServer, *, kills: int, seed: int, copies: int | None) -> dict[str, Any]:
    """copies: how many are asked for in all; None keeps them flowing as long as there is something left to kill.

    Returns the figures of `Verdict`, with `kills`, `killed` (by victim), `seconds` and `resumed_queues`.
    """
    chance = random.Random(seed)
    for printer in server.printers.values():
        printer.control(seconds_per_page=SECONDS_PER_PAGE)
    backlog = BACKLOG * len(server.printers)
    flow = Flow(server, random.Random(seed), backlog=backlog, most=copies)
    attendant, killer = Attendant(server), Killer(server, chance)
    flow.start()
    try:
        _wait_until_ready(flow, min(backlog, copies or backlog) // 2)
        attendant.start()
        begun = time.monotonic()
        while sum(killer.killed.values()) < kills and flow.problem is None:
            killer.kill_one()
            _tell(f"{sum(killer.killed.values())}/{kills} kills, copies {dict(flow.states)}")
        flow.finish()
        _settle(flow)
        seconds = time.monotonic() - begun
        time.sleep(SECOND_LOOKS_SECONDS)
    finally:
        flow.end()
        if attendant.is_alive():
            attendant.end()
    flow.look_at_all()
    return {
        **count(server, flow.copies).figures(),
        "kills": sum(killer.killed.values()),
        "seconds": round(seconds, 1),
        "killed": dict(sorted(killer.killed.items())),
        "resumed_queues": attendant.resumed,
    }


def count(server: KillableServer, shown: Iterable[Any]) -> Verdict:
    """Hold the books against the paper. shown: the authorised copies, as the interface shows them."""
    copies = booked_copies(server.settings, shown)
    prints = by_copy(printings(server.printers.values()), issued_documents(server.settings, copies))
    foreign = len(prints.pop("", []))
    return judge_all(copies, {digest: _paper(own) for digest, own in prints.items()}, foreign)


def _paper(printings_of_one: list[Printing]) -> PaperOf:
    return PaperOf(
        starts=len(printings_of_one),
        begun=max(len(each.begun) for each in printings_of_one),
        done=max(len(each.done) for each in printings_of_one),
    )


def _wait_until_ready(flow: Flow, copies: int) -> None:
    """Until so many copies are signed and on their way to paper.   Raises: DemoFailed."""
    deadline = time.monotonic() + READY_SECONDS
    while sum(flow.states[state] for state in READY_TO_PRINT) < copies:
        if flow.problem or time.monotonic() > deadline:
            raise DemoFailed(f"the copies are not ready: {flow.states}, {flow.problem}")
        time.sleep(0.2)


def _settle(flow: Flow) -> None:
    """Until every copy is settled or waits for a person, or nothing moves any more: such copies count as lost."""
    before, moved = flow.states, time.monotonic()
    while not flow.settled and flow.problem is None and time.monotonic() - moved < STANDSTILL_SECONDS:
        time.sleep(0.5)
        if flow.states != before:
            before, moved = flow.states, time.monotonic()
    if flow.problem is not None:
        raise flow.problem


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
