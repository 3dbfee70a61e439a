"""The desk where backends redeem tickets: what a ticket's change means for its copy.

Claiming sends the copy, which the database allows for one copy a printer at a time; giving back undoes that; the
fence's last line settles it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import update

from printserver.audit.log import By, append
from printserver.foundation.errors import PrintServerError, Unavailable
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.frozen_places import is_frozen
from printserver.print_requests.binding import ApprovedPrinting, CopyNotApproved, approved_printing
from printserver.print_requests.copies import is_under_way_as, move_copy, send_copy
from printserver.print_requests.events import CopyStarted
from printserver.print_requests.models import Copy
from printserver.print_requests.outcomes import record_outcome
from printserver.print_requests.queries import CopyFacts, copy_facts, expires_at
from printserver.print_requests.request_seals import facts_of_copy_seals
from printserver.print_requests.states import CopyAction, CopyState
from printserver.printing import tickets
from printserver.printing.fence_record import FenceRecordDamaged, parse_fence_record
from printserver.printing.outcome import judge_record
from printserver.printing.ports import FenceRecord, PrinterBusy, TicketClaim, TicketRefused, TicketState
from printserver.printing.queries import PrinterFacts, printer_facts
from printserver.printing.tickets import Shares, TicketFacts, present_ticket
from printserver.seals.queries import require_usable as require_usable_seal
from printserver.storage.objects import Objects

BY_DESK: Final = By(process="ticket-desk")


@dataclass(frozen=True)
class Desk:
    """The `TicketDesk` of this installation."""

    database: Database
    objects: Objects
    shares: Shares

    def claim(self, claim: TicketClaim, *, spooler: str) -> bytes:
        """See `TicketDesk.claim`. A paused printer, and a frozen branch, is busy: its copies wait."""
        with self.database.reading() as work:
            ticket = _presented(work, claim.ticket, spooler)
            approved = self._approved(work, ticket, claim)
        with self.database.work() as work:
            ticket = _presented(work, claim.ticket, spooler)
            if not _is_repeated(ticket, claim.attempt):
                self._send(work, ticket, claim, approved)
        return self.shares.share(claim.ticket)

    def start(self, ticket: str, attempt: str, *, spooler: str) -> None:
        """See `TicketDesk.start`."""
        with self.database.work() as work:
            facts = _of_attempt(work, ticket, attempt, spooler)
            if facts.state is TicketState.COMMITTED:
                return
            copy = copy_facts(work, facts.copy_id)
            if copy.state is not CopyState.SENT or not is_under_way_as(work, copy.id, facts.job_uuid):
                raise TicketRefused("nobody waits for this copy any more")
            tickets.commit_ticket(work, facts.id)
            append(work, BY_DESK.within(copy.organisation_id), CopyStarted(id=copy.id, job_uuid=facts.job_uuid))

    def give_back(self, ticket: str, attempt: str, *, spooler: str) -> None:
        """See `TicketDesk.give_back`."""
        with self.database.work() as work:
            facts = _presented(work, ticket, spooler)
            if facts.state is TicketState.OPEN:
                return
            tickets.reopen_ticket(work, _of_attempt(work, ticket, attempt, spooler).id)
            reason = "the backend ended before the first octet"
            move_copy(work, BY_DESK, facts.copy_id, CopyAction.GIVE_BACK, reason=reason, sent_at=None)

    def record(self, ticket: str, attempt: str, record: str, *, spooler: str) -> None:
        """See `TicketDesk.record`."""
        try:
            facts_of_record = parse_fence_record(record, running=False)
        except FenceRecordDamaged:
            raise TicketRefused("this is no record of a fence") from None
        with self.database.work() as work:
            facts = _of_attempt(work, ticket, attempt, spooler)
            tickets.keep_record(work, facts.id, record)
            self._note(work, facts, facts_of_record)

    def _note(self, work: Work, ticket: TicketFacts, record: FenceRecord) -> None:
        if not is_under_way_as(work, ticket.copy_id, ticket.job_uuid):
            return
        if record.impressions is not None:
            work.session.execute(
                update(Copy).where(Copy.id == ticket.copy_id).values(impressions_reported=record.impressions)
            )
        if record.ended is not None and record.submitting:
            pages = copy_facts(work, ticket.copy_id).pages
            record_outcome(work, ticket.copy_id, ticket.job_uuid, judge_record(record, pages))

    def _approved(self, work: Work, ticket: TicketFacts, claim: TicketClaim) -> ApprovedPrinting:
        try:
            return approved_printing(work, self.objects, copy_facts(work, ticket.copy_id))
        except CopyNotApproved as problem:
            raise TicketRefused(str(problem)) from problem
        except Unavailable as problem:
            raise PrinterBusy("what was approved cannot be read at present") from problem

    def _send(self, work: Work, ticket: TicketFacts, claim: TicketClaim, approved: ApprovedPrinting) -> None:
        copy, printer = copy_facts(work, ticket.copy_id), printer_facts(work, ticket.printer_id)
        seals = facts_of_copy_seals(work, copy.request_id)
        places = (copy.branch_id, printer.branch_id, *(seal.branch_id for seal in seals))
        if is_frozen(work, copy.organisation_id, places):
            raise PrinterBusy("the branch is frozen")
        _check(work, ticket, copy, printer, claim, approved)
        if printer.paused:
            raise PrinterBusy("the printer is paused")
        tickets.claim_ticket(work, ticket.id, claim.attempt)
        if not send_copy(work, BY_DESK, copy.id, ticket.job_uuid):
            raise PrinterBusy("another copy is on its way to this printer")


def _presented(work: Work, ticket: str, spooler: str) -> TicketFacts:
    facts = present_ticket(work, ticket)
    if printer_facts(work, facts.printer_id).spooler != spooler:
        raise TicketRefused("no such ticket")
    return facts


def _of_attempt(work: Work, ticket: str, attempt: str, spooler: str) -> TicketFacts:
    facts = _presented(work, ticket, spooler)
    if facts.attempt != attempt or facts.state is TicketState.WITHDRAWN:
        raise TicketRefused("another run of the backend holds this ticket, or nobody")
    return facts


def _is_repeated(ticket: TicketFacts, attempt: str) -> bool:
    return ticket.attempt == attempt and ticket.state in (TicketState.CLAIMED, TicketState.COMMITTED)


def _check(
    work: Work,
    ticket: TicketFacts,
    copy: CopyFacts,
    printer: PrinterFacts,
    claim: TicketClaim,
    approved: ApprovedPrinting,
) -> None:
    """Raises: TicketRefused unless everything is as people approved it and the seal is still in use."""
    same: tuple[tuple[object, object], ...] = (
        (ticket.state, TicketState.OPEN),
        (ticket.job_uuid, claim.job_uuid),
        (is_under_way_as(work, copy.id, ticket.job_uuid), True),
        (copy.state, CopyState.RELEASED),
        (copy.printer_id, approved.printer_id),
        (printer.id, approved.printer_id),
        (printer.queue, claim.queue),
        (approved.certificate_sha256, claim.certificate_sha256),
        (printer.retired, False),
    )
    if any(given != wanted for given, wanted in same):
        raise TicketRefused("this copy is not to be printed by this job, on this printer, with this certificate")
    if expires_at(work, copy.request_id) <= work.now():
        raise TicketRefused("the request has expired")
    try:
        for seal in facts_of_copy_seals(work, copy.request_id):
            require_usable_seal(work, seal)
    except PrintServerError as problem:
        raise TicketRefused(str(problem)) from problem
