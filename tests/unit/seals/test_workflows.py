"""The jobs that bring orders to the signer: told once, asked again after an outage, and a refusal is on record."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import pytest
from sqlalchemy import select, update

from printserver.audit.models import AuditEntry
from printserver.foundation.errors import PrintServerError
from printserver.seals.models import Seal
from printserver.seals.service import apply_seal_order
from printserver.seals.states import SealState
from printserver.seals.workflows import BY_MAKER, SealTools, ask_again, destroy_key, make_seal
from printserver.signing.errors import HsmUnavailable, OutcomeUnknown, SealOrderRefused, SignerUnavailable
from tests.world import World

DIGEST = "cd" * 32


@dataclass
class ScriptedMaker:
    """Answers as a test says, and remembers who asked for what."""

    problem: PrintServerError | None = None
    asked: list[tuple[str, int, UUID]] = field(default_factory=list)

    def make_seal(self, organisation: int, seal_id: UUID) -> str:
        self._ask("make", organisation, seal_id)
        return DIGEST

    def destroy_seal_key(self, organisation: int, seal_id: UUID) -> bool:
        self._ask("destroy", organisation, seal_id)
        return len(self.asked) == 1

    def _ask(self, what: str, organisation: int, seal_id: UUID) -> None:
        self.asked.append((what, organisation, seal_id))
        if self.problem is not None:
            raise self.problem


def seal_in(world: World, state: SealState) -> UUID:
    with world.database.work() as work:
        work.session.execute(update(Seal).where(Seal.id == world.home.north.seal_id).values(state=state))
    return world.home.north.seal_id


def row(world: World, seal_id: UUID) -> Seal:
    with world.database.reading() as work:
        return work.session.get_one(Seal, seal_id)


def events(world: World, seal_id: UUID) -> list[str]:
    with world.database.reading() as work:
        return list(
            work.session.scalars(
                select(AuditEntry.event).where(AuditEntry.subject_id == seal_id).order_by(AuditEntry.id)
            )
        )


def test_an_approved_seal_is_made_once_and_recorded(world: World):
    seal_id, maker = seal_in(world, SealState.APPROVED), ScriptedMaker()
    for _ in range(2):
        make_seal(SealTools(world.database, maker), seal_id)
    assert maker.asked == [("make", world.home.number, seal_id)]
    assert (row(world, seal_id).state, row(world, seal_id).object_sha256) == (SealState.MADE, DIGEST)


@pytest.mark.parametrize("problem", [SignerUnavailable("away"), OutcomeUnknown("lost"), HsmUnavailable("away")])
def test_an_outage_is_asked_again_and_changes_nothing(world: World, problem: PrintServerError):
    seal_id = seal_in(world, SealState.APPROVED)
    before = world.row_counts()
    with pytest.raises(type(problem)):
        make_seal(SealTools(world.database, ScriptedMaker(problem)), seal_id)
    assert (row(world, seal_id).state, world.row_counts()) == (SealState.APPROVED, before)


def test_a_refusal_is_recorded_and_the_seal_still_waits(world: World):
    seal_id = seal_in(world, SealState.APPROVED)
    make_seal(SealTools(world.database, ScriptedMaker(SealOrderRefused("nobody has ordered this seal"))), seal_id)
    assert row(world, seal_id).state == SealState.APPROVED
    assert events(world, seal_id)[-1] == "SealNotMade"


def test_a_seal_that_is_not_approved_is_not_made(world: World):
    for state in set(SealState) - {SealState.APPROVED}:
        maker = ScriptedMaker()
        make_seal(SealTools(world.database, maker), seal_in(world, state))
        assert maker.asked == []


def test_the_key_of_a_destroyed_seal_alone_is_destroyed_and_recorded(world: World):
    for state in set(SealState) - {SealState.DESTROYED}:
        maker = ScriptedMaker()
        destroy_key(SealTools(world.database, maker), seal_in(world, state))
        assert maker.asked == []
    seal_id, maker = seal_in(world, SealState.DESTROYED), ScriptedMaker()
    destroy_key(SealTools(world.database, maker), seal_id)
    assert maker.asked == [("destroy", world.home.number, seal_id)]
    assert events(world, seal_id)[-1] == "SealKeyDestroyed"


def test_a_registered_order_puts_its_making_into_the_queue(world: World):
    seal_id = seal_in(world, SealState.APPLIED)
    world.jobs.jobs.clear()
    with world.database.work() as work:
        apply_seal_order(work, BY_MAKER, {"seal_id": str(seal_id)})
    assert [(job.workflow, job.arguments) for job in world.jobs.jobs] == [("make-seal", (str(seal_id),))]


def test_at_its_start_the_worker_asks_again_for_what_is_not_made(world: World):
    world.jobs.jobs.clear()
    assert ask_again(world.database) == 0
    seal_id = seal_in(world, SealState.APPROVED)
    assert (ask_again(world.database), ask_again(world.database)) == (1, 1)
    assert {job.arguments for job in world.jobs.jobs} == {(str(seal_id),)}
    assert len({job.id for job in world.jobs.jobs}) == 2
