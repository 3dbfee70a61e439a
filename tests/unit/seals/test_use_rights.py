"""Who keeps a seal, who may ask for it, for what and how often."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from printserver.approvals.statement_queries import statement_facts
from printserver.approvals.statements import confirm
from printserver.foundation.errors import NotFound
from printserver.foundation.unit_of_work import Work
from printserver.organisations.permissions import Role
from printserver.rendering.seal_artwork_types import SealType
from printserver.seals.errors import (
    SealApplicationMalformed,
    SealCustodianRefused,
    SealNotUsable,
    SealUsedUp,
)
from printserver.seals.queries import (
    askable_seals,
    is_custodian,
    permits_of,
    require_usable,
    seal_facts,
    seals,
    seals_in_custody,
    usable_seal,
)
from printserver.seals.service import (
    apply_seal,
    count_uses,
)
from printserver.seals.states import SealAction
from printserver.seals.steps import NewStep, propose_step
from tests.unit.seals.officers import (
    active,
    applied,
    by,
    refused_without_a_trace,
    registered,
    suspended,
    taken,
)
from tests.world import World
from tests.world_building import BY_SETUP


def test_custody_goes_over_to_several_people_and_away_from_the_former(world: World):
    seal_id, keeper, other = (
        world.home.north.seal_id,
        world.person(Role.CUSTODIAN),
        world.home.head.staff[Role.CUSTODIAN],
    )
    taken(world, seal_id, SealAction.TRANSFER, custodians=[str(other.id), str(keeper.id)], handed_over="2026-11-22")
    with world.database.reading() as work:
        assert set(seal_facts(work, seal_id).custodians) == {other.id, keeper.id}
        assert is_custodian(work, seal_id, keeper.id)
    taken(world, seal_id, SealAction.TRANSFER, custodians=[str(other.id)], handed_over="2026-11-23")
    with world.database.reading() as work:
        assert seal_facts(work, seal_id).custodians == (other.id,)
        assert not is_custodian(work, seal_id, keeper.id)
        assert seals_in_custody(work, by(world, work, Role.CUSTODIAN)) == ()
    taken(world, seal_id, SealAction.TRANSFER, custodians=[str(keeper.id)], handed_over="2026-11-24")
    with world.database.reading() as work:
        assert seal_facts(work, seal_id).custodians == (keeper.id,)


def test_nobody_keeps_a_seal_who_could_not_confirm_its_use(world: World):
    seal_id = world.home.north.seal_id
    for person in (
        world.person(Role.CLERK),
        world.home.south.staff[Role.CUSTODIAN],
        world.foreign.north.staff[Role.CUSTODIAN],
    ):
        step = NewStep(SealAction.TRANSFER, "moves", {"custodians": [str(person.id)]})
        refused_without_a_trace(world, SealCustodianRefused, partial(_propose, world, seal_id, step))


def _propose(world: World, seal_id: UUID, step: NewStep, work: Work) -> None:
    propose_step(work, by(world, work, Role.KEY_OFFICER), world.adapters.attestor, seal_id, step)


def test_a_personal_seal_has_its_owner_as_its_only_custodian(world: World):
    owner, other = world.person(Role.CUSTODIAN).id, world.home.head.staff[Role.CUSTODIAN].id
    seal_id = active(
        world,
        type=SealType.LEGAL_REPRESENTATIVE,
        name="张三",
        registration_number="",
        owner_id=owner,
        custodians=(other,),
    )
    with world.database.reading() as work:
        assert seal_facts(work, seal_id).custodians == (owner,)
        assert seal_facts(work, seal_id).owner_id == owner
    step = NewStep(SealAction.TRANSFER, "moves", {"custodians": [str(other)]})
    refused_without_a_trace(
        world,
        SealCustodianRefused,
        lambda work: propose_step(work, by(world, work, Role.KEY_OFFICER), world.adapters.attestor, seal_id, step),
    )
    for wrong in ({"type": SealType.PERSONAL, "name": "张三", "owner_id": None}, {"owner_id": owner}):
        with pytest.raises(SealApplicationMalformed):
            applied(world, registration_number="", **wrong)


def test_only_permitted_people_and_branches_ask_for_a_seal(world: World):
    seal_id, clerk = world.home.head.seal_id, world.person(Role.CLERK)
    taken_at_head(world, seal_id, people=[str(clerk.id)], branches=[])
    with world.database.reading() as work:
        assert permits_of(work, seal_id).people == (clerk.id,)
        assert usable_seal(work, world.actor(work, Role.CLERK), seal_id).id == seal_id
        with pytest.raises(SealNotUsable):
            usable_seal(work, world.actor(work, Role.CLERK, world.home.south), seal_id)
        assert seal_id not in {seal.id for seal in askable_seals(work, world.actor(work, Role.CLERK, world.home.south))}
    taken_at_head(world, seal_id, people=[], branches=[str(world.home.south.branch_id)])
    with world.database.reading() as work:
        assert usable_seal(work, world.actor(work, Role.CLERK, world.home.south), seal_id).id == seal_id
        with pytest.raises(SealNotUsable):
            usable_seal(work, world.actor(work, Role.CLERK), seal_id)


def taken_at_head(world: World, seal_id: UUID, **form: Any) -> None:
    head = world.home.head
    step = NewStep(SealAction.CHANGE, "it is needed", form)
    with world.database.work() as work:
        administrator = world.actor(work, Role.SEAL_ADMINISTRATOR, head)
        statement_id = propose_step(work, administrator, world.adapters.attestor, seal_id, step)
        facts = statement_facts(work, statement_id)
        officer = world.actor(work, Role.KEY_OFFICER, head)
        body = confirm(work, officer, world.adapters.attestor, statement_id, sha256=facts.sha256).body
    registered(world, apply_seal, body)


def test_a_seal_is_usable_for_its_classes_of_documents_alone(world: World):
    seal_id = active(world, classes=("lease",))
    with world.database.reading() as work:
        clerk = world.actor(work, Role.CLERK)
        assert usable_seal(work, clerk, seal_id, document_class="lease").classes == ("lease",)
        with pytest.raises(SealNotUsable):
            usable_seal(work, clerk, seal_id, document_class="loan")


def test_a_limit_of_uses_is_checked_when_asked_for_and_when_confirmed(world: World):
    seal_id = active(world, uses_limit=3)
    with world.database.work() as work:
        count_uses(work, BY_SETUP, seal_id, 2)
    with world.database.reading() as work:
        facts = seal_facts(work, seal_id)
        assert (facts.uses, facts.uses_left) == (2, 1)
        require_usable(work, facts, copies=1)
        with pytest.raises(SealUsedUp):
            usable_seal(work, world.actor(work, Role.CLERK), seal_id, copies=2)
    refused_without_a_trace(world, SealUsedUp, lambda work: count_uses(work, BY_SETUP, seal_id, 2))
    taken(world, seal_id, SealAction.CHANGE, uses_limit=None)
    with world.database.work() as work:
        count_uses(work, BY_SETUP, seal_id, 200)
    suspended(world, seal_id)
    refused_without_a_trace(world, SealNotUsable, lambda work: count_uses(work, BY_SETUP, seal_id, 1))


@pytest.mark.parametrize("role", [Role.CLERK, Role.APPROVER, Role.CUSTODIAN, Role.AUDITOR])
def test_only_those_who_keep_the_seals_and_officers_propose_steps(world: World, role: Role):
    seal_id, attestor = world.home.north.seal_id, world.adapters.attestor
    step = NewStep(SealAction.REVOKE, "spite")
    refused_without_a_trace(
        world, NotFound, lambda work: propose_step(work, by(world, work, role), attestor, seal_id, step)
    )


def test_an_application_is_seen_by_its_applicant_and_those_who_decide(world: World):
    seal_id = applied(world)
    with world.database.reading() as work:
        for role, sees in ((Role.CLERK, True), (Role.SEAL_ADMINISTRATOR, True), (Role.AUDITOR, True),
                           (Role.CUSTODIAN, False), (Role.APPROVER, False)):  # fmt: skip
            from_list = {seal.id for seal in _seals(work, world, role)}
            assert (seal_id in from_list) is sees, role


def _seals(work: Work, world: World, role: Role) -> Any:
    return seals(work, world.actor(work, role))
