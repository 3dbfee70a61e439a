"""Roles that were proposed for somebody and do not hold yet, for that person's page."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from printserver.approvals.models import StatementRow
from printserver.approvals.statement_queries import statements
from printserver.approvals.statement_states import StatementState
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.signing.statements import SeatBody, StatementKind, StatementMalformed, parse_body


@dataclass(frozen=True)
class WaitingSeat:
    """`id`: of the statement; `readable`: by whoever asks.   state: proposed, or being registered."""

    id: UUID
    state: StatementState
    role: str
    path: str
    readable: bool


def waiting_seats(work: Work, actor: Actor, person_id: UUID) -> tuple[WaitingSeat, ...]:
    """Oldest first, without rows that do not read. That `actor` may read of the person, has been decided before."""
    rows = work.session.execute(
        select(StatementRow.id, StatementRow.state, StatementRow.body)
        .where(
            StatementRow.kind == StatementKind.SEAT,
            StatementRow.subject_id == person_id,
            StatementRow.state.in_((StatementState.PROPOSED, StatementState.CONFIRMED)),
        )
        .order_by(StatementRow.id)
    ).all()
    if not rows:
        return ()
    readable = {each.id for each in statements(work, actor, kind=StatementKind.SEAT, subject_id=person_id)}
    found = ((row.id, StatementState(row.state), _seat(row.body)) for row in rows)
    return tuple(
        WaitingSeat(id_, state, seat.role, seat.path, id_ in readable) for id_, state, seat in found if seat is not None
    )


def _seat(stored: object) -> SeatBody | None:
    try:
        body = parse_body(StatementKind.SEAT, stored if isinstance(stored, dict) else {})
    except StatementMalformed:
        return None
    return body if isinstance(body, SeatBody) else None
