"""A custodian's place is lent as that office alone, and a personal seal's owner has no deputy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, Grant, branch_path
from printserver.organisations.permissions import Role
from printserver.print_requests.custody import require_custodian, seals_to_confirm
from printserver.print_requests.models import PrintRequest
from printserver.seals.models import Seal
from tests.world import World


def deputy(world: World, work: Work, role: Role) -> Actor:
    """Somebody to whom the seal's custodian has lent `role`, and who may nothing besides."""
    path, keeper = branch_path(work, world.home.north.branch_id), world.person(Role.CUSTODIAN)
    return replace(world.actor(work, Role.ARCHIVIST), grants=(Grant(role, path, acts_for=keeper.id),))


def test_only_who_was_lent_that_office_confirms_in_its_place_and_nobody_for_a_personal_seals_owner(world: World):
    keeper, seal_id = world.person(Role.CUSTODIAN), world.home.north.seal_id
    request_id = world.in_custody()
    for owner, role, may in (
        (None, Role.CUSTODIAN, True),
        (None, Role.APPROVER, False),
        (keeper.id, Role.CUSTODIAN, False),
    ):
        with world.database.work() as work:
            work.session.get_one(Seal, seal_id).owner_id = owner
            work.session.flush()
            actor, request = deputy(world, work, role), work.session.get_one(PrintRequest, request_id)
            assert (seal_id in seals_to_confirm(work, actor)) is may
            if may:
                assert require_custodian(work, actor, request) == keeper.id
            else:
                with pytest.raises(NotFound):
                    require_custodian(work, actor, request)
