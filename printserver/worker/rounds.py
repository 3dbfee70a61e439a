"""Work that is looked for again and again beside the durable jobs; any number of workers may look for the same."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError


def go_round(name: str, look: Callable[[], int], stop: threading.Event, *, every_seconds: float) -> threading.Thread:
    """A thread that looks at once and then each `every_seconds` until `stop` is set.

    look: answers how much it changed.   A database that is away is waited for; of whatever else fails the log tells.
    """

    def watch() -> None:
        while True:
            try:
                changed = look()
            except (InterfaceError, OperationalError) as problem:
                structlog.get_logger().warning("a round was left out", round=name, reason=type(problem).__name__)
            except Exception:  # noqa: BLE001 -- unforeseen: what one row or printer does must not end it for all others
                structlog.get_logger().exception("a round failed", round=name)
            else:
                if changed:
                    structlog.get_logger().info("a round changed something", round=name, changed=changed)
            if stop.wait(every_seconds):
                return

    thread = threading.Thread(target=watch, name=name, daemon=True)
    thread.start()
    return thread
