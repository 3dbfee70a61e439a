"""Durable jobs of requests and copies, registered by the worker. A step may run again after a crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, TypeVar
from uuid import UUID

from dbos import DBOS

from printserver.approvals.authorisation import authorisations_of
from printserver.foundation.errors import PrintServerError, TransitionRefused, Unavailable
from printserver.print_requests import printing
from printserver.print_requests.pipeline import finish_issuing, prepare_request
from printserver.print_requests.printing import PrintTools
from printserver.print_requests.queries import copy_facts
from printserver.print_requests.states import CopyState
from printserver.printing.outcome import Outcome
from printserver.printing.ports import SpoolerUnavailable
from printserver.signing.errors import OutcomeUnknown

RECOVERIES: Final = 1_000
RETRY_SECONDS: Final = 0.5
BUSY_SECONDS: Final = 0.3

Result = TypeVar("Result")


class Issuer(Protocol):
    def issue(self, authorisation_id: UUID) -> str:
        """Have the signer redeem the authorisation and sign the copy; the digest of the issued PDF.

        Raises: Unavailable before, OutcomeUnknown after the request was sent; Refused, IntegrityError.
        """


@dataclass(frozen=True)
class RequestTools:
    printing: PrintTools
    issuer: Issuer


def register(tools: RequestTools) -> None:
    """Give DBOS the workflows of this room."""
    database, objects = tools.printing.database, tools.printing.objects

    @DBOS.workflow(name="prepare-request", max_recovery_attempts=RECOVERIES)
    def prepare(request_id: str) -> None:
        _step("render", lambda: prepare_request(database, objects, UUID(request_id)))

    @DBOS.workflow(name="issue-request", max_recovery_attempts=RECOVERIES)
    def issue(request_id: str) -> None:
        waiting = _step("authorisations", lambda: _waiting(tools, UUID(request_id)))
        failure = ""
        for authorisation_id, copy_id in waiting:
            while True:
                failure = _step("issue", partial(_issue, tools, UUID(authorisation_id), UUID(copy_id)))
                if failure != "later":
                    break
                DBOS.sleep(RETRY_SECONDS)
            if failure:
                break
        _step("finish", lambda: finish_issuing(database, UUID(request_id), failure))

    @DBOS.workflow(name="print-copy", max_recovery_attempts=RECOVERIES)
    def print_copy(copy_id: str, job_uuid: str) -> None:
        copy, job = UUID(copy_id), UUID(job_uuid)
        while not (reserved := _step("reserve", lambda: _reserve(tools.printing, copy, job))):
            DBOS.sleep(BUSY_SECONDS)
        if reserved == "nothing-to-print":
            return
        while (handed := _step("hand-over", lambda: _hand_over(tools.printing, copy, job))) == "later":
            DBOS.sleep(RETRY_SECONDS)
        outcome = handed or _step("follow", lambda: printing.follow(tools.printing, copy, job).value)
        _step("record", lambda: printing.record_outcome(tools.printing, copy, Outcome(outcome)))


def _step(name: str, body: Callable[[], Result]) -> Result:
    return DBOS.run_step({"name": name}, body)


def _waiting(tools: RequestTools, request_id: UUID) -> list[list[str]]:
    with tools.printing.database.reading() as work:
        return [[str(each.id), str(each.copy_id)] for each in authorisations_of(work, request_id)]


def _issue(tools: RequestTools, authorisation_id: UUID, copy_id: UUID) -> str:
    """Empty when the copy no longer waits for its signature, `later` to ask again, else why it never will have one."""
    with tools.printing.database.reading() as work:
        if copy_facts(work, copy_id).state is not CopyState.AUTHORISED:
            return ""
    try:
        tools.issuer.issue(authorisation_id)
    except (Unavailable, OutcomeUnknown):
        return "later"
    except PrintServerError as problem:
        with tools.printing.database.reading() as work:
            return "" if copy_facts(work, copy_id).state is not CopyState.AUTHORISED else str(problem)
    return ""


def _reserve(tools: PrintTools, copy_id: UUID, job_uuid: UUID) -> str:
    """Empty while the printer is busy."""
    try:
        return "reserved" if printing.reserve(tools, copy_id, job_uuid) else ""
    except TransitionRefused:
        return "nothing-to-print"


def _hand_over(tools: PrintTools, copy_id: UUID, job_uuid: UUID) -> str:
    """Empty when CUPS has the copy, `later` to ask again, else the outcome."""
    try:
        return "" if printing.hand_over(tools, copy_id, job_uuid) else Outcome.NOT_STARTED.value
    except SpoolerUnavailable:
        return "later"
