"""Bring a released copy to paper: reserve the printer, hand the copy over held, let it go, see what came out."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from printserver.audit.log import By
from printserver.foundation.errors import TransitionRefused
from printserver.foundation.unit_of_work import Database, Work
from printserver.print_requests.copies import move_copy, reserve_printer
from printserver.print_requests.models import Copy
from printserver.print_requests.queries import CopyFacts, copy_facts
from printserver.print_requests.states import CopyAction, CopyState
from printserver.printing.outcome import Outcome, judge
from printserver.printing.ports import JobNotFound, QueueNotFound, Spooler, SpoolerRefused, SpoolerUnavailable
from printserver.printing.queries import printer_facts
from printserver.storage.objects import Objects

BY_PRINTING: Final = By(process="printing")
POLL_SECONDS: Final = 0.25
LONGEST_PAUSE_SECONDS: Final = 5.0


@dataclass(frozen=True)
class PrintTools:
    database: Database
    objects: Objects
    spooler: Spooler


def reserve(tools: PrintTools, copy_id: UUID, job_uuid: UUID) -> bool:
    """False while the printer is busy with another copy.   Raises: TransitionRefused when there is nothing to print."""
    with tools.database.work() as work:
        return reserve_printer(work, BY_PRINTING, copy_id, job_uuid)


def hand_over(tools: PrintTools, copy_id: UUID, job_uuid: UUID) -> bool:
    """Give the copy to CUPS and let it print; False when CUPS will not have it, so that nothing can come out.

    Safe to repeat: the fence allows one start, CUPS one job a `job_uuid`.
    Raises: SpoolerUnavailable; TransitionRefused when the copy is not on its way under `job_uuid`.
    """
    with tools.database.reading() as work:
        copy = copy_facts(work, copy_id)
        if copy.state is not CopyState.SENT or not _is_under_way_as(work, copy_id, job_uuid):
            raise TransitionRefused("the copy is not on its way under this job")
        queue = printer_facts(work, copy.printer_id).queue
    pdf = tools.objects.get(_issued(copy))
    try:
        job_id = tools.spooler.hold(queue, job_uuid, pdf)
    except (QueueNotFound, SpoolerRefused):
        # Before a crash it may have had the job already; then `follow` finds out what became of it.
        return tools.spooler.report(job_uuid) is not None
    with tools.database.work() as work:
        work.session.execute(
            update(Copy).where(Copy.id == copy_id, Copy.job_uuid == job_uuid).values(cups_job_id=job_id)
        )
    with suppress(JobNotFound, SpoolerRefused):  # what became of the job, `follow` finds out
        tools.spooler.release(job_id)
    return True


def follow(tools: PrintTools, copy_id: UUID, job_uuid: UUID) -> Outcome:
    """Wait until it is decided what became of the copy; a printer without paper may keep this waiting for days."""
    with tools.database.reading() as work:
        pages = copy_facts(work, copy_id).pages
    pause = POLL_SECONDS
    while True:
        outcome = _look(tools.spooler, job_uuid, pages)
        if outcome is not Outcome.WAITING:
            return outcome
        time.sleep(pause)
        pause = min(pause * 1.2, LONGEST_PAUSE_SECONDS)


def record_outcome(tools: PrintTools, copy_id: UUID, job_uuid: UUID, outcome: Outcome) -> None:
    """Once; a copy that a person has settled, or released anew, meanwhile stays as it is.

    What became of an earlier job says nothing of a later one: taking that back would let it print twice.
    """
    with tools.database.work() as work:
        if not _is_under_way_as(work, copy_id, job_uuid):
            return
        try:
            if outcome is Outcome.PRINTED:
                move_copy(work, BY_PRINTING, copy_id, CopyAction.RECORD_PRINTED, printed_at=work.now())
            elif outcome is Outcome.NOT_STARTED:
                reason = "the printer was never reached; release the copy again"
                move_copy(work, BY_PRINTING, copy_id, CopyAction.TAKE_BACK, reason=reason)
            else:
                reason = "the printer may or may not have printed this copy; somebody must look"
                move_copy(work, BY_PRINTING, copy_id, CopyAction.LOSE_TRACK, reason=reason)
        except TransitionRefused:
            if copy_facts(work, copy_id).state in (CopyState.SENT, CopyState.RELEASED):
                raise


def _is_under_way_as(work: Work, copy_id: UUID, job_uuid: UUID) -> bool:
    return work.session.scalar(select(Copy.job_uuid).where(Copy.id == copy_id)) == job_uuid


def _look(spooler: Spooler, job_uuid: UUID, pages: int) -> Outcome:
    try:
        report = spooler.report(job_uuid)
    except SpoolerUnavailable:
        return Outcome.WAITING
    return Outcome.OUTCOME_UNKNOWN if report is None else judge(report, pages)


def _issued(copy: CopyFacts) -> str:
    if copy.issued_sha256 is None:
        raise TransitionRefused("the copy has not been issued")
    return copy.issued_sha256
