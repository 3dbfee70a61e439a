"""Physical seals: who may enter one, whose word a step takes, and what a refusal leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from printserver.foundation.errors import NotFound, PrintServerError
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.permissions import Role
from printserver.seals.errors import (
    SealApplicationMalformed,
    SealCustodianRefused,
    SealNotFound,
    SealReasonMissing,
    SealWitnessMissing,
)
from printserver.seals.physical import (
    NewPhysicalSeal,
    PhysicalStep,
    physical_seal,
    physical_seals,
    record_physical_seal,
    take_physical_step,
)
from printserver.seals.states import PhysicalAction, PhysicalState
from tests.unit.seals.officers import refused_without_a_trace
from tests.world import World
from tests.world_building import Office


@pytest.fixture
def wanted(world: World) -> NewPhysicalSeal:
    return NewPhysicalSeal(world.home.north.branch_id, "公章", "company", world.person(Role.CUSTODIAN).id, "the safe")


@pytest.fixture
def seal_id(world: World, wanted: NewPhysicalSeal) -> UUID:
    with world.database.work() as work:
        return record_physical_seal(work, world.actor(work, Role.SEAL_ADMINISTRATOR), wanted)


def destroying(world: World, witness: UUID | None) -> PhysicalStep:
    return PhysicalStep(PhysicalAction.DESTROY, "worn out", witness_id=witness)


def entering(world: World, new: NewPhysicalSeal) -> Callable[[Work], object]:
    return lambda work: record_physical_seal(work, world.actor(work, Role.SEAL_ADMINISTRATOR), new)


def taking(world: World, seal_id: UUID, step: PhysicalStep, office: Office | None = None) -> Callable[[Work], object]:
    return lambda work: take_physical_step(work, world.actor(work, Role.SEAL_ADMINISTRATOR, office), seal_id, step)


def test_a_seal_is_entered_with_its_name_its_place_and_a_keeper_of_the_organisation(
    world: World, wanted: NewPhysicalSeal
):
    stranger = world.person(Role.CUSTODIAN, world.foreign.north).id
    cases: list[tuple[type[PrintServerError], NewPhysicalSeal]] = [
        (SealApplicationMalformed, replace(wanted, name=" ")),
        (SealApplicationMalformed, replace(wanted, place="x" * 500)),
        (SealApplicationMalformed, replace(wanted, registration_number="1" * 500)),
        (SealCustodianRefused, replace(wanted, keeper_id=stranger)),
        (SealCustodianRefused, replace(wanted, keeper_id=new_id())),
        (NotFound, replace(wanted, branch_id=world.home.south.branch_id)),
    ]
    for kind, new in cases:
        refused_without_a_trace(world, kind, entering(world, new))


def test_a_destroyed_seal_was_seen_by_somebody_who_neither_keeps_it_nor_says_so(world: World, seal_id: UUID):
    keeper, itself = world.person(Role.CUSTODIAN).id, world.person(Role.SEAL_ADMINISTRATOR).id
    with world.database.work() as work:
        sealing_up = PhysicalStep(PhysicalAction.SEAL_UP, "nobody needs it")
        take_physical_step(work, world.actor(work, Role.SEAL_ADMINISTRATOR), seal_id, sealing_up)
    stranger = world.person(Role.APPROVER, world.foreign.north).id
    cases: list[tuple[type[PrintServerError], PhysicalStep]] = [
        (SealWitnessMissing, destroying(world, None)),
        (SealWitnessMissing, destroying(world, keeper)),
        (SealWitnessMissing, destroying(world, itself)),
        (SealCustodianRefused, destroying(world, stranger)),
        (SealReasonMissing, replace(destroying(world, world.person(Role.APPROVER).id), reason=" ")),
    ]
    for kind, step in cases:
        refused_without_a_trace(world, kind, taking(world, seal_id, step))
    with world.database.work() as work:
        administrator = world.actor(work, Role.SEAL_ADMINISTRATOR)
        take_physical_step(work, administrator, seal_id, destroying(world, world.person(Role.APPROVER).id))
        assert physical_seal(work, administrator, seal_id).state is PhysicalState.DESTROYED


def test_a_seal_is_handed_to_nobody_of_another_organisation(world: World, seal_id: UUID):
    stranger = world.person(Role.CUSTODIAN, world.foreign.north).id
    step = PhysicalStep(
        PhysicalAction.HAND_OVER, "a new keeper", keeper_id=stranger, witness_id=world.person(Role.APPROVER).id
    )
    refused_without_a_trace(world, SealCustodianRefused, taking(world, seal_id, step))


def test_a_seal_is_managed_and_read_within_its_branch(world: World, seal_id: UUID):
    for office in (world.home.south, world.foreign.head):
        step = destroying(world, world.person(Role.APPROVER, office).id)
        refused_without_a_trace(world, SealNotFound, taking(world, seal_id, step, office))
        with world.database.reading() as work:
            elsewhere = world.actor(work, Role.SEAL_ADMINISTRATOR, office)
            assert physical_seals(work, elsewhere) == ()
            with pytest.raises(SealNotFound):
                physical_seal(work, elsewhere, seal_id)
    with world.database.reading() as work:
        assert [each.id for each in physical_seals(work, world.actor(work, Role.SEAL_ADMINISTRATOR))] == [seal_id]
