"""What a transaction needs of the durable job engine, without the engine itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

from sqlalchemy.orm import Session

WORK: Final = "work"
PRINTING: Final = "printing"

Argument = str | int | bool | None


@dataclass(frozen=True)
class Job:
    """workflow: registered name.   id: unique for ever, so that enqueuing twice runs it once.

    arguments: JSON scalars.   queue: `PRINTING` for what waits on a printer, else `WORK`.
    partition: in `PRINTING`, the printer; what waits at one printer holds up no other.
    """

    workflow: str
    id: str
    arguments: tuple[Argument, ...] = ()
    queue: str = WORK
    partition: str | None = None


class JobQueue(Protocol):
    def enqueue(self, session: Session, job: Job) -> None:
        """Put `job` into the queue when, and only when, the session's transaction commits."""


@dataclass
class RecordedJobs:
    """Keeps what was enqueued, for processes and tests that run no worker."""

    jobs: list[Job] = field(default_factory=list)

    def enqueue(self, session: Session, job: Job) -> None:
        self.jobs.append(job)


class NoJobs:
    """For a process that must not start work, such as the signer."""

    def enqueue(self, session: Session, job: Job) -> None:
        raise RuntimeError(f"this process may not enqueue {job.workflow}")
