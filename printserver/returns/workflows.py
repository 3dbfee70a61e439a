"""The durable job that reads a return, registered by the worker. Its step may run again after a crash."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from dbos import DBOS, StepOptions
from dbos import error as dbos_error
from sqlalchemy.exc import InterfaceError, OperationalError

from printserver.returns.evidence_orders import WORKFLOW as EVIDENCE
from printserver.returns.evidence_orders import give_up, make_ordered
from printserver.returns.evidence_packing import EvidenceTools
from printserver.returns.pipeline import ReturnTools, fail_return, process_return

__all__ = ["EvidenceTools", "ReturnTools", "register", "register_evidence"]

RECOVERIES: Final = 1_000
TRIES: Final = 6
FIRST_PAUSE_SECONDS: Final = 1.0
DATABASE_RETRIES: Final = 100_000


def register(tools: ReturnTools) -> None:
    """Give DBOS the workflow `process-return`.

    A step that fails for a reason outside the file is tried again for about a minute; then the return is `failed`,
    says so, and can be handed in again. To say so it waits for a database that is away, however long.
    """

    @DBOS.workflow(name="process-return", max_recovery_attempts=RECOVERIES)
    def process(return_id: str) -> None:
        options: StepOptions = {
            "name": "read",
            "retries_allowed": True,
            "interval_seconds": FIRST_PAUSE_SECONDS,
            "max_attempts": TRIES,
            "backoff_rate": 2.0,
        }
        try:
            DBOS.run_step(options, lambda: process_return(tools, UUID(return_id)))
        except dbos_error.DBOSMaxStepRetriesExceeded as problem:
            failure = f"the server could not read the file: {problem}"
            patient: StepOptions = {
                "name": "give-up",
                "retries_allowed": True,
                "interval_seconds": FIRST_PAUSE_SECONDS,
                "max_attempts": DATABASE_RETRIES,
                "backoff_rate": 1.0,
                "should_retry": lambda problem: isinstance(problem, InterfaceError | OperationalError),
            }
            DBOS.run_step(patient, lambda: fail_return(tools.database, UUID(return_id), failure))


def register_evidence(tools: EvidenceTools) -> None:
    """Give DBOS the workflow `pack-evidence`. A refusal is kept with the order; after an outage it is tried again."""

    @DBOS.workflow(name=EVIDENCE, max_recovery_attempts=RECOVERIES)
    def pack(order_id: str) -> None:
        options: StepOptions = {
            "name": "pack",
            "retries_allowed": True,
            "interval_seconds": FIRST_PAUSE_SECONDS,
            "max_attempts": TRIES,
            "backoff_rate": 2.0,
        }
        try:
            DBOS.run_step(options, lambda: make_ordered(tools, UUID(order_id)))
        except dbos_error.DBOSMaxStepRetriesExceeded as problem:
            failure = f"the server could not make the package: {problem}"
            patient: StepOptions = {
                "name": "give-up",
                "retries_allowed": True,
                "interval_seconds": FIRST_PAUSE_SECONDS,
                "max_attempts": DATABASE_RETRIES,
                "backoff_rate": 1.0,
                "should_retry": lambda problem: isinstance(problem, InterfaceError | OperationalError),
            }
            DBOS.run_step(patient, lambda: give_up(tools.database, UUID(order_id), failure))
