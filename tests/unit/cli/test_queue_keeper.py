"""A printer that people enrol gets its queue and its pin on this machine, and nobody else's does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from printserver.cli.queue_keeper import QueueKeeper
from printserver.printing.models import Printer
from printserver.printing.ports import PrinterState
from tests.cups_rig import CupsRig, running_cups, wait_for
from tests.world import World

QUEUE = "enrolled-later"


@pytest.fixture(scope="module")
def rig() -> Iterator[CupsRig]:
    with running_cups(open_desk=False) as running:
        yield running


@pytest.fixture
def keeper(world: World, rig: CupsRig) -> QueueKeeper:
    """The world's own printers are of another machine."""
    with world.database.work() as work:
        work.session.execute(update(Printer).values(spooler="elsewhere"))
    return QueueKeeper(world.database, rig.cups)


def enrol(world: World, rig: CupsRig, **values: Any) -> None:
    row = {"queue": QUEUE, "spooler": "local", "uri": rig.printer.uri, "certificate_pem": rig.printer.certificate_pem}
    with world.database.work() as work:
        work.session.execute(update(Printer).where(Printer.id == world.home.north.printer_id).values(row | values))


def pin(rig: CupsRig) -> Path:
    return rig.cups.root / "pins" / QUEUE / ".cups" / "ssl" / "localhost.crt"


def test_a_printer_gets_its_queue_once_and_a_new_pin_when_people_give_it_one(
    world: World, rig: CupsRig, keeper: QueueKeeper
):
    assert keeper.look() == 0
    enrol(world, rig)
    assert keeper.look() == 1
    assert rig.spooler.printer_status(QUEUE).accepting
    assert pin(rig).read_text() == rig.printer.certificate_pem
    assert keeper.look() == 0
    rig.printer.renew_certificate()
    enrol(world, rig)
    assert keeper.look() == 1
    assert pin(rig).read_text() == rig.printer.certificate_pem


def test_a_stopped_queue_goes_on_when_people_let_the_printer_go_on(world: World, rig: CupsRig, keeper: QueueKeeper):
    enrol(world, rig)
    keeper.look()
    rig.cups.pause_queue(QUEUE)
    enrol(world, rig, paused=True)
    assert keeper.look() == 1
    assert rig.spooler.printer_status(QUEUE).state is PrinterState.STOPPED
    enrol(world, rig, paused=False)
    assert keeper.look() == 1
    assert rig.spooler.printer_status(QUEUE).state is PrinterState.IDLE


def test_a_queue_that_somebody_disabled_in_cups_stays_so_when_the_server_starts(
    world: World, rig: CupsRig, keeper: QueueKeeper
):
    enrol(world, rig)
    keeper.look()
    rig.cups.pause_queue(QUEUE)
    assert QueueKeeper(world.database, rig.cups).look() == 1
    assert rig.spooler.printer_status(QUEUE).state is PrinterState.STOPPED
    rig.cups.resume_queue(QUEUE)


@pytest.mark.parametrize(
    "uri",
    ["ipp://localhost/not-encrypted", f"ipps://{'a' * 252}/ipp/print"],
    ids=["not encrypted", "a name that is too long for a file"],
)
def test_a_printer_that_cannot_have_a_queue_hinders_no_other(world: World, rig: CupsRig, keeper: QueueKeeper, uri: str):
    enrol(world, rig)
    with world.database.work() as work:
        south = update(Printer).where(Printer.id == world.home.south.printer_id)
        values = {"spooler": "local", "queue": "wrong", "uri": uri, "certificate_pem": rig.printer.certificate_pem}
        work.session.execute(south.values(values))
    assert keeper.look() == 1
    assert not rig.spooler.queue_exists("wrong")


def test_the_keeper_looks_again_and_again_until_it_is_told_to_stop(world: World, rig: CupsRig, keeper: QueueKeeper):
    stop = threading.Event()
    thread = keeper.keep(stop, every_seconds=0.02)
    enrol(world, rig, queue="by-itself")
    wait_for(lambda: rig.spooler.queue_exists("by-itself") or None)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
