"""Branches by their place in the tree, as conditions for queries of other rooms."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select

from printserver.organisations.models import Branch


def branch_at(path: str) -> Select[UUID]:
    return select(Branch.id).where(Branch.path == path)


def branches_at_or_below(path: str) -> Select[UUID]:
    return select(Branch.id).where(Branch.path.startswith(path, autoescape=True))


def branches_below(path: str) -> Select[UUID]:
    return branches_at_or_below(path).where(Branch.path != path)
