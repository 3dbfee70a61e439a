"""Unknown outcomes whose truth the printer still knows: it is asked about its own job, over its pinned certificate.

A backend that was killed saw no end, but it wrote down the printer's number of the job. Only a whole copy is taken from
the printer's word; everything else stays with a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.print_requests.models import Copy
from printserver.print_requests.outcomes import record_outcome
from printserver.print_requests.printing import PrintTools, fence_record_of
from printserver.print_requests.states import CopyState
from printserver.printing.job_query import ask_job
from printserver.printing.outcome import Outcome
from printserver.printing.pin import PrinterUnreachable
from printserver.printing.queries import PrinterFacts, printer_facts
from printserver.printing.tickets import TicketFacts, ticket_of

LOOKED_FOR: Final = timedelta(hours=24)


@dataclass(frozen=True)
class _Doubt:
    copy_id: UUID
    pages: int
    ticket: TicketFacts
    printer: PrinterFacts


def look_again(tools: PrintTools) -> int:
    """Once at each copy whose outcome became unknown within a day; how many were found to be whole.

    A printer that does not answer is asked no more this time, so that it does not delay the copies of others.
    """
    with tools.database.reading() as work:
        doubts = _doubts(work)
    silent: set[UUID] = set()
    return sum(_is_whole(tools, doubt, silent) for doubt in doubts if doubt.printer.id not in silent)


def _doubts(work: Work) -> list[_Doubt]:
    rows = work.session.execute(
        select(Copy.id, Copy.pages, Copy.job_uuid, Copy.printer_id).where(
            Copy.state == CopyState.OUTCOME_UNKNOWN, Copy.sent_at > work.now() - LOOKED_FOR
        )
    )
    found = []
    for copy_id, pages, job_uuid, printer_id in rows:
        ticket = None if job_uuid is None else ticket_of(work, job_uuid)
        if ticket is not None:
            found.append(_Doubt(copy_id, pages, ticket, printer_facts(work, printer_id)))
    return found


def _is_whole(tools: PrintTools, doubt: _Doubt, silent: set[UUID]) -> bool:
    try:
        record = fence_record_of(tools, doubt.printer, doubt.ticket)
        if record is None or record.printer_job is None or record.started_before:
            return False
        job = ask_job(doubt.printer.uri, doubt.printer.certificate_sha256, record.printer_job)
    except PrinterUnreachable:
        silent.add(doubt.printer.id)
        return False
    except PrintServerError:
        return False
    if not job.is_whole(doubt.ticket.job_uuid, doubt.pages):
        return False
    with tools.database.work() as work:
        record_outcome(work, doubt.copy_id, doubt.ticket.job_uuid, Outcome.PRINTED)
    return True
