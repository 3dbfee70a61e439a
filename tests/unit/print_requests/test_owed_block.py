"""A branch that owes too much hands in nothing, says which papers, and an exception is used no oftener than granted."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from printserver.approvals.return_policies import set_return_policy
from printserver.approvals.return_policy import ReturnPolicy
from printserver.foundation.errors import NotFound, TransitionRefused
from printserver.organisations.permissions import Role
from printserver.print_requests.owed import WrittenOffAs, write_off
from printserver.print_requests.owed_block import (
    BlockStanding,
    ExceptionMalformed,
    ReturnsOverdue,
    block_standing,
    end_exception,
    exceptions,
    grant_exception,
)
from tests.signing_world import all_at_once
from tests.world import World

DAY = 86_400


def blocking(world: World, **limits: Any) -> None:
    """Every limit that is given; one paper of `north` is overdue for three days."""
    with world.database.work() as work:
        keeper = world.actor(work, Role.DOCUMENT_ADMINISTRATOR, world.home.head)
        set_return_policy(work, keeper, "general", ReturnPolicy(days=10, **limits))
    world.printed()
    world.clock.advance(10 * DAY + 2 * DAY + 1)


def standing(world: World) -> BlockStanding | None:
    with world.database.reading() as work:
        return block_standing(work, world.actor(work, Role.CLERK), "general")


def excepted(world: World, *, uses: int = 1, days: int = 7, role: Role = Role.ARCHIVIST) -> None:
    with world.database.work() as work:
        until = world.clock.now() + timedelta(days=days)
        actor = world.actor(work, role)
        grant_exception(work, actor, world.home.north.branch_id, reason="audit week", valid_until=until, most_uses=uses)


@pytest.mark.parametrize(("limits", "stopped"), [
    ({"most_overdue": 0}, True),
    ({"most_overdue": 1}, False),
    ({"longest_overdue": 2}, True),
    ({"longest_overdue": 3}, False),
    ({}, False),
])  # fmt: skip
def test_a_branch_is_stopped_beyond_its_limits_and_told_which_papers(
    world: World, limits: dict[str, int], stopped: bool
):
    blocking(world, **limits)
    before = world.row_counts()
    if not stopped:
        world.submitted()
        assert standing(world) is None
        return
    with pytest.raises(ReturnsOverdue, match="供货合同 Supply contract 1/1") as refused:
        world.submitted()
    assert world.row_counts() == before
    found = standing(world)
    assert found == refused.value.standing
    assert found is not None
    assert (found.overdue, found.copies[0].days, found.excepted) == (1, 3, False)
    world.submitted(office=world.home.south)


def test_the_way_is_free_again_once_the_paper_is_written_off(world: World):
    blocking(world, most_overdue=0)
    found = standing(world)
    assert found is not None
    with world.database.work() as work:
        archivist = world.actor(work, Role.ARCHIVIST)
        write_off(work, archivist, found.copies[0].id, written_off_as=WrittenOffAs.NEVER, reason="bankrupt")
    world.submitted()


def test_an_exception_is_used_no_oftener_than_granted_whoever_hands_in_at_once(any_world: World):
    world = any_world
    blocking(world, most_overdue=0)
    excepted(world, uses=2)
    answers = all_at_once([partial(world.submitted)] * 6, threads=6)
    refused = [each for each in answers if isinstance(each, ReturnsOverdue)]
    assert (len(answers) - len(refused), len(refused)) == (2, 4)
    with world.database.reading() as work:
        (used,) = exceptions(work, world.actor(work, Role.ARCHIVIST))
    assert (used.uses, used.open) == (2, False)
    assert world.events().count("BlockExceptionUsed") == 2


def test_an_exception_ends_by_its_time_and_by_a_word(world: World):
    blocking(world, most_overdue=0)
    excepted(world, days=1)
    world.clock.advance(DAY + 1)
    with pytest.raises(ReturnsOverdue):
        world.submitted()
    excepted(world)
    with world.database.work() as work:
        archivist = world.actor(work, Role.ARCHIVIST)
        newest, expired = exceptions(work, archivist)
        for office in (world.home.south, world.foreign.head):
            with pytest.raises(NotFound):
                end_exception(work, world.actor(work, Role.ARCHIVIST, office), newest.id)
        end_exception(work, archivist, newest.id)
    for each in (newest, expired):
        with world.database.work() as work, pytest.raises(TransitionRefused):
            end_exception(work, world.actor(work, Role.ARCHIVIST), each.id)
    with pytest.raises(ReturnsOverdue):
        world.submitted()


def test_exceptions_are_granted_by_archivists_of_the_branch_with_a_reason_and_for_a_month_at_most(world: World):
    blocking(world, most_overdue=0)
    before, branch_id = world.row_counts(), world.home.north.branch_id
    soon = world.clock.now() + timedelta(days=1)
    for role, office, days, uses, reason, kind in (
        (Role.CLERK, None, 1, 1, "please", NotFound),
        (Role.ARCHIVIST, world.home.south, 1, 1, "elsewhere", NotFound),
        (Role.ARCHIVIST, world.foreign.head, 1, 1, "elsewhere", NotFound),
        (Role.ARCHIVIST, None, 1, 1, " ", ExceptionMalformed),
        (Role.ARCHIVIST, None, 40, 1, "long", ExceptionMalformed),
        (Role.ARCHIVIST, None, -3, 1, "past", ExceptionMalformed),
        (Role.ARCHIVIST, None, 1, 0, "none", ExceptionMalformed),
    ):
        until = soon + timedelta(days=days - 1)
        with world.database.work() as work, pytest.raises(kind):
            grant_exception(
                work, world.actor(work, role, office), branch_id, reason=reason, valid_until=until, most_uses=uses
            )
    assert world.row_counts() == before


def test_nobody_uses_an_exception_of_their_own(world: World):
    blocking(world, most_overdue=0)
    excepted(world)
    with world.database.reading() as work:
        archivist, clerk = (world.actor(work, role) for role in (Role.ARCHIVIST, Role.CLERK))
        found = block_standing(work, archivist, "general")
        assert found is not None
        assert not found.excepted
        other = block_standing(work, clerk, "general")
        assert other is not None
        assert other.excepted
