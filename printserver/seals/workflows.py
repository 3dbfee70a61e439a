"""Durable jobs of seals, registered by the worker: the signer makes what was ordered and destroys keys. Each may be
asked again: the signer answers the same object, and says of a key that it is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar
from uuid import UUID

import structlog
from dbos import DBOS
from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError

from printserver.audit.log import By, append
from printserver.foundation.errors import PrintServerError, Unavailable
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database
from printserver.organisations.queries import organisation
from printserver.seals.events import SealKeyDestroyed, SealNotMade
from printserver.seals.jobs import make_seal_job
from printserver.seals.models import Seal
from printserver.seals.queries import SealFacts, seal_facts
from printserver.seals.service import record_made
from printserver.seals.states import SealState
from printserver.signing.errors import OutcomeUnknown

RECOVERIES: Final = 1_000
RETRY_SECONDS: Final = 0.5
RETRIES: Final = 100_000
BY_MAKER: Final = By(process="seal-maker")

Result = TypeVar("Result")


class SealMaker(Protocol):
    """The signer. Both raise: Unavailable, OutcomeUnknown (ask again), or what the signer refuses for good."""

    def make_seal(self, organisation: int, seal_id: UUID) -> str:
        """The digest of the ordered seal's object."""

    def destroy_seal_key(self, organisation: int, seal_id: UUID) -> bool:
        """Whether the key was still there."""


@dataclass(frozen=True)
class SealTools:
    database: Database
    maker: SealMaker


def register(tools: SealTools) -> None:
    """Give DBOS the workflows of this room."""

    @DBOS.workflow(name="make-seal", max_recovery_attempts=RECOVERIES)
    def make(seal_id: str) -> None:
        _step("make", lambda: make_seal(tools, UUID(seal_id)))

    @DBOS.workflow(name="destroy-seal-key", max_recovery_attempts=RECOVERIES)
    def destroy(seal_id: str) -> None:
        _step("destroy", lambda: destroy_key(tools, UUID(seal_id)))


def make_seal(tools: SealTools, seal_id: UUID) -> None:
    """Have an approved seal made and record it; a refusal is recorded, and asked again at the worker's next start.

    Raises: Unavailable, OutcomeUnknown.
    """
    seal, number = _facts(tools.database, seal_id)
    if seal.state is not SealState.APPROVED:
        return
    try:
        made = tools.maker.make_seal(number, seal_id)
    except (Unavailable, OutcomeUnknown):
        raise
    except PrintServerError as problem:
        structlog.get_logger().error("a seal could not be made", seal_id=str(seal_id), code=problem.code)
        with tools.database.work() as work:
            refusal = SealNotMade(id=seal_id, problem=problem.code, reason=str(problem))
            append(work, BY_MAKER.within(seal.organisation_id), refusal)
        return
    with tools.database.work() as work:
        record_made(work, BY_MAKER, seal_id, made)


def destroy_key(tools: SealTools, seal_id: UUID) -> None:
    """Have the key of a destroyed seal destroyed, and record that it is gone.   Raises: Unavailable, OutcomeUnknown."""
    seal, number = _facts(tools.database, seal_id)
    if seal.state is not SealState.DESTROYED:
        return
    was_there = tools.maker.destroy_seal_key(number, seal_id)
    with tools.database.work() as work:
        append(work, BY_MAKER.within(seal.organisation_id), SealKeyDestroyed(id=seal_id, was_there=was_there))


def ask_again(database: Database) -> int:
    """At the worker's start: have every approved seal made that is not made yet, and answer how many there are."""
    with database.work() as work:
        waiting = work.session.scalars(select(Seal.id).where(Seal.state == SealState.APPROVED)).all()
        for seal_id in waiting:
            work.jobs.enqueue(work.session, make_seal_job(seal_id, again=new_id()))
    return len(waiting)


def _facts(database: Database, seal_id: UUID) -> tuple[SealFacts, int]:
    """The seal, and its organisation's number."""
    with database.reading() as work:
        seal = seal_facts(work, seal_id)
        return seal, organisation(work, seal.organisation_id).number


def _step(name: str, body: Callable[[], Result]) -> Result:
    return DBOS.run_step(
        {
            "name": name,
            "retries_allowed": True,
            "max_attempts": RETRIES,
            "interval_seconds": RETRY_SECONDS,
            "backoff_rate": 1.0,
            "should_retry": lambda problem: isinstance(
                problem, InterfaceError | OperationalError | Unavailable | OutcomeUnknown
            ),
        },
        body,
    )
