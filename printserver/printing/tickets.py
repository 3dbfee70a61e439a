"""Tickets: the one right to print a copy's job, claimed by one run of one backend, each change by one UPDATE.

A ticket's text is its row's id and half a secret that only the worker can compute; the row holds its digest alone.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.printing.models import PrintTicket
from printserver.printing.ports import TicketRefused, TicketState

TICKET_DIGITS: Final = 64
_NO_SECRET: Final = "0" * 32
_FACTS: Final = (
    PrintTicket.id,
    PrintTicket.copy_id,
    PrintTicket.job_uuid,
    PrintTicket.printer_id,
    PrintTicket.state,
    PrintTicket.attempt,
    PrintTicket.record,
)


T = TicketState
UNPRINTED: Final = (T.OPEN, T.CLAIMED)


class Shares(Protocol):
    """The worker's secret behind all content keys."""

    def share(self, ticket: str) -> bytes: ...


@dataclass(frozen=True)
class TicketFacts:
    """`attempt`: the backend's run that claimed it.   `record`: the fence's lines as last delivered."""

    id: UUID
    copy_id: UUID
    job_uuid: UUID
    printer_id: UUID
    state: TicketState
    attempt: str | None
    record: str


def ticket_text(ticket_id: UUID, shares: Shares) -> str:
    """64 hexadecimal digits; the same each time, so that a hand-over may be repeated after a crash."""
    return ticket_id.hex + shares.share(ticket_id.hex + _NO_SECRET).hex()[:32]


def make_ticket(
    work: Work,
    shares: Shares,
    *,
    copy_id: UUID,
    job_uuid: UUID,
    printer_id: UUID,
    hand_over: str,
) -> bool:
    """hand_over: the durable job that takes care of it.   False when there is a ticket for this job already."""
    ticket_id = new_id()
    row = PrintTicket(
        id=ticket_id,
        copy_id=copy_id,
        job_uuid=job_uuid,
        printer_id=printer_id,
        secret_sha256=_digest(ticket_text(ticket_id, shares)),
        state=T.OPEN,
        hand_over=hand_over,
        made_at=work.now(),
    )
    try:
        with work.session.begin_nested():
            work.session.add(row)
    except IntegrityError:
        return False
    return True


def ticket_of(work: Work, job_uuid: UUID) -> TicketFacts | None:
    """Reads no secret's digest, which is not for every process."""
    row = work.session.execute(select(*_FACTS).where(PrintTicket.job_uuid == job_uuid)).one_or_none()
    return None if row is None else _facts(row)


def hold_ticket(work: Work, job_uuid: UUID) -> TicketFacts | None:
    """As `ticket_of`; nobody else changes it until this transaction ends.

    Who changes a ticket and its copy takes the ticket first, so that two never wait for each other.
    """
    # SQLite knows no FOR UPDATE and needs none, because its writers take turns from BEGIN on.
    found = select(*_FACTS).where(PrintTicket.job_uuid == job_uuid).with_for_update()
    row = work.session.execute(found).one_or_none()
    return None if row is None else _facts(row)


def job_of_hand_over(work: Work, hand_over: str) -> UUID | None:
    """The job that a durable job took up before a crash."""
    return work.session.scalar(select(PrintTicket.job_uuid).where(PrintTicket.hand_over == hand_over))


def unticketed(job_uuid: InstrumentedAttribute[UUID | None]) -> ColumnElement[bool]:
    """For a query of another room: nobody has taken up that job yet."""
    return ~exists().where(PrintTicket.job_uuid == job_uuid)


def present_ticket(work: Work, ticket: str) -> TicketFacts:
    """The row of a ticket that somebody shows.   Raises: TicketRefused, in the same words whatever is wrong."""
    row = None
    if len(ticket) == TICKET_DIGITS and set(ticket) <= set("0123456789abcdef"):
        found = select(PrintTicket.secret_sha256, *_FACTS).where(PrintTicket.id == UUID(ticket[:32]))
        row = work.session.execute(found).one_or_none()
    known = "" if row is None else row.secret_sha256
    if not hmac.compare_digest(known, _digest(ticket)) or row is None:
        raise TicketRefused("no such ticket")
    return _facts(row)


def claim_ticket(work: Work, ticket_id: UUID, attempt: str) -> None:
    """Raises: TicketRefused when another transaction was faster."""
    _change(work, ticket_id, (T.OPEN,), state=T.CLAIMED, attempt=attempt, claimed_at=work.now())


def commit_ticket(work: Work, ticket_id: UUID) -> None:
    """Raises: TicketRefused unless it is claimed."""
    _change(work, ticket_id, (T.CLAIMED,), state=T.COMMITTED, committed_at=work.now())


def reopen_ticket(work: Work, ticket_id: UUID) -> None:
    """Another run of the backend may claim it.   Raises: TicketRefused unless it is claimed."""
    _change(work, ticket_id, (T.CLAIMED,), state=T.OPEN, attempt=None, claimed_at=None)


def withdraw_ticket(work: Work, ticket_id: UUID, states: tuple[TicketState, ...]) -> None:
    """states: in which nothing can have been printed, as the caller knows.   Raises: TicketRefused."""
    _change(work, ticket_id, states, state=T.WITHDRAWN, ended_at=work.now())


def end_ticket(work: Work, ticket_id: UUID) -> None:
    """What became of its copy is decided.   Raises: TicketRefused."""
    _change(work, ticket_id, (*UNPRINTED, T.COMMITTED), state=T.ENDED, ended_at=work.now())


def keep_record(work: Work, ticket_id: UUID, record: str) -> None:
    """The fence only ever adds lines: a shorter record is an older one that came late, and is left out."""
    known = work.session.scalar(select(PrintTicket.record).where(PrintTicket.id == ticket_id)) or ""
    if record.startswith(known):
        work.session.execute(update(PrintTicket).where(PrintTicket.id == ticket_id).values(record=record))


def _change(work: Work, ticket_id: UUID, before: tuple[TicketState, ...], **values: Any) -> None:
    changed = work.session.scalar(
        update(PrintTicket)
        .where(PrintTicket.id == ticket_id, PrintTicket.state.in_(before))
        .values(**values)
        .returning(PrintTicket.id)
    )
    if changed is None:
        raise TicketRefused("the ticket was used or withdrawn")


def _facts(row: Any) -> TicketFacts:
    return TicketFacts(
        id=row.id,
        copy_id=row.copy_id,
        job_uuid=row.job_uuid,
        printer_id=row.printer_id,
        state=TicketState(row.state),
        attempt=row.attempt,
        record=row.record,
    )


def _digest(ticket: str) -> str:
    return sha256(ticket.encode("utf-8", "replace")).hexdigest()
