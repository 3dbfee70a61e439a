"""What live pages watch of returns, and who may."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.permissions import Permission
from printserver.returns.models import Return
from printserver.returns.states import ReturnState


def pages_read(work: Work) -> dict[UUID, int]:
    """How many pages are read so far of the returns that are being read, without regard to anybody's rights."""
    rows = work.session.execute(select(Return.id, Return.pages_read).where(Return.state == ReturnState.RECEIVED))
    return {row.id: row.pages_read for row in rows}


def readable_returns(work: Work, actor: Actor, return_ids: Collection[UUID]) -> set[UUID]:
    """Those of `return_ids` that `actor` may read."""
    readable = within(Return.branch_id, actor, Permission.READ_RETURNS)
    return set(work.session.scalars(select(Return.id).where(Return.id.in_(return_ids), readable)))
