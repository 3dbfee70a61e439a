"""Gives every printer of the register that names this machine's spooler its queue and its pin there.

A queue that CUPS has stopped, as it does when a printer shows another certificate, goes on when people trust the new
one, or let the printer go on after a pause. Only the supervisor may write pins; what the register says is what people
vouched for, and a pin that somebody writes into the database is found out when a copy's ticket is claimed, because
people approved another certificate.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Database
from printserver.printing.private_cupsd import PrivateCups
from printserver.printing.queries import PrinterFacts, printers_to_watch
from printserver.settings import LOCAL_SPOOLER

EVERY_SECONDS: Final = 2.0


@dataclass(frozen=True)
class _Told:
    uri: str
    certificate_pem: str
    paused: bool


@dataclass
class QueueKeeper:
    """Remembers what it told cupsd, so that it speaks only of changes."""

    database: Database
    cups: PrivateCups
    _told: dict[str, _Told] = field(default_factory=dict)

    def look(self) -> int:
        """How many queues were made or changed. One that cannot be made hinders no other, and is tried again."""
        with self.database.reading() as work:
            printers = [each for each in printers_to_watch(work) if each.spooler == LOCAL_SPOOLER]
        return sum(self._tell(printer) for printer in printers if self._told.get(printer.queue) != _facts(printer))

    def keep(self, stop: threading.Event, *, every_seconds: float = EVERY_SECONDS) -> threading.Thread:
        """A thread that looks again and again until `stop` is set; a database that is away is waited for."""

        def watch() -> None:
            while not stop.wait(every_seconds):
                try:
                    self.look()
                except SQLAlchemyError as problem:
                    structlog.get_logger().warning("queues were not looked at", reason=type(problem).__name__)

        thread = threading.Thread(target=watch, name="queues", daemon=True)
        thread.start()
        return thread

    def _tell(self, printer: PrinterFacts) -> bool:
        try:
            self.cups.add_queue(printer.queue, printer.uri, printer.certificate_pem)
            if printer.queue in self._told and not printer.paused:
                self.cups.resume_queue(printer.queue)
        except (PrintServerError, OSError) as problem:
            reason = problem.code if isinstance(problem, PrintServerError) else type(problem).__name__
            structlog.get_logger().warning("a queue was not made", queue=printer.queue, reason=reason)
            return False
        self._told[printer.queue] = _facts(printer)
        return True


def _facts(printer: PrinterFacts) -> _Told:
    return _Told(printer.uri, printer.certificate_pem, printer.paused)
