"""Who can be killed: the parts of a running server, its backends and its printers, found among all processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

STOCK_BACKEND = "/usr/lib/cups/backend/ipp"
ENDING_SECONDS = 10.0


class Victim(StrEnum):
    WORKER = "worker"
    WEB = "web"
    SIGNER = "signer"
    CUPSD = "cupsd"
    FENCE = "fence"
    """The fence backend: CUPS runs it once a job."""

    STOCK = "stock-ipp"
    """The stock `ipp` backend that the fence runs as its child."""

    PRINTER = "printer"
    """The emulated printer; its engine stops with it."""

    POWER_CYCLE = "power-cycle"
    """The emulated printer off and on again, and its spool empty: it remembers no job."""


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    words: tuple[str, ...]
    """Of its command line."""

    program: str
    """The file that is executed."""


def all_processes() -> Iterator[Process]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            # The command's own name, in brackets, may hold anything.
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            yield Process(int(folder.name), parent, tuple(words), str((folder / "exe").readlink()))


@dataclass(frozen=True)
class Processes:
    """Those of one server. ports: of the emulated printers, by queue."""

    supervisor: int
    cups_home: Path
    ports: Mapping[str, int]

    def find(self, victim: Victim) -> list[int]:
        """Process ids, lowest first; a part that is being started again is not there."""
        return sorted(process.pid for process in all_processes() if self._is(process, victim))

    def printer_of(self, pid: int) -> str:
        """The queue whose emulated printer this process is."""
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        port = int(words[words.index("-p") + 1])
        return next(queue for queue, own in self.ports.items() if own == port)

    def end_leftovers(self) -> None:
        """Backends outlive a cupsd that was killed; end them when the server has stopped."""
        deadline = time.monotonic() + ENDING_SECONDS
        while left := [*self.find(Victim.FENCE), *self.find(Victim.STOCK)]:
            kill(left)
            if time.monotonic() > deadline:
                raise RuntimeError(f"these processes do not end: {left}")
            time.sleep(0.1)

    def _is(self, process: Process, victim: Victim) -> bool:
        words = process.words
        if victim is Victim.FENCE:
            return f"{self.cups_home}/bin/backend/printserver-fence" in words
        if victim is Victim.STOCK:
            addresses = [f"localhost:{port}/" for port in self.ports.values()]
            return process.program == STOCK_BACKEND and any(each in words[0] for each in addresses)
        if process.parent != self.supervisor:
            return False
        if victim in (Victim.PRINTER, Victim.POWER_CYCLE):
            return Path(process.program).name == "ippeveprinter"
        if victim is Victim.CUPSD:
            return Path(process.program).name == "cupsd"
        return victim.value in words and "printserver.cli.main" in words


def kill(pids: Sequence[int]) -> list[int]:
    """SIGKILL; returns those that were still there."""
    killed = []
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
    return killed
