"""The printer without paper: it must be as strict as a real one, or the tests on it prove nothing."""

from __future__ import annotations

import os

import pytest

from printserver.printing.emulated_printer import EmulatedPrinter, EmulatorNotReady
from printserver.printing.pin import fetch_pin, read_pin
from tests.cups_rig import SPOOLER_USER, Running, free_port


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
