"""Take messages that are due, and write what became of them; between the two no transaction is open.

Any number of workers may do it: a message is taken by one conditional statement. One whose worker died over it is found
by its own due time, and then nobody knows whether it arrived.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from printserver.foundation.unit_of_work import Work
from printserver.notifications.models import Mail, WebhookDelivery
from printserver.notifications.states import WAITING, DeliveryAction, DeliveryState, next_state, pause_after

UNDER_WAY_FOR: Final = timedelta(seconds=90)
"""Longer than any attempt takes."""
LONGEST_PROBLEM: Final = 500

Row = TypeVar("Row", Mail, WebhookDelivery)


@dataclass(frozen=True)
class Outcome:
    """action: ACCEPT, FAIL or LOSE.   problem: one sentence, empty when all is well."""

    action: DeliveryAction
    problem: str = ""
    status: int | None = None


def due_ids(work: Work, table: type[Row], *conditions: ColumnElement[bool], limit: int) -> tuple[UUID, ...]:
    """Of those whose time has come, the longest waiting first."""
    waiting = (*WAITING, DeliveryState.UNDER_WAY)
    query = select(table.id).where(table.state.in_(waiting), table.due_at <= work.now(), *conditions)
    return tuple(work.session.scalars(query.order_by(table.due_at, table.id).limit(limit)))


def take(work: Work, table: type[Row], row_id: UUID) -> Row | None:
    """The message, under way for this caller from now on; None when it is not due or another took it."""
    row = work.session.get(table, row_id)
    if row is None or row.due_at > work.now():
        return None
    before = state = DeliveryState(row.state)
    if state is DeliveryState.UNDER_WAY:
        state = next_state(state, DeliveryAction.LOSE)  # whoever took it has died
    if state not in WAITING:
        return None
    taken = work.session.scalar(
        update(table)
        .where(table.id == row_id, table.state == before, table.attempts == row.attempts)
        .values(
            state=next_state(state, DeliveryAction.BEGIN),
            attempts=row.attempts + 1,
            due_at=work.now() + UNDER_WAY_FOR,
        )
        .returning(table.id)
    )
    if taken is None:
        return None
    work.session.refresh(row)
    return row


def settle(work: Work, row: Row, outcome: Outcome) -> bool:
    """Write what became of the attempt, and when the next one is due; whether it was the last."""
    row.state = next_state(DeliveryState(row.state), outcome.action)
    row.last_problem = outcome.problem[:LONGEST_PROBLEM]
    if outcome.action is DeliveryAction.ACCEPT:
        return False
    if row.give_up_at <= work.now():
        row.state = next_state(DeliveryState(row.state), DeliveryAction.GIVE_UP)
        return True
    # Whoever was away for all these days is asked once more at their end.
    row.due_at = min(work.now() + pause_after(row.attempts), row.give_up_at)
    return False


def is_this_attempt(row: Row, attempts: int) -> bool:
    """Whether the row still waits for the outcome of that attempt."""
    return row.state == DeliveryState.UNDER_WAY and row.attempts == attempts
