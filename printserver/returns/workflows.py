"""The durable job that reads a return, registered by the worker. Its step may run again after a crash."""

from __future__ import annotations

from uuid import UUID

from dbos import DBOS

from printserver.foundation.workflows import RECOVERIES, try_or_give_up
from printserver.returns.evidence_orders import WORKFLOW as EVIDENCE
from printserver.returns.evidence_orders import give_up, make_ordered
from printserver.returns.evidence_packing import EvidenceTools
from printserver.returns.pipeline import ReturnTools, fail_return, process_return

__all__ = ["EvidenceTools", "ReturnTools", "register", "register_evidence"]


def register(tools: ReturnTools) -> None:
    """Give DBOS the workflow `process-return`.

    A step that fails for a reason outside the file is tried again for about a minute; then the return is `failed`,
    says so, and can be handed in again. To say so it waits for a database that is away, however long.
    """

    @DBOS.workflow(name="process-return", max_recovery_attempts=RECOVERIES)
    def process(return_id: str) -> None:
        batch = UUID(return_id)
        try_or_give_up(
            "read",
            lambda: process_return(tools, batch),
            lambda failure: fail_return(tools.database, batch, failure),
            failure="the server could not read the file",
        )


def register_evidence(tools: EvidenceTools) -> None:
    """Give DBOS the workflow `pack-evidence`. A refusal is kept with the order; after an outage it is tried again."""

    @DBOS.workflow(name=EVIDENCE, max_recovery_attempts=RECOVERIES)
    def pack(order_id: str) -> None:
        order = UUID(order_id)
        try_or_give_up(
            "pack",
            lambda: make_ordered(tools, order),
            lambda failure: give_up(tools.database, order, failure),
            failure="the server could not make the package",
        )
