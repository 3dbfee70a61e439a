"""The tree of branches: what moves takes all below it along, and what is used is not closed."""

from __future__ import annotations

from uuid import UUID

import pytest

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Database
from printserver.organisations.branches import (
    BranchMoveRefused,
    BranchNameTaken,
    BranchNotEmpty,
    BranchNotFound,
    NameMissing,
    branch_tree,
    close_branch,
    create_branch,
    move_branch,
    rename_branch,
    reopen_branch,
)
from printserver.organisations.models import Branch, User
from printserver.organisations.permissions import Role
from printserver.organisations.rules import RolesIncompatible
from printserver.organisations.service import grant_role
from tests.people_scene import BY, Company, found


@pytest.fixture
def company(any_database: Database) -> Company:
    return found(any_database)


def refused(company: Company, kind: type[PrintServerError], act, login: str = "administrator") -> None:
    """The act raises `kind`, and neither the tree nor the log is other than before."""
    before = company.events(), {name: company.path(name) for name in company.branches}
    with pytest.raises(kind), company.database.work() as work:
        act(work, company.actor(work, login))
    assert (company.events(), {name: company.path(name) for name in company.branches}) == before


def test_a_new_branch_stands_below_its_parent(company: Company):
    with company.database.work() as work:
        made = create_branch(work, company.actor(work), parent_id=company.branches["north"], name="  second   team ")
        branch = work.session.get_one(Branch, made)
        assert (branch.name, branch.path) == ("second team", f"{company.path('north')}{made}/")
    assert company.events()[-1] == "BranchCreated"


def test_moving_a_branch_takes_all_below_it_along(company: Company):
    south = company.path("south")
    with company.database.work() as work:
        move_branch(work, company.actor(work), company.branches["north"], parent_id=company.branches["south"])
    assert company.path("north") == f"{south}{company.branches['north']}/"
    assert company.path("team") == f"{company.path('north')}{company.branches['team']}/"
    assert ("clerk", "north") in company.roles("clerk")
    with company.database.reading() as work:
        tree = [(each.name, each.depth) for each in branch_tree(work, company.actor(work))]
    assert tree == [("head", 0), ("south", 1), ("north", 2), ("team", 3)]


@pytest.mark.parametrize(
    ("branch", "below"), [("north", "team"), ("north", "north"), ("head", "south"), ("north", "head")]
)
def test_a_branch_never_moves_into_itself_or_to_where_it_is(company: Company, branch: str, below: str):
    refused(
        company,
        BranchMoveRefused,
        lambda work, actor: move_branch(work, actor, company.branches[branch], parent_id=company.branches[below]),
    )


def test_a_move_that_lets_incompatible_rights_meet_is_refused(company: Company):
    with company.database.work() as work:
        clerk = work.session.get_one(User, company.people["clerk"])
        grant_role(work, BY, clerk, Role.APPROVER, work.session.get_one(Branch, company.branches["south"]))
    refused(
        company,
        RolesIncompatible,
        lambda work, actor: move_branch(work, actor, company.branches["north"], parent_id=company.branches["south"]),
    )


def test_names_are_free_among_siblings_and_never_empty(company: Company):
    north = company.branches["north"]
    refused(company, BranchNameTaken, lambda work, actor: rename_branch(work, actor, north, name="south"))
    refused(company, NameMissing, lambda work, actor: rename_branch(work, actor, north, name=" / "))
    with company.database.work() as work:
        rename_branch(work, company.actor(work), north, name="team")
        create_branch(work, company.actor(work), parent_id=company.branches["south"], name="team")
    assert company.events()[-2:] == ["BranchRenamed", "BranchCreated"]


def test_only_an_empty_branch_is_closed_and_it_may_be_opened_again(company: Company):
    refused(company, BranchNotEmpty, lambda work, actor: close_branch(work, actor, company.branches["north"]))
    with company.database.work() as work:
        close_branch(work, company.actor(work), company.branches["team"])
    with company.database.reading() as work:
        assert "team" not in [each.name for each in branch_tree(work, company.actor(work))]
    refused(
        company,
        BranchMoveRefused,
        lambda work, actor: create_branch(work, actor, parent_id=company.branches["team"], name="x"),
    )
    with company.database.work() as work:
        reopen_branch(work, company.actor(work), company.branches["team"])
    assert company.events()[-2:] == ["BranchClosed", "BranchReopened"]


def test_a_branch_out_of_reach_is_not_found(company: Company):
    def acts(branch_id: UUID):
        yield lambda work, actor: rename_branch(work, actor, branch_id, name="x")
        yield lambda work, actor: close_branch(work, actor, branch_id)
        yield lambda work, actor: create_branch(work, actor, parent_id=branch_id, name="x")
        yield lambda work, actor: move_branch(work, actor, branch_id, parent_id=company.branches["north"])
        yield lambda work, actor: move_branch(work, actor, company.branches["team"], parent_id=branch_id)

    for act in acts(company.branches["south"]):
        refused(company, BranchNotFound, act, login="north-administrator")
        refused(company, BranchNotFound, act, login="auditor")
