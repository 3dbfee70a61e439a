"""Seals that nobody uses are listed for those who may read them, and stopped by those who may stop them."""

from __future__ import annotations

import pytest

from printserver.organisations.permissions import Role
from printserver.print_requests.dormant_seals import DormantSeal, dormant_seals, suspend_dormant_seal
from printserver.seals.errors import SealNotFound
from printserver.seals.queries import seal_facts
from printserver.seals.states import SealState
from tests.world import World
from tests.world_building import Office

DAYS = 60


def listed(world: World, role: Role, office: Office | None = None, *, days: int = DAYS) -> list[DormantSeal]:
    with world.database.reading() as work:
        return list(dormant_seals(work, world.actor(work, role, office), days=days))


def test_a_seal_is_listed_from_its_last_use_on(world: World):
    world.clock.advance((DAYS - 1) * 86_400)
    assert listed(world, Role.AUDITOR) == []
    world.issued()
    world.clock.advance(86_400)
    north, south = world.home.north.seal_id, world.home.south.seal_id
    assert north not in {each.id for each in listed(world, Role.AUDITOR, world.home.head)}
    found = {each.id: each for each in listed(world, Role.AUDITOR, world.home.head)}
    assert found[south].last_used is None
    assert found[south].custodians == (world.person(Role.CUSTODIAN, world.home.south).login,)
    assert listed(world, Role.AUDITOR, world.home.head, days=0) == []


def test_those_who_keep_it_or_are_officers_there_stop_it_and_nobody_else(world: World):
    world.clock.advance(DAYS * 86_400)
    home, attestor = world.home, world.adapters.attestor
    may = {role: [each.may_stop for each in listed(world, role) if each.id == home.north.seal_id] for role in Role}
    assert {role for role, stops in may.items() if stops == [True]} == {
        Role.CUSTODIAN,
        Role.KEY_OFFICER,
        Role.SEAL_ADMINISTRATOR,
    }
    with pytest.raises(SealNotFound), world.database.work() as work:
        suspend_dormant_seal(work, world.actor(work, Role.AUDITOR), attestor, home.north.seal_id, days=DAYS)
    with world.database.work() as work:
        suspend_dormant_seal(work, world.actor(work, Role.CUSTODIAN), attestor, home.north.seal_id, days=DAYS)
    with world.database.reading() as work:
        assert seal_facts(work, home.north.seal_id).state is SealState.SUSPENDED
    assert home.north.seal_id not in {each.id for each in listed(world, Role.AUDITOR)}


def test_another_companys_seals_are_not_listed(world: World):
    world.clock.advance(DAYS * 86_400)
    own = {office.seal_id for office in (world.home.head, world.home.north, world.home.south)}
    assert {each.id for each in listed(world, Role.AUDITOR, world.home.head)} <= own
