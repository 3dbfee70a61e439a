"""Branches by their place in the tree, as conditions for queries of other rooms."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select

from printserver.foundation.unit_of_work import Work
from printserver.organisations.models import Branch
from printserver.organisations.queries import BranchFacts


def branch_at(path: str) -> Select[UUID]:
    return select(Branch.id).where(Branch.path == path)


def branches_at_or_below(path: str) -> Select[UUID]:
    return select(Branch.id).where(Branch.path.startswith(path, autoescape=True))


def branches_below(path: str) -> Select[UUID]:
    return branches_at_or_below(path).where(Branch.path != path)


def branches_of(work: Work, organisation_id: UUID) -> tuple[BranchFacts, ...]:
    """Those that are open, from the top."""
    rows = work.session.scalars(
        select(Branch)
        .where(Branch.organisation_id == organisation_id, Branch.closed_at.is_(None))
        .order_by(Branch.path)
    )
    return tuple(BranchFacts(row.id, row.organisation_id, row.name, row.path) for row in rows)
