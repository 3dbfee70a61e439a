"""The printer register: who sees, uses and pauses a printer."""

from __future__ import annotations

import pytest

from printserver.foundation.errors import NotFound
from printserver.organisations.permissions import Role
from printserver.printing.queries import PrinterNotUsable, printer_facts, printers, usable_printer
from printserver.printing.service import set_paused
from tests.databases import sqlite_template
from tests.world import World, world, world_template

__all__ = ["sqlite_template", "world", "world_template"]


def test_a_branch_sees_its_own_printers_and_those_below(world: World):
    with world.database.reading() as work:
        north = {printer.id for printer in printers(work, world.actor(work, Role.CLERK))}
        head = {printer.id for printer in printers(work, world.actor(work, Role.CLERK, world.home.head))}
        nobody = printers(work, world.actor(work, Role.APPROVER, world.home.head))
    assert north == {world.home.north.printer_id}
    assert head == {world.home.head.printer_id, north.pop(), world.home.south.printer_id}
    assert nobody == ()


def test_a_printer_elsewhere_is_not_found(world: World):
    with world.database.reading() as work:
        clerk = world.actor(work, Role.CLERK)
        for office in (world.home.head, world.home.south, world.foreign.north):
            with pytest.raises(NotFound):
                usable_printer(work, clerk, office.printer_id)


def test_a_paused_printer_takes_nothing_until_it_is_resumed(world: World):
    printer = world.home.north.printer_id
    for paused in (True, False):
        with world.database.work() as work:
            administrator = world.actor(work, Role.PRINTER_ADMINISTRATOR)
            set_paused(work, administrator, printer, paused=paused, reason="toner")
        with world.database.reading() as work:
            clerk = world.actor(work, Role.CLERK)
            if paused:
                with pytest.raises(PrinterNotUsable):
                    usable_printer(work, clerk, printer)
            else:
                assert usable_printer(work, clerk, printer) == printer_facts(work, printer)


@pytest.mark.parametrize("role", [Role.CLERK, Role.AUDITOR])
def test_nobody_else_pauses_a_printer(world: World, role: Role):
    before = world.row_counts()
    with pytest.raises(NotFound), world.database.work() as work:
        set_paused(work, world.actor(work, role), world.home.north.printer_id, paused=True, reason="spite")
    with world.database.reading() as work:
        south = world.actor(work, Role.PRINTER_ADMINISTRATOR, world.home.south)
    with pytest.raises(NotFound), world.database.work() as work:
        set_paused(work, south, world.home.north.printer_id, paused=True, reason="spite")
    assert world.row_counts() == before
