"""Compares each printer's counter with the copies that went to it, today's and the last days' again and again.

Any number of workers may do it: each alarm is opened once.
"""

from __future__ import annotations

import threading
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from printserver.foundation.unit_of_work import Database
from printserver.returns.printer_days import check_counts

EVERY_SECONDS: Final = 60.0


def watch_counts(
    database: Database, time_zone: str, stop: threading.Event, *, every_seconds: float = EVERY_SECONDS
) -> threading.Thread:
    """A thread that looks at once and then each minute, until `stop` is set; a database that is away is waited for.

    time_zone: whose calendar days are compared, a name of the IANA database.
    """
    zone = ZoneInfo(time_zone)

    def watch() -> None:
        while True:
            try:
                changed = check_counts(database, zone)
            except (InterfaceError, OperationalError) as problem:
                structlog.get_logger().warning("counters could not be compared", reason=type(problem).__name__)
            else:
                if changed:
                    structlog.get_logger().info("alarms about counters changed", alarms=changed)
            if stop.wait(every_seconds):
                return

    thread = threading.Thread(target=watch, name="reconciling", daemon=True)
    thread.start()
    return thread
