"""Which seals a person sees, and which can be used."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from printserver.audit.models import AuditEntry
from printserver.foundation.errors import NotFound, TransitionRefused
from printserver.organisations.permissions import Role
from printserver.seals.models import Seal
from printserver.seals.queries import require_usable, seal_facts, seals, seals_in_custody, usable_seal
from printserver.seals.service import SealNotUsable, suspend_seal
from printserver.seals.states import SealState
from tests.world import World
from tests.world_building import Office


def seen(world: World, role: Role, office: Office) -> set[UUID]:
    with world.database.reading() as work:
        return {seal.id for seal in seals(work, world.actor(work, role, office))}


def test_a_branch_sees_its_own_seals_and_those_above(world: World):
    home = world.home
    assert seen(world, Role.CLERK, home.north) == {home.north.seal_id, home.head.seal_id}
    assert seen(world, Role.CLERK, home.head) == {home.head.seal_id, home.north.seal_id, home.south.seal_id}


def test_another_organisation_sees_none_of_them(world: World):
    home = {office.seal_id for office in (world.home.head, world.home.north, world.home.south)}
    assert not seen(world, Role.AUDITOR, world.foreign.head) & home


def test_roles_that_have_no_business_with_seals_see_none(world: World):
    assert seen(world, Role.PRINTER_ADMINISTRATOR, world.home.north) == set()
    assert seen(world, Role.ARCHIVIST, world.home.head) == set()


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CLERK}))
def test_only_who_may_apply_may_ask_for_a_seal(world: World, role: Role):
    with world.database.reading() as work, pytest.raises(NotFound):
        usable_seal(work, world.actor(work, role), world.home.north.seal_id)


def test_a_clerk_asks_for_the_companys_seal_but_not_for_a_sisters(world: World):
    with world.database.reading() as work:
        clerk = world.actor(work, Role.CLERK)
        assert usable_seal(work, clerk, world.home.head.seal_id).id == world.home.head.seal_id
        for strange in (world.home.south.seal_id, world.foreign.head.seal_id, uuid4()):
            with pytest.raises(NotFound):
                usable_seal(work, clerk, strange)


@pytest.mark.parametrize("state", sorted(set(SealState) - {SealState.ACTIVE}))
def test_only_an_active_seal_is_usable(world: World, state: SealState):
    with world.database.work() as work:
        work.session.execute(update(Seal).where(Seal.id == world.home.north.seal_id).values(state=state))
    with world.database.reading() as work, pytest.raises(SealNotUsable, match=state):
        require_usable(work, seal_facts(work, world.home.north.seal_id))


def test_a_seal_is_usable_within_its_validity_alone(world: World):
    with world.database.reading() as work:
        seal = seal_facts(work, world.home.north.seal_id)
        for moment, usable in (
            (seal.valid_from - timedelta(seconds=1), False),
            (seal.valid_from, True),
            (seal.valid_until, True),
            (seal.valid_until + timedelta(seconds=1), False),
        ):
            world.clock.moment = moment
            if usable:
                require_usable(work, seal)
            else:
                with pytest.raises(SealNotUsable):
                    require_usable(work, seal)


def test_the_custodian_suspends_a_seal_at_once_and_once(world: World):
    with world.database.work() as work:
        keeper = world.actor(work, Role.CUSTODIAN)
        assert seals_in_custody(work, keeper) == (world.home.north.seal_id,)
        suspend_seal(work, keeper, world.adapters.attestor, world.home.north.seal_id, reason="lost")
    before = world.row_counts()
    with pytest.raises(TransitionRefused), world.database.work() as work:
        suspend_seal(
            work, world.actor(work, Role.CUSTODIAN), world.adapters.attestor, world.home.north.seal_id, reason="again"
        )
    assert world.row_counts() == before
    with world.database.reading() as work:
        assert seal_facts(work, world.home.north.seal_id).state is SealState.SUSPENDED
        events = work.session.scalars(select(AuditEntry.event).where(AuditEntry.event == "SealSuspended")).all()
    assert events == ["SealSuspended"]


def test_nobody_else_suspends_a_seal(world: World):
    before = world.row_counts()
    for role, office in ((Role.CUSTODIAN, world.home.head), (Role.CLERK, world.home.north)):
        with pytest.raises(NotFound), world.database.work() as work:
            suspend_seal(
                work, world.actor(work, role, office), world.adapters.attestor, world.home.north.seal_id, reason="spite"
            )
    assert world.row_counts() == before
