"""While the object store or the HSM behind it is away, nothing is decided and nothing is lost: it goes on later."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

import pytest

from printserver.foundation.errors import Unavailable
from printserver.print_requests.batch_running import BatchTools, make_row
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.pipeline import prepare_request
from printserver.print_requests.states import CopyState, RequestState
from printserver.printing.ports import PrinterBusy
from tests.passed_on_objects import PassedOnObjects
from tests.unit.print_requests.test_batches import kept, started, tools
from tests.world import World


@dataclass
class AwayObjects(PassedOnObjects):
    def put(self, data: bytes, owner: UUID) -> str:
        raise Unavailable("the signer is away")

    def get(self, digest: str, owner: UUID) -> bytes:
        raise Unavailable("the signer is away")


def away(world: World) -> AwayObjects:
    return AwayObjects(world.adapters.objects)


def state_of(world: World, request_id: UUID) -> str:
    with world.database.reading() as work:
        return work.session.get_one(PrintRequest, request_id).state


def test_a_request_stays_in_rendering_and_is_prepared_afterwards(world: World):
    request_id, makers = world.submitted(), world.adapters.load_key_list()
    before = world.row_counts()
    with pytest.raises(Unavailable):
        prepare_request(world.database, away(world), makers, request_id)
    assert state_of(world, request_id) == RequestState.RENDERING
    assert world.row_counts() == before
    world.prepare(request_id)
    assert state_of(world, request_id) == RequestState.PENDING_APPROVAL


def test_a_printer_is_told_to_wait_and_the_copy_stays_released(world: World):
    backend = world.taken_up(world.copies(world.released())[0].printer_id)
    waiting = replace(backend, desk=replace(world.desk, objects=away(world)))
    with pytest.raises(PrinterBusy):
        waiting.redeem()
    assert world.copy_row(backend.copy_id).state == CopyState.RELEASED
    assert len(backend.redeem()) == 32


def test_a_row_of_a_batch_waits_and_is_made_afterwards(world: World):
    batch_id = kept(world, "R-1")
    started(world, batch_id)
    used: BatchTools = tools(world)
    with pytest.raises(Unavailable):
        make_row(replace(used, objects=away(world)), batch_id, 2)
    assert make_row(used, batch_id, 2)
