"""The same kills on CUPS as it comes: what a count without a fence is worth."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import cups

from tests.cups_rig import Running
from tests.faults.printing.bare_cups import OPTIONS, BareCups
from tests.faults.printing.flow import LARGEST_DOCUMENT, small_contract
from tests.faults.printing.killing import (
    APPEARING_SECONDS,
    BACKLOG,
    LONGEST_PAUSE,
    SECONDS_PER_PAGE,
    STANDSTILL_SECONDS,
    WEIGHTS,
    forget,
)
from tests.faults.printing.paper import by_copy, printings
from tests.faults.printing.victims import Processes, Victim, kill

OWN_VICTIMS = (Victim.CUPSD, Victim.STOCK, Victim.PRINTER, Victim.POWER_CYCLE)
OFF_SECONDS = 0.2


class Sender(threading.Thread):
    """Sends each document once, and once more only when CUPS gave no answer, as any program would."""

    def __init__(self, bare: BareCups, chance: random.Random) -> None:
        super().__init__(daemon=True, name="sender")
        self._bare, self._chance, self._ended = bare, chance, threading.Event()
        self.accepted: dict[str, tuple[bytes, int]] = {}
        """Documents and their pages that CUPS said it had, by digest."""

    def run(self) -> None:
        while not self._ended.wait(0.1):
            try:
                if len(unfinished(self._bare)) < BACKLOG:
                    self._send()
            except (RuntimeError, cups.IPPError):
                continue

    def end(self) -> None:
        self._ended.set()
        self.join()

    def _send(self) -> None:
        pages, queue = self._chance.randint(1, LARGEST_DOCUMENT), self._chance.choice(self._bare.queues)
        pdf = small_contract(f"contract {len(self.accepted)}", pages)
        path = Path(self._bare.root / "next.pdf")
        path.write_bytes(pdf)
        while not self._ended.is_set():
            with suppress(RuntimeError, cups.IPPError):
                self._bare.connect().printFile(queue, str(path), "contract", OPTIONS)
                self.accepted[sha256(pdf).hexdigest()] = (pdf, pages)
                return
            time.sleep(0.1)


def run_bare_kills(bare: BareCups, *, kills: int, seed: int) -> dict[str, Any]:
    """Like `run_kills`, of a spooler that has no books: `lost` are documents that it took and that never came out."""
    for printer in bare.printers:
        printer.control(seconds_per_page=SECONDS_PER_PAGE)
    chance, killed = random.Random(seed), Counter[str]()
    sender = Sender(bare, random.Random(seed))
    sender.start()
    begun = time.monotonic()
    try:
        while sum(killed.values()) < kills:
            killed.update(_kill_one(bare, chance))
    finally:
        sender.end()
    _settle(bare)
    seconds = time.monotonic() - begun
    prints = by_copy(printings(bare.printers), {digest: pdf for digest, (pdf, _) in sender.accepted.items()})
    came_out = {
        digest for digest, own in prints.items() if any(len(each.done) == _pages(sender, digest) for each in own)
    }
    return {
        "accepted": len(sender.accepted),
        "printed_once": sum(len(prints[digest]) == 1 for digest in came_out),
        "printed_twice": sum(len(own) > 1 for digest, own in prints.items() if digest),
        "lost": len(set(sender.accepted) - came_out),
        "kills": sum(killed.values()),
        "seconds": round(seconds, 1),
        "killed": dict(sorted(killed.items())),
    }


def _pages(sender: Sender, digest: str) -> int:
    return sender.accepted[digest][1] if digest else -1


def unfinished(bare: BareCups) -> list[int]:
    """Raises RuntimeError, cups.IPPError."""
    return list(bare.connect().getJobs(which_jobs="not-completed"))


def _kill_one(bare: BareCups, chance: random.Random) -> list[str]:
    """The victim, if it was there."""
    weights = {victim: WEIGHTS[victim] for victim in OWN_VICTIMS}
    victim = chance.choices(list(weights), list(weights.values()))[0]
    time.sleep(chance.uniform(0, LONGEST_PAUSE))
    which = chance.randrange(len(bare.printers))
    if victim is Victim.STOCK:
        return [victim.value] if _kill_backend(bare) else []
    _off_and_on(bare.cupsd if victim is Victim.CUPSD else bare.engines[which])
    if victim is Victim.POWER_CYCLE:
        forget(bare.printers[which])
    return [victim.value]


def _off_and_on(program: Running) -> None:
    program.stop(signal.SIGKILL)
    time.sleep(OFF_SECONDS)
    program.start()


def _kill_backend(bare: BareCups) -> bool:
    ports = dict(zip(bare.queues, (printer.port for printer in bare.printers), strict=True))
    processes, deadline = Processes(0, bare.root, ports), time.monotonic() + APPEARING_SECONDS
    while not (found := processes.find(Victim.STOCK)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return bool(kill(found[:1]))


def _settle(bare: BareCups) -> None:
    """Until CUPS has nothing left to do, or nothing moves any more."""
    before, moved = [0], time.monotonic()
    while before and time.monotonic() - moved < STANDSTILL_SECONDS:
        time.sleep(0.5)
        with suppress(RuntimeError, cups.IPPError):
            now = unfinished(bare)
            if now != before:
                before, moved = now, time.monotonic()
