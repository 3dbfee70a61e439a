"""A copy whose end nobody saw, and a printer that still knows of it, or does not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from socketserver import BaseRequestHandler, TCPServer
from threading import Thread

import pytest
from sqlalchemy import update

from printserver.print_requests.outcomes import record_outcome
from printserver.print_requests.second_look import LOOKED_FOR, look_again
from printserver.print_requests.states import CopyState
from printserver.printing.models import Printer
from printserver.printing.outcome import Outcome
from tests.cups_rig import contract_pdf
from tests.printers import SwitchedOn, switched_on
from tests.unit.print_requests.test_printing import PaperTray
from tests.world import World
from tests.world_backend import Backend

KILLED = "claimed cups-job=1 pid=1\nsubmitting\nprinter-job=1\n"


@pytest.fixture
def engine() -> Iterator[SwitchedOn]:
    with switched_on() as running:
        yield running


@pytest.fixture
def doubtful(world: World, engine: SwitchedOn) -> Backend:
    """Its fence was killed after it had fed the printer's first job."""
    backend = world.sent(world.copies(world.released())[0].printer_id)
    backend.start()
    backend.record(KILLED)
    with world.database.work() as work:
        record_outcome(work, backend.copy_id, backend.claim.job_uuid, Outcome.OUTCOME_UNKNOWN)
        pinned = {"uri": engine.printer.uri, "certificate_sha256": engine.pin.sha256}
        work.session.execute(update(Printer).where(Printer.id == world.home.north.printer_id).values(pinned))
    return backend


def found_whole(world: World, *, patience: float = 10.0) -> bool:
    deadline = time.monotonic() + patience
    while not look_again(world.print_tools(PaperTray())):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def test_a_whole_copy_is_taken_from_the_printers_word(world: World, engine: SwitchedOn, doubtful: Backend):
    engine.print(contract_pdf(world.copy_row(doubtful.copy_id).pages), name=str(doubtful.claim.job_uuid))
    assert found_whole(world)
    assert world.copy_row(doubtful.copy_id).state == CopyState.PRINTED
    assert look_again(world.print_tools(PaperTray())) == 0


@pytest.mark.parametrize(
    "printed",
    [
        lambda engine, pages, job: engine.print(contract_pdf(pages), name="another-job"),
        lambda engine, pages, job: engine.print(contract_pdf(pages + 1), name=job),
        lambda engine, pages, job: engine.print(b"%PDF- that no engine prints", name=job),
        lambda engine, pages, job: None,
    ],
    ids=["another job of that number", "another count of sides", "aborted", "history forgotten"],
)
def test_everything_else_stays_with_a_person(
    world: World, engine: SwitchedOn, doubtful: Backend, printed: Callable[[SwitchedOn, int, str], None]
):
    printed(engine, world.copy_row(doubtful.copy_id).pages, str(doubtful.claim.job_uuid))
    assert not found_whole(world, patience=1.5)
    assert world.copy_row(doubtful.copy_id).state == CopyState.OUTCOME_UNKNOWN


def test_a_printer_with_another_certificate_is_not_believed(world: World, engine: SwitchedOn, doubtful: Backend):
    engine.print(contract_pdf(world.copy_row(doubtful.copy_id).pages), name=str(doubtful.claim.job_uuid))
    with world.database.work() as work:
        work.session.execute(update(Printer).values(certificate_sha256="0" * 64))
    assert not found_whole(world, patience=0.5)
    assert world.copy_row(doubtful.copy_id).state == CopyState.OUTCOME_UNKNOWN


def test_a_printer_that_does_not_answer_is_asked_once_a_round(world: World):
    for copy in world.copies(world.released(copies=3)):
        backend = world.sent(copy.printer_id)
        backend.start()
        backend.record(f"{KILLED}ended rc=-9\n")
    asked: list[object] = []

    class HangsUp(BaseRequestHandler):
        def handle(self) -> None:
            asked.append(self.client_address)

    with TCPServer(("localhost", 0), HangsUp) as server:
        with world.database.work() as work:
            uri = f"ipps://localhost:{server.server_address[1]}/ipp/print"
            work.session.execute(update(Printer).where(Printer.id == world.home.north.printer_id).values(uri=uri))
        serving = Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        assert look_again(world.print_tools(PaperTray())) == 0
        server.shutdown()
        serving.join()
    assert len(asked) == 1


def test_nobody_asks_about_a_copy_for_ever(world: World, engine: SwitchedOn, doubtful: Backend):
    engine.print(contract_pdf(world.copy_row(doubtful.copy_id).pages), name=str(doubtful.claim.job_uuid))
    world.clock.advance((LOOKED_FOR + timedelta(minutes=1)).total_seconds())
    assert not found_whole(world, patience=0.5)
