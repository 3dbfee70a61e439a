"""What happens when two do the same at once, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select, update

from printserver.approvals.models import StatementRow
from printserver.foundation.errors import Refused
from printserver.foundation.unit_of_work import Work
from printserver.organisations.permissions import Role
from printserver.seals.models import Seal, SealStep
from printserver.seals.queries import seal_facts
from printserver.seals.service import count_uses, record_made, suspend_seal
from printserver.seals.states import SealAction, SealState
from printserver.seals.steps import NewStep, propose_step
from tests.world import World
from tests.world_building import BY_SETUP


def at_once(world: World, times: int, body: Callable[[Work, int], object]) -> list[str]:
    """The codes of what was refused, empty for what was done."""

    def one(number: int) -> str:
        try:
            with world.database.work() as work:
                body(work, number)
        except Refused as problem:
            return problem.code
        return ""

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_parallel_uses_never_exceed_the_limit(any_world: World):
    seal_id = any_world.home.north.seal_id
    with any_world.database.work() as work:
        work.session.execute(update(Seal).where(Seal.id == seal_id).values(uses_limit=5))
    ends = at_once(any_world, 8, lambda work, _number: count_uses(work, BY_SETUP, seal_id, 2))
    assert sorted(ends) == [""] * 2 + ["seal-used-up"] * 6
    with any_world.database.reading() as work:
        assert seal_facts(work, seal_id).uses == 4


def test_two_officers_who_propose_at_once_leave_one_step(any_world: World):
    seal_id, attestor = any_world.home.north.seal_id, any_world.adapters.attestor
    roles = (Role.SEAL_ADMINISTRATOR, Role.KEY_OFFICER)
    wishes = (NewStep(SealAction.REVOKE, "worn out"), NewStep(SealAction.SEAL_UP, "the branch closes"))

    def propose(work: Work, number: int) -> None:
        propose_step(work, any_world.actor(work, roles[number]), attestor, seal_id, wishes[number])

    assert sorted(at_once(any_world, 2, propose)) == ["", "seal-step-open"]
    with any_world.database.reading() as work:
        assert len(work.session.scalars(select(SealStep)).all()) == 1
        # What was refused leaves no statement behind that officers could sign.
        assert len(work.session.scalars(select(StatementRow)).all()) == 1


def test_two_stops_at_once_stop_it_once(any_world: World):
    seal_id, attestor = any_world.home.north.seal_id, any_world.adapters.attestor
    roles = (Role.CUSTODIAN, Role.KEY_OFFICER, Role.SEAL_ADMINISTRATOR)

    def stop(work: Work, number: int) -> None:
        suspend_seal(work, any_world.actor(work, roles[number]), attestor, seal_id, reason="lost")

    assert sorted(at_once(any_world, 3, stop)) == ["", "transition-refused", "transition-refused"]
    with any_world.database.reading() as work:
        assert seal_facts(work, seal_id).state is SealState.SUSPENDED


def test_a_stop_and_a_use_at_once_never_both_find_the_seal_active(any_world: World):
    seal_id, attestor = any_world.home.north.seal_id, any_world.adapters.attestor

    def act(work: Work, number: int) -> None:
        if number:
            count_uses(work, BY_SETUP, seal_id, 1)
        else:
            suspend_seal(work, any_world.actor(work, Role.CUSTODIAN), attestor, seal_id, reason="lost")

    stopped, used = at_once(any_world, 2, act)
    assert stopped == ""
    with any_world.database.reading() as work:
        facts = seal_facts(work, seal_id)
    assert facts.state is SealState.SUSPENDED
    assert (used, facts.uses) in (("", 1), ("seal-not-usable", 0))


def test_a_seal_is_told_as_made_once_by_two_workers(any_world: World):
    seal_id = any_world.home.north.seal_id
    with any_world.database.work() as work:
        work.session.execute(update(Seal).where(Seal.id == seal_id).values(state=SealState.APPROVED, object_sha256=""))
    ends = at_once(any_world, 2, lambda work, _number: record_made(work, BY_SETUP, seal_id, "ab" * 32))
    # The second one is told so by the table or finds the same object: nothing is made twice.
    assert ends.count("") >= 1
    with any_world.database.reading() as work:
        made = work.session.scalars(select(SealStep).where(SealStep.action == SealAction.MAKE)).all()
        assert seal_facts(work, seal_id).state is SealState.MADE
    assert len(made) == 1
