"""Who runs which jobs: one worker on SQLite; on PostgreSQL any number, each taking over what a dead one left.

DBOS itself recovers only jobs of the same executor id, so each boot has a new id, held by an advisory lock on a
connection of its own: a lock that can be had belongs to a dead worker.
"""

from __future__ import annotations

import fcntl
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import uuid4

import structlog
from dbos import DBOS
from sqlalchemy import Connection, Engine, text

from printserver.foundation.errors import Unavailable

LOCK_SPACE: Final = 7142
REAP_SECONDS: Final = 2.0
LOST_DATABASE_STATUS: Final = 70
_TRY_LOCK: Final = text("SELECT pg_try_advisory_lock(:space, hashtext(:executor))")
_UNLOCK: Final = text("SELECT pg_advisory_unlock(:space, hashtext(:executor))")
_OTHERS: Final = text(
    "SELECT DISTINCT executor_id FROM dbos.workflow_status WHERE status = 'PENDING' AND executor_id <> :executor"
)


class WorkerRunsAlready(Unavailable):
    code = "worker-runs-already"


def recover_jobs_of(executor: str) -> None:
    """Run again what `executor` had begun. The engine offers this only under a private name."""
    DBOS._recover_pending_workflows([executor])


def hold_single_worker_lock(path: Path) -> int:
    """On SQLite: the open descriptor is the lock, for as long as the process lives.   Raises: WorkerRunsAlready."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise WorkerRunsAlready("another worker runs on this database already") from None
    return descriptor


class Liveness:
    """On PostgreSQL: this worker's lock, and the watch over the locks of others."""

    def __init__(self, engine: Engine, *, stop: Callable[[int], object] = os._exit) -> None:
        self.executor: Final = f"{socket.gethostname()}-{uuid4().hex[:12]}"
        self._stop = stop
        self._connection: Connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._lock(self.executor)

    def watch(self) -> None:
        """Take over from dead workers until the process ends; losing the own lock's connection ends it."""
        threading.Thread(target=self._watch, name="liveness", daemon=True).start()

    def _watch(self) -> None:
        pause = threading.Event()
        while not pause.wait(REAP_SECONDS):
            try:
                self.take_over()
            except Exception:  # noqa: BLE001 -- without its watch this worker must not go on
                structlog.get_logger().critical("this worker lost its lock's connection and ends", exc_info=True)
                self._stop(LOST_DATABASE_STATUS)
                return

    def take_over(self) -> None:
        """Once: run again what dead workers had begun."""
        for (executor,) in self._connection.execute(_OTHERS, {"executor": self.executor}).all():
            if self._lock(executor):
                try:
                    recover_jobs_of(executor)
                finally:
                    self._connection.execute(_UNLOCK, {"space": LOCK_SPACE, "executor": executor})

    def _lock(self, executor: str) -> bool:
        return bool(self._connection.execute(_TRY_LOCK, {"space": LOCK_SPACE, "executor": executor}).scalar())
