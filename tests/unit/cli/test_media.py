"""`printserver media …`, as a person with a token; the server answers in this process."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from printserver.cli.client import TOKEN_FILE_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE
from printserver.cli.main import app
from printserver.organisations.key_media_queries import COLUMNS
from printserver.organisations.permissions import Role
from tests.databases import sqlite_template
from tests.http.live_server import LiveServer, live_server
from tests.world import World, world, world_template
from tests.world_building import PASSWORD

__all__ = ["sqlite_template", "world", "world_template"]

Command = Callable[..., Result]


@pytest.fixture
def server(world: World) -> Iterator[LiveServer]:
    with live_server(world) as running:
        yield running


@pytest.fixture
def command(server: LiveServer) -> Command:
    """`command(Role.CLERK, "list")`; whoever is asked who they are shows their password."""

    def run(role: Role, *arguments: object) -> Result:
        token = server.world.person(role).token
        environment = {URL_VARIABLE: server.url, TOKEN_VARIABLE: token, TOKEN_FILE_VARIABLE: ""}
        return CliRunner().invoke(app, ["media", *map(str, arguments)], env=environment, input=f"{PASSWORD}\n")

    return run


def value(result: Result, name: str) -> str:
    """What the command says of `name`; the server in this process writes its log between."""
    assert result.exit_code == 0, result.output
    lines = [line for line in result.output.splitlines() if line.startswith(f"{name}: ")]
    return lines[-1].partition(": ")[2]


def test_a_medium_is_applied_for_handed_out_lost_and_written_off(command: Command, tmp_path: Path):
    medium = value(command(Role.CLERK, "apply", "tax office", "--kind", "card"), "id")
    assert value(command(Role.SYSTEM_ADMINISTRATOR, "step", medium, "approve"), "state") == "approved"
    handed = ("step", medium, "hand-out", "--maker", "Feitian", "--serial", "K-7")
    assert value(command(Role.SYSTEM_ADMINISTRATOR, *handed), "state") == "handed-out"
    assert value(command(Role.CLERK, "step", medium, "receive"), "state") == "in-use"
    assert value(command(Role.CLERK, "lost", medium, "--remark", "in a taxi"), "state") == "lost"
    assert "K-7" in command(Role.AUDITOR, "list", "--show", "lost").output
    file = tmp_path / "media.csv"
    assert command(Role.AUDITOR, "ledger", file).exit_code == 0
    heads, line = csv.reader(io.StringIO(file.read_text("utf-8-sig")))
    assert (tuple(heads), line[2]) == (COLUMNS, "K-7")
    asked = command(Role.SYSTEM_ADMINISTRATOR, "step", medium, "write-off", "--remark", "a year ago")
    assert value(asked, "pending_action") == "write-off"
    assert command(Role.SYSTEM_ADMINISTRATOR, "confirm", medium, "write-off").exit_code == 2
    assert value(command(Role.SEAL_ADMINISTRATOR, "confirm", medium, "write-off"), "state") == "written-off"
    assert value(command(Role.CLERK, "show", medium), "open steps") == "–"
    assert command(Role.SYSTEM_ADMINISTRATOR, "drop", medium).exit_code == 2
    no_certificate = tmp_path / "c.cer"
    no_certificate.write_bytes(b"no certificate")
    refused = command(Role.SYSTEM_ADMINISTRATOR, "certificate", medium, no_certificate)
    assert "certificate-unreadable" in refused.output
