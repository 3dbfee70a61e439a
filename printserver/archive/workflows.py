"""The durable jobs of the archive, registered by the worker. Their steps may run again after a crash."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from dbos import DBOS, StepOptions
from dbos import error as dbos_error
from sqlalchemy.exc import InterfaceError, OperationalError

from printserver.archive.disposal import WORKFLOW as DISPOSAL
from printserver.archive.disposal_running import DisposalListForged, DisposalLogBroken, DisposalTools, dispose
from printserver.archive.record_texts import SearchableTools
from printserver.archive.searchable import give_up, make_searchable
from printserver.archive.searchable_jobs import WORKFLOW

__all__ = ["DisposalTools", "SearchableTools", "register", "register_disposal"]

RECOVERIES: Final = 1_000
TRIES: Final = 6
FIRST_PAUSE_SECONDS: Final = 1.0
DATABASE_RETRIES: Final = 100_000
DISPOSAL_PAUSE_SECONDS: Final = 10.0
DISPOSAL_TRIES: Final = 100_000


def register(tools: SearchableTools) -> None:
    """Give DBOS the workflow `make-searchable`.

    What fails for a reason outside the scans is tried again for about a minute; then the record says so, and can be
    tried again by a person. To say so it waits for a database that is away, however long.
    """

    @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=RECOVERIES)
    def make(record_id: str) -> None:
        options: StepOptions = {
            "name": "make",
            "retries_allowed": True,
            "interval_seconds": FIRST_PAUSE_SECONDS,
            "max_attempts": TRIES,
            "backoff_rate": 2.0,
        }
        try:
            DBOS.run_step(options, lambda: make_searchable(tools, UUID(record_id)))
        except dbos_error.DBOSMaxStepRetriesExceeded as problem:
            failure = f"the server could not do it: {problem}"
            patient: StepOptions = {
                "name": "give-up",
                "retries_allowed": True,
                "interval_seconds": FIRST_PAUSE_SECONDS,
                "max_attempts": DATABASE_RETRIES,
                "backoff_rate": 1.0,
                "should_retry": lambda problem: isinstance(problem, InterfaceError | OperationalError),
            }
            DBOS.run_step(patient, lambda: give_up(tools.database, UUID(record_id), failure))


def register_disposal(tools: DisposalTools) -> None:
    """Give DBOS the workflow `dispose-run`: what two persons approved is finished, however long a part is away."""

    @DBOS.workflow(name=DISPOSAL, max_recovery_attempts=RECOVERIES)
    def run(run_id: str) -> None:
        options: StepOptions = {
            "name": "dispose",
            "retries_allowed": True,
            "interval_seconds": DISPOSAL_PAUSE_SECONDS,
            "max_attempts": DISPOSAL_TRIES,
            "backoff_rate": 1.0,
            "should_retry": lambda problem: not isinstance(problem, DisposalListForged | DisposalLogBroken),
        }
        DBOS.run_step(options, lambda: dispose(tools, UUID(run_id)))
