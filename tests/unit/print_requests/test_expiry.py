"""Requests that nobody decides in time come to an end, and their copies with them."""

from __future__ import annotations

from uuid import UUID

import pytest

from printserver.organisations.permissions import Role
from printserver.print_requests.pipeline import expire_requests
from printserver.print_requests.queries import request_details
from printserver.print_requests.states import CopyState, RequestState
from tests.world import World

DAY = 86_400


def state(world: World, request_id: UUID) -> RequestState:
    with world.database.reading() as work:
        return request_details(work, world.actor(work, Role.CLERK), request_id).summary.state


@pytest.mark.parametrize("stage", ["pending", "in_custody"])
def test_a_request_that_nobody_decided_in_time_expires_once_and_its_copies_are_void(world: World, stage: str):
    request_id = getattr(world, stage)(copies=2)
    world.clock.advance(30 * DAY - 60)
    world.keep_tokens()
    assert expire_requests(world.database) == 0
    world.clock.advance(61)
    assert expire_requests(world.database) == 1
    assert state(world, request_id) is RequestState.EXPIRED
    assert {copy.state for copy in world.copies(request_id)} == {CopyState.VOID}
    before = world.row_counts()
    assert expire_requests(world.database) == 0
    assert world.row_counts() == before


def test_what_was_issued_in_time_does_not_expire(world: World):
    request_id = world.issued()
    world.clock.advance(31 * DAY)
    world.keep_tokens()
    assert expire_requests(world.database) == 0
    assert state(world, request_id) is RequestState.ISSUED
