"""Released copies on their whole way through spooler, fence and desk: as PDF, and as pixels for printers without it."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from printserver.print_requests import printing
from printserver.print_requests.models import Copy
from printserver.print_requests.states import CopyState
from printserver.printing.job_file import read_public_key
from printserver.printing.models import Printer
from printserver.printing.pin import read_pin
from printserver.printing.raster import pixels, read_page_headers
from printserver.printing.redemption import UnixListener
from printserver.settings import LOCAL_SPOOLER
from tests.cups_rig import QUEUE, SPOOLER_USER, CupsRig, desk_socket, running_cups
from tests.world import World

PDF, PWG, URF = "application/pdf", "image/pwg-raster", "image/urf"
DPI = 300


@contextmanager
def printing_place(world: World, document_format: str) -> Iterator[tuple[CupsRig, printing.PrintTools]]:
    """The world's northern printer is a real one."""
    with running_cups(open_desk=False, formats=(document_format,)) as rig:
        facts = {
            "queue": QUEUE,
            "uri": rig.printer.uri,
            "certificate_pem": rig.printer.certificate_pem,
            "certificate_sha256": read_pin(rig.printer.certificate_pem).sha256,
            "document_format": document_format,
            "resolution_dpi": DPI,
            "two_sided": True,
        }
        with world.database.work() as work:
            work.session.execute(update(Printer).where(Printer.id == world.home.north.printer_id).values(facts))
        backends = pwd.getpwnam(SPOOLER_USER).pw_uid if SPOOLER_USER else os.geteuid()
        listener = UnixListener(desk_socket(rig.root), world.desk, {backends: LOCAL_SPOOLER})
        listener.start()
        access = printing.SpoolerAccess(rig.spooler, lambda: read_public_key(rig.cups.backend_public_key))
        try:
            yield rig, replace(world.print_tools(), spoolers=lambda _name: access)
        finally:
            listener.close()


def to_paper(world: World, tools: printing.PrintTools, *, sides: str = "one-sided") -> bytes:
    """Print the one copy of a new request; the bytes that were issued."""
    (copy,) = world.copies(world.released(sides=sides))
    taken = printing.take_up(tools, copy.printer_id, f"hand-over-{copy.id}")
    assert taken == (copy.id, copy.job_uuid)
    printing.bring(tools, *taken)
    printing.follow(tools, *taken)
    printed = world.copy_row(copy.id)
    assert printed.state == CopyState.PRINTED
    assert printed.impressions_reported == copy.pages
    assert copy.issued_sha256 is not None
    return tools.objects.get(copy.issued_sha256, world.home.id)


def test_a_pdf_printer_gets_the_very_bytes_that_were_issued(world: World):
    with printing_place(world, PDF) as (rig, tools):
        issued = [to_paper(world, tools) for _ in range(2)]
        assert [file.read_bytes() for file in rig.printer.received()] == issued
        assert rig.printer.counters().impressions == sum(copy.pages for copy in all_copies(world))


@pytest.mark.parametrize("sides", ["one-sided", "two-sided-long-edge"])
def test_a_printer_without_pdf_gets_every_page_at_its_own_resolution(world: World, sides: str):
    with printing_place(world, PWG) as (rig, tools):
        to_paper(world, tools, sides=sides)
        (copy,), (file,) = all_copies(world), rig.printer.received()
        headers = read_page_headers(file.read_bytes())
        assert [header.resolution_dpi for header in headers] == [(DPI, DPI)] * copy.pages
        assert {(header.width, header.height) for header in headers} == {pixels(DPI)}
        assert {header.duplex for header in headers} == {sides != "one-sided"}


def test_a_printer_that_takes_urf_gets_urf(world: World):
    with printing_place(world, URF) as (rig, tools):
        to_paper(world, tools)
        (file,) = rig.printer.received()
        assert file.read_bytes().startswith(b"UNIRAST\0")


def all_copies(world: World) -> list[Copy]:
    with world.database.reading() as work:
        return list(work.session.scalars(select(Copy)))
