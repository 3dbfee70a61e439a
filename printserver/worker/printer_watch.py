"""Asks every enrolled printer again and again how it is, and writes down what it says.

Any number of workers may do it. Each printer is asked by one thread at a time, so that one that keeps silent delays no
other; what came in is read together, in one limited process. No transaction is open while a printer is asked.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import tzinfo
from queue import Empty, SimpleQueue
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from printserver.audit.log import By
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Database, Work
from printserver.print_requests.printer_load import busy_printers
from printserver.printing.ipp_answer import PrinterAnswer, PrinterAnswerRefused, read_answers
from printserver.printing.ipp_query import EVERYTHING, STATUS, query
from printserver.printing.pin import PrinterUnreachable
from printserver.printing.queries import PrinterFacts, printers_to_watch
from printserver.printing.service import store_first_capabilities
from printserver.printing.status import record_answer, record_counters, record_problem

EVERY_SECONDS: Final = 5.0
LONGEST_PAUSE: Final = 60.0
TICK_SECONDS: Final = 0.5
BY_WATCH: Final = By(process="printer-watch")


@dataclass
class _Turn:
    """When a printer is asked next, on the monotonic clock; `pause` grows while it does not answer."""

    due: float
    pause: float
    asking: bool = False


@dataclass(frozen=True)
class _Said:
    printer: PrinterFacts
    idle: bool
    """Nothing was on its way to it when it was asked."""
    message: bytes | PrintServerError


class PrinterWatch:
    def __init__(self, database: Database, zone: tzinfo, *, every_seconds: float = EVERY_SECONDS) -> None:
        """zone: where days begin, for the counter's first reading of a day."""
        self._database, self._zone, self._every = database, zone, every_seconds
        self._turns: dict[UUID, _Turn] = {}
        self._list_again = 0.0
        self._said: SimpleQueue[_Said] = SimpleQueue()

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; a database that is away, or a machine without room, is waited for.

        Of whatever else fails the log tells: one printer, or one row, must not leave all others unseen.
        """
        tick = min(TICK_SECONDS, self._every)
        while not stop.is_set():
            try:
                self.ask_those_due()
                self.write_what_came(wait_seconds=tick)
            except (InterfaceError, OperationalError, OSError) as problem:
                structlog.get_logger().warning("printers could not be looked at", reason=type(problem).__name__)
            except Exception:  # noqa: BLE001 -- unforeseen, and never the end of the watch
                structlog.get_logger().exception("printers could not be looked at")
            stop.wait(tick)

    def ask_those_due(self) -> None:
        """Start a thread for each printer whose turn it is."""
        now = time.monotonic()
        if now < self._list_again and not any(turn.due <= now and not turn.asking for turn in self._turns.values()):
            return
        self._list_again = now + self._every
        with self._database.reading() as work:
            printers = {printer.id: printer for printer in printers_to_watch(work)}
            busy = busy_printers(work, printers.keys())
        for gone in self._turns.keys() - printers.keys():
            del self._turns[gone]
        for printer in printers.values():
            turn = self._turns.setdefault(printer.id, _Turn(now, self._every))
            if turn.due <= now and not turn.asking:
                turn.asking = True
                idle = printer.id not in busy
                threading.Thread(target=self._ask, args=(printer, idle), name="printer", daemon=True).start()

    def write_what_came(self, *, wait_seconds: float) -> int:
        """Wait for a first answer, take what else is there, and write it; returns how many there were."""
        came = self._came(wait_seconds)
        if not came:
            return 0
        try:
            answers = iter(read_answers([each.message for each in came if isinstance(each.message, bytes)]))
            with self._database.work() as work:
                busy = busy_printers(work, [each.printer.id for each in came])
                for each in came:
                    answer = next(answers) if isinstance(each.message, bytes) else each.message
                    self._write(work, each.printer, answer, idle=each.idle and each.printer.id not in busy)
        finally:
            for each in came:
                self._next_turn(each)
        return len(came)

    def _ask(self, printer: PrinterFacts, idle: bool) -> None:
        message: bytes | PrintServerError = PrinterUnreachable("something unforeseen happened")
        try:
            wanted = EVERYTHING if printer.capabilities_at is None else STATUS
            message = query(printer.uri, printer.certificate_sha256, wanted)
        except PrintServerError as problem:
            message = problem
        finally:
            self._said.put(_Said(printer, idle, message))

    def _came(self, wait_seconds: float) -> list[_Said]:
        came: list[_Said] = []
        try:
            came.append(self._said.get(timeout=wait_seconds))
            while True:
                came.append(self._said.get_nowait())
        except Empty:
            return came

    def _write(
        self, work: Work, printer: PrinterFacts, answer: PrinterAnswer | PrintServerError | None, *, idle: bool
    ) -> None:
        """answer: None for one that cannot be read."""
        if not isinstance(answer, PrinterAnswer):
            record_problem(work, printer.id, (answer or PrinterAnswerRefused()).code)
            return
        record_answer(work, printer.id, answer)
        if printer.capabilities_at is None:
            store_first_capabilities(work, BY_WATCH, printer.id, answer)
        if printer.counter == "ipp":
            record_counters(work, printer.id, answer, idle=idle, zone=self._zone)

    def _next_turn(self, said: _Said) -> None:
        turn = self._turns.get(said.printer.id)
        if turn is None:
            return
        turn.pause = self._every if isinstance(said.message, bytes) else min(2 * turn.pause, LONGEST_PAUSE)
        turn.due, turn.asking = time.monotonic() + turn.pause, False


def watch_printers(database: Database, zone: tzinfo, stop: threading.Event) -> threading.Thread:
    """A thread that goes on until `stop` is set."""
    watch = PrinterWatch(database, zone)
    thread = threading.Thread(target=watch.run, args=(stop,), name="printer watch", daemon=True)
    thread.start()
    return thread
