"""One transaction with its clock and its jobs. The only place that commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from printserver.foundation.clock import Clock, SystemClock
from printserver.foundation.database import Engines
from printserver.foundation.job_queue import JobQueue


@dataclass(frozen=True)
class Work:
    """What a service changes things through; `session` is never committed by anybody but `Database`."""

    session: Session
    clock: Clock
    jobs: JobQueue

    def now(self) -> datetime:
        return self.clock.now()


@dataclass(frozen=True)
class Database:
    engines: Engines
    jobs: JobQueue
    clock: Clock = field(default_factory=SystemClock)

    @contextmanager
    def work(self) -> Iterator[Work]:
        """A writing transaction: committed when the block ends well, otherwise rolled back whole."""
        with Session(self.engines.writing, expire_on_commit=False) as session, session.begin():
            yield Work(session, self.clock, self.jobs)

    @contextmanager
    def reading(self) -> Iterator[Work]:
        """A transaction whose changes are always thrown away."""
        with Session(self.engines.reading, expire_on_commit=False) as session:
            yield Work(session, self.clock, self.jobs)
