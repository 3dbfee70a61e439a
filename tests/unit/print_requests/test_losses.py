"""A second person is told of the copies whose loss waits for their word, and nobody else is."""

from __future__ import annotations

from uuid import UUID

from printserver.organisations.permissions import Role
from printserver.print_requests.copy_service import confirm_loss, settle_copy, void_copy
from printserver.print_requests.losses import losses_to_confirm
from printserver.printing.outcome import Outcome
from tests.world import World
from tests.world_building import Office

ADMINISTRATOR = Role.PRINTER_ADMINISTRATOR


def waiting(world: World, office: Office | None = None, role: Role = ADMINISTRATOR) -> list[UUID]:
    with world.database.reading() as work:
        return [loss.copy_id for loss in losses_to_confirm(work, world.actor(work, role, office))]


def test_a_declared_loss_waits_for_others_than_who_declared_it_until_one_confirms(any_world: World):
    world = any_world
    (copy,) = world.copies(world.printed(outcome=Outcome.OUTCOME_UNKNOWN))
    assert waiting(world, world.home.head) == []
    with world.database.work() as work:
        settle_copy(work, world.actor(work, ADMINISTRATOR), copy.id, settlement="missing", reason="the tray is empty")
    assert waiting(world) == []
    assert waiting(world, world.home.head) == [copy.id]
    assert waiting(world, world.home.south) == []
    assert waiting(world, world.home.head, Role.CLERK) == []
    with world.database.work() as work:
        confirm_loss(work, world.actor(work, ADMINISTRATOR, world.home.head), copy.id, reason="so it is")
    assert waiting(world, world.home.head) == []


def test_a_copy_voided_before_it_was_released_waits_for_nobody(world: World):
    (copy,) = world.copies(world.issued())
    with world.database.work() as work:
        void_copy(work, world.actor(work, ADMINISTRATOR), copy.id, reason="wrong annex")
    assert waiting(world, world.home.head) == []
