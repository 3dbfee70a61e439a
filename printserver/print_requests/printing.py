"""Bring released copies to the spooler, in order, and see what came out.

A copy stays `released` until a backend claims its ticket (`tickets.Desk`); whatever happens to the job before that, the
ticket can be withdrawn and the copy released again. One durable job takes up the next copy of a printer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, cast
from uuid import UUID

import structlog
from sqlalchemy import select, update

from printserver.foundation.unit_of_work import Database, Work
from printserver.print_requests.binding import CopyNotApproved, approved_printing
from printserver.print_requests.copies import is_under_way_as
from printserver.print_requests.models import Copy
from printserver.print_requests.outcomes import record_outcome, take_back
from printserver.print_requests.queries import CopyFacts, copy_facts
from printserver.print_requests.sides import Sides
from printserver.print_requests.states import CopyState
from printserver.printing.fence_record import parse_fence_record
from printserver.printing.job_file import JobHeader, seal_job
from printserver.printing.outcome import Outcome, judge
from printserver.printing.ports import (
    FenceRecord,
    JobNotFound,
    QueueNotFound,
    Spooler,
    SpoolerRefused,
    SpoolerUnavailable,
    TicketState,
)
from printserver.printing.queries import PrinterFacts, printer_facts
from printserver.printing.raster import RasterFormat, RasterNotMade, raster_document
from printserver.printing.tickets import (
    UNPRINTED,
    Shares,
    TicketFacts,
    job_of_hand_over,
    make_ticket,
    ticket_of,
    ticket_text,
    unticketed,
)
from printserver.storage.objects import Objects

POLL_SECONDS: Final = 0.25
LONGEST_PAUSE_SECONDS: Final = 5.0
NOT_TAKEN: Final = "the spooler does not take the copy; tell the printer's administrator"
NOT_APPROVED: Final = "the books and the approval do not agree; nothing was printed"


@dataclass(frozen=True)
class SpoolerAccess:
    """One cupsd.   public_key: reads its backend's key, to which job files are encrypted."""

    spooler: Spooler
    public_key: Callable[[], bytes]


@dataclass(frozen=True)
class PrintTools:
    """spoolers: by the name that printers give."""

    database: Database
    objects: Objects
    spoolers: Callable[[str], SpoolerAccess]
    shares: Shares


@dataclass(frozen=True)
class _View:
    """A copy on its way, in one transaction."""

    copy: CopyFacts
    printer: PrinterFacts
    ticket: TicketFacts


def take_up(tools: PrintTools, printer_id: UUID, hand_over: str) -> tuple[UUID, UUID] | None:
    """The printer's next released copy and its job, with a ticket made for it; None when none is left.

    hand_over: names who asks; asking again gives the same copy.
    """
    while True:
        with tools.database.reading() as work:
            job_uuid = job_of_hand_over(work, hand_over)
            if job_uuid is not None:
                return _copy_of(work, job_uuid), job_uuid
            found = _next_copy(work, printer_id)
        if found is None:
            return None
        _make_ticket(tools, *found, hand_over)


def bring(tools: PrintTools, copy_id: UUID, job_uuid: UUID) -> None:
    """Give the copy to its spooler and let it go; repeating it changes nothing.

    Raises: SpoolerUnavailable; Unavailable for the object store.
    """
    view = _view(tools, copy_id, job_uuid)
    if view is None or view.copy.state is not CopyState.RELEASED or view.ticket.state is not TicketState.OPEN:
        return
    access = tools.spoolers(view.printer.spooler)
    try:
        job_file = _job_file(tools, view, access.public_key())
    except RasterNotMade as problem:
        with tools.database.work() as work:
            take_back(work, copy_id, job_uuid, reason=str(problem))
        return
    try:
        job_id = access.spooler.hold(view.printer.queue, job_uuid, job_file, sides=view.copy.sides)
    except (QueueNotFound, SpoolerRefused):
        # Before a crash it may have had the job already; then `follow` finds out what became of it.
        if access.spooler.report(job_uuid) is None:
            with tools.database.work() as work:
                take_back(work, copy_id, job_uuid, reason=NOT_TAKEN)
        return
    with tools.database.work() as work:
        work.session.execute(
            update(Copy).where(Copy.id == copy_id, Copy.job_uuid == job_uuid).values(cups_job_id=job_id)
        )
    with suppress(JobNotFound, SpoolerRefused):  # what became of the job, `follow` finds out
        access.spooler.release(job_id)


def follow(tools: PrintTools, copy_id: UUID, job_uuid: UUID) -> None:
    """Until it is settled what became of the copy; a printer without paper may keep this waiting for days."""
    pause = POLL_SECONDS
    while not settle(tools, copy_id, job_uuid):
        time.sleep(pause)
        pause = min(pause * 1.2, LONGEST_PAUSE_SECONDS)


def clear(tools: PrintTools, job_uuid: UUID) -> None:
    """Take what is left of a withdrawn copy, or of one that a person gave up, off the spooler: it holds up no other."""
    with tools.database.reading() as work:
        ticket = ticket_of(work, job_uuid)
        if ticket is None or not (ticket.state is TicketState.WITHDRAWN or _is_given_up(work, ticket)):
            return
        spooler = tools.spoolers(printer_facts(work, ticket.printer_id).spooler).spooler
    with suppress(JobNotFound, SpoolerRefused, SpoolerUnavailable):
        report = spooler.report(job_uuid)
        if report is not None and not report.job_state.is_final:
            spooler.cancel(report.job_id)


def _is_given_up(work: Work, ticket: TicketFacts) -> bool:
    lost = (CopyState.OUTCOME_UNKNOWN, CopyState.DESTROYED, CopyState.MISSING)
    return is_under_way_as(work, ticket.copy_id, ticket.job_uuid) and copy_facts(work, ticket.copy_id).state in lost


def settle(tools: PrintTools, copy_id: UUID, job_uuid: UUID) -> bool:
    """Look once; True when the copy is no longer on its way under this job."""
    view = _view(tools, copy_id, job_uuid)
    if view is None:
        return True
    try:
        report = tools.spoolers(view.printer.spooler).spooler.report(job_uuid)
    except SpoolerUnavailable:
        return False
    record = fence_record_of(tools, view.printer, view.ticket)
    outcome = judge(view.ticket.state, record, report.job_state if report else None, view.copy.pages)
    if outcome is Outcome.WAITING:
        return False
    with tools.database.work() as work:
        if outcome is Outcome.NOT_STARTED:
            # Where the fence's own record says so, nothing was handed over after the ticket was committed either.
            states = (*UNPRINTED, TicketState.COMMITTED) if record is not None else UNPRINTED
            return take_back(work, copy_id, job_uuid, states=states)
        record_outcome(work, copy_id, job_uuid, outcome)
        return True


def give_up(tools: PrintTools, copy_id: UUID, job_uuid: UUID) -> None:
    """After a failure that was not foreseen: the printer must not stay reserved, and paper may be out."""
    with tools.database.work() as work:
        if not take_back(work, copy_id, job_uuid, reason=NOT_TAKEN, states=(TicketState.OPEN,)):
            record_outcome(work, copy_id, job_uuid, Outcome.OUTCOME_UNKNOWN)


def fence_record_of(tools: PrintTools, printer: PrinterFacts, ticket: TicketFacts) -> FenceRecord | None:
    """What the fence wrote down on this machine, else what one elsewhere has told so far."""
    return tools.spoolers(printer.spooler).spooler.fence_record(ticket.job_uuid) or _delivered(ticket)


def _next_copy(work: Work, printer_id: UUID) -> tuple[UUID, UUID] | None:
    """The first released, of one request in the order of their numbers."""
    row = work.session.execute(
        select(Copy.id, Copy.job_uuid)
        .where(Copy.printer_id == printer_id, Copy.state == CopyState.RELEASED, unticketed(Copy.job_uuid))
        .order_by(Copy.released_at, Copy.request_id, Copy.number)
        .limit(1)
    ).one_or_none()
    return None if row is None or row.job_uuid is None else (row.id, row.job_uuid)


def _make_ticket(tools: PrintTools, copy_id: UUID, job_uuid: UUID, hand_over: str) -> None:
    with tools.database.reading() as work:
        copy = copy_facts(work, copy_id)
        try:
            approved = approved_printing(work, tools.objects, copy)
        except CopyNotApproved as problem:
            structlog.get_logger().error("a copy is not printed", copy_id=str(copy_id), reason=str(problem))
            approved = None
    with tools.database.work() as work:
        if approved is None or approved.printer_id != copy.printer_id:
            take_back(work, copy_id, job_uuid, reason=NOT_APPROVED)
        elif is_under_way_as(work, copy_id, job_uuid):
            make_ticket(
                work,
                tools.shares,
                copy_id=copy_id,
                job_uuid=job_uuid,
                printer_id=approved.printer_id,
                hand_over=hand_over,
            )


def _copy_of(work: Work, job_uuid: UUID) -> UUID:
    ticket = ticket_of(work, job_uuid)
    if ticket is None:
        raise AssertionError("a ticket is never taken away")
    return ticket.copy_id


def _view(tools: PrintTools, copy_id: UUID, job_uuid: UUID) -> _View | None:
    """None when the copy is no longer on its way under this job."""
    with tools.database.reading() as work:
        copy, ticket = copy_facts(work, copy_id), ticket_of(work, job_uuid)
        if copy.state not in (CopyState.RELEASED, CopyState.SENT) or not is_under_way_as(work, copy_id, job_uuid):
            return None
        if ticket is None:
            raise AssertionError("a copy is taken up with its ticket")
        return _View(copy, printer_facts(work, copy.printer_id), ticket)


def _job_file(tools: PrintTools, view: _View, public_key: bytes) -> bytes:
    if view.copy.issued_sha256 is None:
        raise AssertionError("only issued copies are released")
    issued = tools.objects.get(view.copy.issued_sha256, view.copy.organisation_id)
    document = _as_the_printer_takes_it(issued, view.printer, view.copy.sides)
    ticket = ticket_text(view.ticket.id, tools.shares)
    header = JobHeader(
        ticket=ticket,
        job_uuid=view.ticket.job_uuid,
        document_format=view.printer.document_format,
        document_sha256=sha256(document).hexdigest(),
        impressions=view.copy.pages,
    )
    return seal_job(document, header, public_key, tools.shares.share(ticket))


def _as_the_printer_takes_it(pdf: bytes, printer: PrinterFacts, sides: Sides) -> bytes:
    if printer.document_format == "application/pdf":
        return pdf
    return raster_document(
        pdf,
        document_format=cast("RasterFormat", printer.document_format),
        resolution_dpi=printer.resolution_dpi,
        sides=sides,
        sheet_back=str(printer.capabilities.get("pwg_sheet_back") or "normal"),
    )


def _delivered(ticket: TicketFacts) -> FenceRecord | None:
    """What a fence on another machine has told; until its last line it counts as running."""
    if not ticket.record:
        return None
    ended = parse_fence_record(ticket.record, running=False).ended is not None
    return parse_fence_record(ticket.record, running=not ended)
