"""Requests and copies are reached with permission at their branch; everything else is not found."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from printserver.foundation.errors import NotFound
from printserver.organisations.permissions import GRANTS, Permission, Role
from printserver.print_requests.access import copies_of, copy_for, request_for
from tests.world import World
from tests.world_building import Office

PERMISSION = Permission.READ_REQUESTS


def finds(world: World, role: Role, office: Office | None, request_id: UUID, permission: Permission) -> bool:
    with world.database.reading() as work:
        actor = world.actor(work, role, office)
        try:
            request = request_for(work, actor, request_id, permission)
            copy_for(work, actor, copies_of(work, request.id)[0].id, permission)
        except NotFound:
            return False
        return True


@pytest.mark.parametrize("role", Role)
def test_a_role_reaches_what_it_grants_and_nothing_else(world: World, role: Role):
    request_id = world.pending()
    for permission in Permission:
        assert finds(world, role, None, request_id, permission) is (permission in GRANTS[role])


@pytest.mark.parametrize("role", Role)
def test_a_branch_above_reaches_it_and_a_sister_or_stranger_does_not(world: World, role: Role):
    request_id = world.pending()
    granted = PERMISSION in GRANTS[role]
    assert finds(world, role, world.home.head, request_id, PERMISSION) is granted
    for office in (world.home.south, world.foreign.head, world.foreign.north):
        assert not finds(world, role, office, request_id, PERMISSION)


def test_what_does_not_exist_is_answered_as_what_is_out_of_reach(world: World):
    request_id = world.pending()
    with world.database.reading() as work:
        stranger = world.actor(work, Role.CLERK, world.foreign.north)
        answers = set()
        for asked in (request_id, uuid4()):
            with pytest.raises(NotFound) as refused:
                request_for(work, stranger, asked, PERMISSION)
            answers.add(str(refused.value))
    assert len(answers) == 1
