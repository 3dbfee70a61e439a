"""Durable jobs of requests and copies, registered by the worker. A step may run again after a crash.

A step waits for a database that is away. Whatever else goes wrong unforeseen ends the job where a person sees it:
a request has failed, a copy's outcome is unknown; neither stays on its way for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, TypeVar
from uuid import UUID

import structlog
from dbos import DBOS
from sqlalchemy.exc import InterfaceError, OperationalError

from printserver.approvals.authorisation import authorisation_facts, authorisations_of
from printserver.foundation.errors import PrintServerError, Unavailable
from printserver.print_requests import printing
from printserver.print_requests.batch_running import BatchTools, end_batch, make_row, waiting_rows
from printserver.print_requests.pipeline import fail_request, finish_issuing, prepare_request
from printserver.print_requests.printing import PrintTools
from printserver.print_requests.queries import copy_facts
from printserver.print_requests.states import CopyState
from printserver.signing.errors import JournalBroken, OutcomeUnknown
from printserver.signing.seal_object import Makers

RECOVERIES: Final = 1_000
RETRY_SECONDS: Final = 0.5
LATER_SECONDS: Final = 2.0
DATABASE_RETRIES: Final = 100_000
NOT_PREPARED: Final = "the copies could not be rendered; please tell the system's administrator"
NOT_SIGNED: Final = "the copies could not be signed; please tell the system's administrator"

Result = TypeVar("Result")


class Issuer(Protocol):
    def issue(self, authorisation_id: UUID) -> object:
        """Have the signer redeem the authorisation and sign the copy.

        Raises: Unavailable before, OutcomeUnknown after the request was sent; JournalBroken, of which the signer must
        recover first; Refused, IntegrityError.
        """


@dataclass(frozen=True)
class RequestTools:
    """`load_makers`: whose seals are believed, as the key list says now.   is_test: whether this installation is."""

    printing: PrintTools
    issuer: Issuer
    load_makers: Callable[[], Makers]
    is_test: Callable[[], bool]


def register(tools: RequestTools) -> None:
    """Give DBOS the workflows of this room."""
    database = tools.printing.database

    @DBOS.workflow(name="prepare-request", max_recovery_attempts=RECOVERIES)
    def prepare(request_id: str) -> None:
        try:
            _step("render", lambda: _prepare(tools, UUID(request_id)))
        except Exception:  # noqa: BLE001 -- unforeseen: the request must not stay in rendering for ever
            structlog.get_logger().exception("a request could not be prepared", request_id=request_id)
            _step("fail", lambda: fail_request(database, UUID(request_id), NOT_PREPARED))

    @DBOS.workflow(name="issue-request", max_recovery_attempts=RECOVERIES)
    def issue(request_id: str) -> None:
        try:
            failure = _issue_all(tools, UUID(request_id))
        except Exception:  # noqa: BLE001 -- unforeseen: the copies must not wait for ever
            structlog.get_logger().exception("a request could not be issued", request_id=request_id)
            failure = NOT_SIGNED
        _step("finish", lambda: finish_issuing(database, UUID(request_id), failure))

    @DBOS.workflow(name="print-next", max_recovery_attempts=RECOVERIES)
    def print_next(printer_id: str) -> None:
        hand_over = str(DBOS.workflow_id)
        while (taken := _step("take-up", lambda: _take_up(tools.printing, UUID(printer_id), hand_over))) is None:
            DBOS.sleep(LATER_SECONDS)
        if not taken:
            return
        copy, job = UUID(taken[0]), UUID(taken[1])
        try:
            while not _step("bring", lambda: _bring(tools.printing, copy, job)):
                DBOS.sleep(RETRY_SECONDS)
            _step("follow", lambda: printing.follow(tools.printing, copy, job))
        except Exception:  # noqa: BLE001 -- unforeseen: the printer must not stay reserved, and paper may be out
            structlog.get_logger().exception("a copy could not be followed", copy_id=str(copy))
            _step("give-up", lambda: printing.give_up(tools.printing, copy, job))
        _step("clear", lambda: printing.clear(tools.printing, job))


def _prepare(tools: RequestTools, request_id: UUID) -> None:
    database, objects = tools.printing.database, tools.printing.objects
    prepare_request(database, objects, tools.load_makers(), request_id, test=tools.is_test())


def register_batches(tools: BatchTools) -> None:
    """Give DBOS the workflow of applications that are made of a table."""

    @DBOS.workflow(name="run-batch", max_recovery_attempts=RECOVERIES)
    def run_batch(batch_id: str) -> None:
        batch = UUID(batch_id)
        for number in _step("rows", lambda: waiting_rows(tools.database, batch)):
            if not _step("row", partial(make_row, tools, batch, number)):
                return
        _step("end", lambda: end_batch(tools.database, batch))


def _step(name: str, body: Callable[[], Result]) -> Result:
    return DBOS.run_step(
        {
            "name": name,
            "retries_allowed": True,
            "max_attempts": DATABASE_RETRIES,
            "interval_seconds": RETRY_SECONDS,
            "backoff_rate": 1.0,
            "should_retry": lambda problem: isinstance(problem, InterfaceError | OperationalError | Unavailable),
        },
        body,
    )


def _issue_all(tools: RequestTools, request_id: UUID) -> str:
    """Empty once no copy waits for its signature, else why the signer refuses one for good."""
    for authorisation_id, copy_id in _step("authorisations", lambda: _waiting(tools, request_id)):
        once = partial(_issue, tools, UUID(authorisation_id), UUID(copy_id))
        while (failure := _step("issue", once)) == "later":
            DBOS.sleep(RETRY_SECONDS)
        if failure:
            return failure
    return ""


def _waiting(tools: RequestTools, request_id: UUID) -> list[list[str]]:
    with tools.printing.database.reading() as work:
        return [[str(each.id), str(each.copy_id)] for each in authorisations_of(work, request_id)]


def _issue(tools: RequestTools, authorisation_id: UUID, copy_id: UUID) -> str:
    """Empty when the copy no longer waits for its signature, `later` to ask again, else why it never will have one."""
    answer = _answered(tools, authorisation_id, copy_id)
    if answer is not None:
        return answer
    try:
        tools.issuer.issue(authorisation_id)
    except (Unavailable, OutcomeUnknown, JournalBroken):
        return "later"
    except PrintServerError as problem:
        answer = _answered(tools, authorisation_id, copy_id)
        return str(problem) if answer is None else answer
    return ""


def _answered(tools: RequestTools, authorisation_id: UUID, copy_id: UUID) -> str | None:
    """What `_issue` can say without asking the signer: `later` while it signs; None when nobody has begun."""
    with tools.printing.database.reading() as work:
        if copy_facts(work, copy_id).state is not CopyState.AUTHORISED:
            return ""
        return None if authorisation_facts(work, authorisation_id).redeemed_at is None else "later"


def _take_up(tools: PrintTools, printer_id: UUID, hand_over: str) -> list[str] | None:
    """Empty when the printer has no copy left that nobody has taken up; None to ask again."""
    try:
        found = printing.take_up(tools, printer_id, hand_over)
    except (InterfaceError, OperationalError):
        raise
    except Exception:  # noqa: BLE001 -- unforeseen: without its job the copy would wait for ever, unless called back
        structlog.get_logger().exception("no copy could be taken up", printer_id=str(printer_id))
        return None
    return [] if found is None else [str(each) for each in found]


def _bring(tools: PrintTools, copy_id: UUID, job_uuid: UUID) -> bool:
    """False to ask again."""
    try:
        printing.bring(tools, copy_id, job_uuid)
    except Unavailable:
        return False
    return True
