"""What a person who leaves would leave behind."""

from __future__ import annotations

from printserver.organisations.permissions import Role
from printserver.print_requests import flows
from printserver.print_requests.leavers import estate_of
from tests.world import World


def test_a_request_that_waits_for_a_seal_put_on_by_hand_is_among_what_is_handed_on(world: World):
    request_id = world.pending(class_code="marriage")
    digest = world.manifest_sha256(request_id)
    with world.database.work() as work:
        approver = world.actor(work, Role.APPROVER)
        flows.approve_request(work, approver, world.adapters.attestor, request_id, manifest_sha256=digest)
    with world.database.reading() as work:
        administrator = world.actor(work, Role.SYSTEM_ADMINISTRATOR, world.home.head)
        estate = estate_of(work, administrator, world.actor(work, Role.CLERK).id)
    assert [(each.id, each.state) for each in estate.requests] == [(request_id, "physical-seal")]
