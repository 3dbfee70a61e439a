"""The printer without paper: it must be as strict as a real one, or the tests on it prove nothing."""

from __future__ import annotations

import os

import pytest

from printserver.printing.emulated_printer import EmulatedPrinter, EmulatorNotReady, PageCounters
from printserver.printing.pin import fetch_pin, read_pin
from tests.cups_rig import SPOOLER_USER, Running, contract_pdf, wait_for
from tests.free_ports import free_port
from tests.printers import switched_on


@pytest.fixture
def printer(tmp_path):
    printer = EmulatedPrinter(tmp_path / "printer", free_port())
    printer.build()
    return printer


def test_building_twice_keeps_the_certificate_that_was_pinned(printer):
    pinned = printer.certificate_pem
    printer.build()
    assert printer.certificate_pem == pinned


def test_a_renewed_certificate_is_another_one(printer):
    pinned = read_pin(printer.certificate_pem)
    printer.renew_certificate()
    assert read_pin(printer.certificate_pem).sha256 != pinned.sha256


def test_the_key_is_for_its_owner_alone(printer):
    assert (printer.root / "keys" / "localhost.key").stat().st_mode & 0o777 == 0o600


def test_it_shows_the_certificate_that_was_known_before_it_started(tmp_path, printer):
    engine = Running(printer.command(), printer.environment(), tmp_path / "log")
    engine.start()
    try:
        printer.wait_until_ready()
        assert fetch_pin("localhost", printer.port) == read_pin(printer.certificate_pem)
    finally:
        engine.stop()
    assert printer.received() == []


def test_a_printer_that_is_off_is_not_ready(printer):
    with pytest.raises(EmulatorNotReady):
        printer.wait_until_ready(timeout=0.1)


def test_started_by_root_only_its_user_owns_what_it_writes(tmp_path):
    printer = EmulatedPrinter(tmp_path / "p", free_port(), user=SPOOLER_USER)
    printer.build()
    owners = {path.name: path.owner() for path in (printer.root / "spool", printer.root / "printer-command")}
    assert owners["spool"] == (SPOOLER_USER or owners["printer-command"])
    assert (printer.root / "printer-command").stat().st_mode & 0o022 == 0


def test_a_link_that_its_user_put_among_the_keys_gives_nothing_away(tmp_path):
    printer = EmulatedPrinter(tmp_path / "p", free_port(), user=SPOOLER_USER)
    printer.build()
    precious = tmp_path / "precious"
    precious.touch()
    (printer.root / "keys" / "link").symlink_to(precious)
    printer.build()
    assert precious.stat().st_uid == os.geteuid()


def test_it_counts_what_it_prints_and_forgets_no_page_when_it_is_switched_off():
    with switched_on() as running:
        running.printer.control(seconds_per_page=0.3)
        running.print(contract_pdf(5), sides="two-sided-long-edge")
        wait_for(lambda: running.printer.counters().impressions >= 3 or None)
        running.power_cycle()
        meter = running.printer.counters()
        assert meter in (PageCounters(impressions=3, sheets=2), PageCounters(impressions=4, sheets=2))
        running.print(contract_pdf(1))
        running.wait_for_rest(meter.impressions + 1)
        assert running.printer.counters().sheets == 3


def test_a_printer_without_pdf_keeps_the_raster_and_counts_its_pages():
    with switched_on(formats=("image/pwg-raster",), two_sided=False) as running:
        raster = b"RaS2" + 3 * pwg_page(width=16, height=4)
        running.print(raster, form="image/pwg-raster")
        wait_for(lambda: running.printer.counters().impressions == 3 or None)
        assert [path.suffix for path in running.printer.received()] == [".pwg"]
        assert running.printer.received()[0].read_bytes() == raster


def pwg_page(*, width: int, height: int) -> bytes:
    """White, one octet a pixel: a line that is repeated, one run of one colour."""
    header = bytearray(1796)
    header[:9] = b"PwgRaster"
    for offset, number in ((372, width), (376, height), (384, 8), (388, 8), (392, width)):
        header[offset : offset + 4] = number.to_bytes(4, "big")
    return bytes(header) + bytes([height - 1, width - 1, 255])
