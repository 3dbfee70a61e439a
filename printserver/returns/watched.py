"""What live pages watch of returns, and who may."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.permissions import Permission
from printserver.returns.models import Return


def readable_returns(work: Work, actor: Actor, return_ids: Collection[UUID]) -> set[UUID]:
    """Those of `return_ids` that `actor` may read."""
    readable = within(Return.branch_id, actor, Permission.READ_RETURNS)
    return set(work.session.scalars(select(Return.id).where(Return.id.in_(return_ids), readable)))
