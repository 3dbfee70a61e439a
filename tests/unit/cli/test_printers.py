"""`printserver printers …` against the real web server, as a person with a token."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from printserver.cli.client import TOKEN_FILE_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE
from printserver.cli.main import app
from printserver.organisations.permissions import Role
from printserver.printing.register import shown_fingerprint
from tests.databases import sqlite_template
from tests.free_ports import free_port
from tests.http.live_server import LiveServer, live_server
from tests.printers import SwitchedOn, switched_on
from tests.world import World, world, world_template
from tests.world_building import PASSWORD

__all__ = ["sqlite_template", "world", "world_template"]

Command = Callable[..., Result]


@pytest.fixture
def server(world: World) -> Iterator[LiveServer]:
    with live_server(world) as running:
        yield running


@pytest.fixture
def printers(server: LiveServer) -> Command:
    """Runs `printserver printers …` as the printer administrator, with other variables at will."""

    def run(*arguments: object, **variables: str) -> Result:
        token = server.world.person(Role.PRINTER_ADMINISTRATOR).token
        environment = {URL_VARIABLE: server.url, TOKEN_VARIABLE: token, TOKEN_FILE_VARIABLE: "", **variables}
        return CliRunner().invoke(app, ["printers", *map(str, arguments)], env=environment, input=f"{PASSWORD}\n")

    return run


@pytest.fixture(scope="module")
def printer() -> Iterator[SwitchedOn]:
    with switched_on() as running:
        yield running


def said(result: Result) -> str:
    """The command's last line; the server in this process writes its log before it."""
    return result.output.splitlines()[-1]


def test_a_printer_is_enrolled_watched_over_and_retired(world: World, printers: Command, printer: SwitchedOn):
    assert shown_fingerprint(printer.pin.sha256) in printers("certificate", printer.printer.uri).output
    made = printers(
        *("enrol", printer.printer.uri, "--fingerprint", shown_fingerprint(printer.pin.sha256)),
        *("--branch", world.home.north.branch_id, "--name", "second", "--location", "cellar"),
    )
    assert made.exit_code == 0, made.output
    printer_id = re.search(r"^id: (\S+)$", made.output, re.MULTILINE)
    assert printer_id is not None
    one = printer_id[1]
    assert f"{one}  second  cellar  not asked yet" in printers("list").output
    assert "release_rule: code" in printers("change", one, "--release-rule", "code").output
    assert "paused: yes" in printers("pause", one, "--reason", "toner").output
    assert "paused" in printers("list").output
    assert "paused: no" in printers("resume", one, "--reason", "changed").output
    assert printers("reading", one, "--impressions", 12).output.strip().endswith("12")
    assert "model: Example Printer" in printers("capabilities", one).output
    renewed = printers("renew-pin", one, "--fingerprint", printer.pin.sha256, "--reason", "looked again")
    assert renewed.exit_code == 0, renewed.output
    assert f"fingerprint (SHA-256): {shown_fingerprint(printer.pin.sha256)}" in printers("show", one).output
    assert printers("retire", one, "--reason", "worn out").exit_code == 0
    assert one not in printers("list").output
    assert "retired" in printers("list", "--retired").output


def test_what_is_refused_is_said_in_words_with_status_2(world: World, printers: Command, printer: SwitchedOn):
    before = world.row_counts()
    refused = printers("pause", world.home.south.printer_id, "--reason", "not mine")
    assert (refused.exit_code, said(refused)) == (2, "not-found: there is no such printer")
    wrong = printers(
        *("enrol", printer.printer.uri, "--fingerprint", "0" * 64),
        *("--branch", world.home.north.branch_id, "--name", "second", "--location", "cellar"),
    )
    assert wrong.exit_code == 2
    assert said(wrong).startswith("printer-certificate-not-confirmed: ")
    unknown = printers("list", **{TOKEN_VARIABLE: "ps_" + "x" * 43})
    assert (unknown.exit_code, said(unknown).partition(":")[0]) == (2, "unauthenticated")
    assert world.row_counts() == before


def test_without_server_or_token_it_says_what_to_do(world: World, printers: Command, tmp_path: Path):
    away = printers("list", **{URL_VARIABLE: f"http://127.0.0.1:{free_port()}"})
    assert (away.exit_code, said(away).partition(":")[0]) == (2, "server-unreachable")
    missing = printers("list", **{TOKEN_VARIABLE: ""})
    assert missing.exit_code == 2
    assert TOKEN_FILE_VARIABLE in missing.output
    file = tmp_path / "token"
    file.write_text(world.person(Role.PRINTER_ADMINISTRATOR).token + "\n")
    assert printers("list", **{TOKEN_VARIABLE: "", TOKEN_FILE_VARIABLE: str(file)}).exit_code == 0
    unread = printers("list", **{TOKEN_VARIABLE: "", TOKEN_FILE_VARIABLE: str(tmp_path)})
    assert unread.exit_code == 2


def test_the_sheet_is_taken_out_and_what_was_chosen_from_it_is_stored(world: World, printers: Command, tmp_path: Path):
    printer_id, sheet = world.home.north.printer_id, tmp_path / "sheet.pdf"
    assert printers("calibration-sheet", printer_id, sheet).exit_code == 0
    assert sheet.read_bytes().startswith(b"%PDF-")
    stored = printers("calibrate", printer_id, "--cell", "A6")
    assert (stored.exit_code, said(stored)) == (0, "calibrated: True")
    assert printers("calibrate", printer_id, "--cell", "Z9").exit_code == 2
