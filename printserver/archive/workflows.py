"""The durable jobs of the archive, registered by the worker. Their steps may run again after a crash."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from dbos import DBOS, StepOptions

from printserver.archive.disposal import WORKFLOW as DISPOSAL
from printserver.archive.disposal_running import DisposalListForged, DisposalLogBroken, DisposalTools, dispose
from printserver.archive.record_texts import SearchableTools
from printserver.archive.searchable import give_up, make_searchable
from printserver.archive.searchable_jobs import WORKFLOW
from printserver.foundation.workflows import RECOVERIES, try_or_give_up

__all__ = ["DisposalTools", "SearchableTools", "register", "register_disposal"]

DISPOSAL_PAUSE_SECONDS: Final = 10.0
DISPOSAL_TRIES: Final = 100_000


def register(tools: SearchableTools) -> None:
    """Give DBOS the workflow `make-searchable`.

    What fails for a reason outside the scans is tried again for about a minute; then the record says so, and can be
    tried again by a person. To say so it waits for a database that is away, however long.
    """

    @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=RECOVERIES)
    def make(record_id: str) -> None:
        record = UUID(record_id)
        try_or_give_up(
            "make",
            lambda: make_searchable(tools, record),
            lambda failure: give_up(tools.database, record, failure),
            failure="the server could not do it",
        )


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
