"""Branches by their place in the tree, as conditions for queries of other rooms."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, literal, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

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


def is_at_or_above(branch_id: InstrumentedAttribute[UUID], path: str) -> ColumnElement[bool]:
    """Of a column that names a branch: whether the branch at `path` is that one, or lies below it."""
    other = aliased(Branch)
    return exists().where(other.id == branch_id, literal(path).startswith(other.path)).correlate(branch_id.class_)


def lies_at_or_below(branch_id: InstrumentedAttribute[UUID], above: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Of two columns that name branches: whether the first one's branch is the second one's, or below it."""
    own, other = aliased(Branch), aliased(Branch)
    found = exists().where(own.id == branch_id, other.id == above, own.path.startswith(other.path))
    return found.correlate(branch_id.class_, above.class_)
