"""Write down what became of a copy on its way, once."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from printserver.audit.log import By
from printserver.foundation.errors import TransitionRefused
from printserver.foundation.unit_of_work import Work
from printserver.print_requests.copies import CopyFields, is_under_way_as, move_copy
from printserver.print_requests.models import Copy
from printserver.print_requests.states import CopyAction, CopyState
from printserver.printing.outcome import Outcome
from printserver.printing.ports import TicketRefused, TicketState
from printserver.printing.tickets import UNPRINTED, TicketFacts, end_ticket, hold_ticket, ticket_of, withdraw_ticket

BY_PRINTING: Final = By(process="printing")
NEVER_REACHED: Final = "the printer was never reached; release the copy again"
LOOK: Final = "the printer may or may not have printed this copy; somebody must look"


def record_outcome(work: Work, copy_id: UUID, job_uuid: UUID, outcome: Outcome) -> None:
    """A copy that a person has settled, or released anew, meanwhile stays as it is.

    What became of an earlier job says nothing of a later one: taking that back would let it print twice.
    """
    ticket = hold_ticket(work, job_uuid)
    if not is_under_way_as(work, copy_id, job_uuid):
        return
    released = work.session.scalar(select(Copy.state).where(Copy.id == copy_id)) == CopyState.RELEASED
    if outcome is Outcome.PRINTED and not released:  # else, by the books, no backend ever claimed it
        _settle(work, copy_id, ticket, CopyAction.RECORD_PRINTED, printed_at=work.now())
    elif outcome in (Outcome.PRINTED, Outcome.OUTCOME_UNKNOWN):
        _settle(work, copy_id, ticket, CopyAction.LOSE_TRACK, reason=LOOK)


def take_back(
    work: Work,
    copy_id: UUID,
    job_uuid: UUID,
    *,
    by: By = BY_PRINTING,
    reason: str = NEVER_REACHED,
    states: tuple[TicketState, ...] = UNPRINTED,
) -> bool:
    """Nothing was printed under this job and nothing will be: the copy may be released again, under a new ticket.

    states: of the ticket, in which the caller knows that.   False when a backend, or a person, was faster.
    """
    if not is_under_way_as(work, copy_id, job_uuid):
        return False
    ticket = ticket_of(work, job_uuid)
    try:
        with work.session.begin_nested():
            if ticket is not None:
                withdraw_ticket(work, ticket.id, states)
            move_copy(work, by, copy_id, CopyAction.TAKE_BACK, reason=reason, cups_job_id=None, sent_at=None)
    except (TicketRefused, TransitionRefused):
        return False
    return True


def _settle(
    work: Work,
    copy_id: UUID,
    ticket: TicketFacts | None,
    action: CopyAction,
    *,
    reason: str = "",
    printed_at: datetime | None = None,
) -> None:
    fields = CopyFields() if printed_at is None else CopyFields(printed_at=printed_at)
    try:
        with work.session.begin_nested():
            move_copy(work, BY_PRINTING, copy_id, action, reason=reason, **fields)
            if ticket is not None and ticket.state is not TicketState.ENDED:
                end_ticket(work, ticket.id)
    except TransitionRefused:
        return  # settled already
