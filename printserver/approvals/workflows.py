"""The durable job that brings a statement to the signer, registered by the worker. Its step may run again."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from dbos import DBOS
from sqlalchemy.exc import InterfaceError, OperationalError

from printserver.approvals.registering import RegisterTools, register_statement
from printserver.foundation.errors import Unavailable
from printserver.signing.errors import OutcomeUnknown

RECOVERIES: Final = 1_000
RETRY_SECONDS: Final = 0.5
RETRIES: Final = 100_000


def register(tools: RegisterTools) -> None:
    """Give DBOS the workflow of this room."""

    @DBOS.workflow(name="register-statement", max_recovery_attempts=RECOVERIES)
    def take_up(statement_id: str) -> None:
        DBOS.run_step(
            {
                "name": "register",
                "retries_allowed": True,
                "max_attempts": RETRIES,
                "interval_seconds": RETRY_SECONDS,
                "backoff_rate": 1.0,
                "should_retry": lambda problem: isinstance(
                    problem, InterfaceError | OperationalError | Unavailable | OutcomeUnknown
                ),
            },
            lambda: register_statement(tools, UUID(statement_id)),
        )
