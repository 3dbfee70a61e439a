"""The tree of branches."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.api.v1.people import Outcome, Reason
from printserver.approvals import people_changes
from printserver.http_edge.declarations import requires
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations import branches
from printserver.organisations.permissions import Permission

router = api_router("/branches", "people")

Name = Annotated[str, Field(min_length=1, max_length=100, examples=["上海分公司"])]


class Branch(View):
    """`depth`: 0 at the top of what I may read.   people: who belong to this very branch.

    frozen: this branch, one above it, or the whole organisation.
    """

    id: UUID
    name: str
    path: str
    parent_id: UUID | None
    depth: int
    people: int
    closed_at: datetime | None
    frozen: bool


class BranchWish(View):
    parent_id: UUID
    name: Name


class NewName(View):
    name: Name


class BranchMove(View):
    parent_id: UUID
    reason: Reason


class MadeBranch(View):
    id: UUID


@router.get("", summary="Branches that I may read of, each before those below it")
@requires(Permission.READ_PEOPLE)
def read_branches(actor: CurrentActor, work: CurrentWork, *, closed: bool = False) -> list[Branch]:
    return [Branch.model_validate(each) for each in branches.branch_tree(work, actor, closed=closed)]


@router.post("", status_code=201, summary="A new branch below another one")
@requires(Permission.MANAGE_PEOPLE)
def create_branch(wish: BranchWish, actor: CurrentActor, work: CurrentWork) -> MadeBranch:
    return MadeBranch(id=branches.create_branch(work, actor, parent_id=wish.parent_id, name=wish.name))


@router.patch("/{branch_id}", status_code=204, summary="Rename a branch")
@requires(Permission.MANAGE_PEOPLE)
def rename_branch(branch_id: UUID, body: NewName, actor: CurrentActor, work: CurrentWork) -> None:
    branches.rename_branch(work, actor, branch_id, name=body.name)


@router.post("/{branch_id}/moves", status_code=201, summary="Move a branch with all below it")
@requires(Permission.MANAGE_PEOPLE, step_up=True)
def move_branch(
    branch_id: UUID, body: BranchMove, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Outcome:
    """Rights there that can help to seal end, and are proposed to the officers for the new place."""
    moved = people_changes.move_branch(
        work, actor, adapters.attestor, branch_id, parent_id=body.parent_id, reason=body.reason
    )
    return Outcome.model_validate(moved)


@router.post("/{branch_id}/closings", status_code=204, summary="Close an empty branch; its records stay")
@requires(Permission.MANAGE_PEOPLE)
def close_branch(branch_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    branches.close_branch(work, actor, branch_id)


@router.post("/{branch_id}/reopenings", status_code=204, summary="Open a closed branch again")
@requires(Permission.MANAGE_PEOPLE)
def reopen_branch(branch_id: UUID, actor: CurrentActor, work: CurrentWork) -> None:
    branches.reopen_branch(work, actor, branch_id)
