"""`printserver reconciliation` against the real web server, as a person with a token."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from printserver.cli.client import TOKEN_FILE_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE
from printserver.cli.main import app
from printserver.organisations.permissions import Role
from tests.databases import sqlite_template
from tests.http.live_server import LiveServer, live_server
from tests.http.scene import count_alarm_at
from tests.world import World, world, world_template

__all__ = ["sqlite_template", "world", "world_template"]

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def server(world: World) -> Iterator[LiveServer]:
    with live_server(world) as running:
        yield running


def environment(server: LiveServer, role: Role = Role.PRINTER_ADMINISTRATOR) -> dict[str, str]:
    token = server.world.person(role).token
    return {URL_VARIABLE: server.url, TOKEN_VARIABLE: token, TOKEN_FILE_VARIABLE: ""}


def reconciliation(server: LiveServer, *arguments: str, role: Role = Role.PRINTER_ADMINISTRATOR) -> Result:
    return CliRunner().invoke(app, ["reconciliation", *arguments], env=environment(server, role))


def test_an_open_alarm_is_told_and_is_the_commands_status(server: LiveServer):
    assert reconciliation(server).exit_code == 0
    count_alarm_at(server.world)
    told = reconciliation(server)
    assert told.exit_code == 1
    day = (server.world.clock.now() - timedelta(days=1)).date().isoformat()
    (line,) = [each for each in told.output.splitlines() if each.startswith(day)]
    assert "surplus  sent 0  counted 2  expected 0  scanned back 0  papers owed 0  ALARM" in line
    printer = str(server.world.home.north.printer_id)
    assert reconciliation(server, "--from", day, "--to", day, "--printer", printer).exit_code == 1
    assert reconciliation(server, "--to", "2026-01-31").exit_code == 0


def test_the_table_is_written_as_the_server_made_it(server: LiveServer):
    count_alarm_at(server.world)
    command = [sys.executable, "-m", "printserver.cli.main", "reconciliation", "--csv"]
    table = subprocess.run(
        command, env=environment(server), cwd=REPOSITORY, capture_output=True, check=True, timeout=60
    )
    assert table.stdout.startswith(b"\xef\xbb\xbfday,printer,finding,")
    assert table.stdout.endswith(b"\r\n")
    assert b"surplus" in table.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from", "yesterday"], "--from is a day such as"),
        (["--from", "2020-01-01", "--to", "2026-01-01"], "reconciliation-days"),
        (["--printer", "01a2043b-5af0-739d-b3a1-5b719bd06005"], "not-found"),
    ],
)
def test_what_cannot_be_asked_is_said_in_words(server: LiveServer, arguments: list[str], words: str):
    refused = reconciliation(server, *arguments)
    assert refused.exit_code == 2
    assert words in refused.output


def test_who_may_not_see_printers_is_turned_away(server: LiveServer):
    refused = reconciliation(server, role=Role.APPROVER)
    assert (refused.exit_code, "forbidden" in refused.output) == (2, True)
