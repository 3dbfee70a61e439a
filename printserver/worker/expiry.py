"""Closes requests that nobody decided in time. Any number of workers may do it: each request is closed once."""

from __future__ import annotations

import threading
from typing import Final

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from printserver.foundation.unit_of_work import Database
from printserver.print_requests.pipeline import expire_requests

EVERY_SECONDS: Final = 60.0


def watch_expiry(
    database: Database, stop: threading.Event, *, every_seconds: float = EVERY_SECONDS
) -> threading.Thread:
    """A thread that looks at once and then each minute, until `stop` is set; a database that is away is waited for."""

    def watch() -> None:
        while True:
            try:
                expired = expire_requests(database)
            except (InterfaceError, OperationalError) as problem:
                structlog.get_logger().warning("requests could not be looked at", reason=type(problem).__name__)
            else:
                if expired:
                    structlog.get_logger().info("requests expired", requests=expired)
            if stop.wait(every_seconds):
                return

    thread = threading.Thread(target=watch, name="expiry", daemon=True)
    thread.start()
    return thread
