"""Copies that one person has declared gone, and that wait for a second one to confirm it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select

from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.permissions import Permission
from printserver.print_requests.models import Copy, PrintRequest
from printserver.print_requests.states import INVALID, CopyState

_GONE: Final = INVALID - {CopyState.REPLACED}


@dataclass(frozen=True)
class Loss:
    """A copy, by its id, and its number among the `copies` of its request."""

    copy_id: UUID
    title: str
    number: int
    copies: int


def losses_to_confirm(work: Work, actor: Actor, *, limit: int = 20) -> tuple[Loss, ...]:
    """Those that `actor` may confirm: neither declared gone by the actor, nor asked for; oldest first."""
    unconfirmed = (Copy.released_at.is_not(None), Copy.confirmed_by.is_(None), Copy.state.in_(_GONE))
    by_others = (or_(Copy.settled_by.is_(None), Copy.settled_by != actor.id), PrintRequest.applicant_id != actor.id)
    rows = work.session.execute(
        select(Copy.id, PrintRequest.title, Copy.number, PrintRequest.copies)
        .join(PrintRequest, PrintRequest.id == Copy.request_id)
        .where(*unconfirmed, *by_others, within(Copy.branch_id, actor, Permission.SETTLE_COPIES))
        .order_by(Copy.id)
        .limit(limit)
    )
    return tuple(Loss(*row) for row in rows)
