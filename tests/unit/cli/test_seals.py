"""`printserver seals …` against the real web server, as a person with a token."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner, Result

from printserver.cli.client import TOKEN_FILE_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE
from printserver.cli.main import app
from printserver.organisations.permissions import Role
from printserver.seals.imports import COLUMNS
from printserver.seals.queries import seal_facts
from printserver.seals.states import SealState
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
        return CliRunner().invoke(app, ["seals", *map(str, arguments)], env=environment, input=f"{PASSWORD}\n")

    return run


def value(result: Result, name: str) -> str:
    """What the command says of `name`; the server in this process writes its log between."""
    assert result.exit_code == 0, result.output
    lines = [line for line in result.output.splitlines() if line.startswith(f"{name}: ")]
    return lines[-1].partition(": ")[2]


def ring(file: Path) -> Path:
    picture = Image.new("RGB", (700, 700), "white")
    ImageDraw.Draw(picture).ellipse((30, 30, 670, 670), outline=(200, 20, 20), width=24)
    picture.save(file)
    return file


def wish(world: World, folder: Path) -> Path:
    file = folder / "wish.json"
    body = {
        "type": "company",
        "name": "北方公司",
        "branch_id": str(world.home.north.branch_id),
        "custodians": [str(world.person(Role.CUSTODIAN).id)],
        "valid_from": "2026-11-01T00:00:00Z",
        "valid_until": "2028-11-01T00:00:00Z",
    }
    file.write_text(json.dumps(body), "utf-8")
    return file


def test_a_seal_is_applied_for_with_its_picture_proposed_and_shown(world: World, command: Command, tmp_path: Path):
    applied = command(Role.SEAL_ADMINISTRATOR, "apply", wish(world, tmp_path), "--picture", ring(tmp_path / "ring.png"))
    seal_id = value(applied, "id")
    assert (value(applied, "state"), value(applied, "origin")) == ("applied", "internal")
    assert value(command(Role.SEAL_ADMINISTRATOR, "propose", seal_id, "approve"), "statement")
    assert "approve  open" in command(Role.SEAL_ADMINISTRATOR, "show", seal_id).output
    gone = command(Role.SEAL_ADMINISTRATOR, "refuse", seal_id, "--reason", "we have one")
    assert value(gone, "state") == "refused"


def test_a_seal_is_stopped_and_its_uses_are_told(world: World, command: Command):
    world.issued(copies=2)
    seal_id = world.home.north.seal_id
    assert command(Role.CUSTODIAN, "uses", seal_id).output.count(" issued") >= 2
    assert value(command(Role.CUSTODIAN, "suspend", seal_id, "--reason", "lost"), "state") == "suspended"
    with world.database.reading() as work:
        assert seal_facts(work, seal_id).state is SealState.SUSPENDED
    assert command(Role.CLERK, "suspend", seal_id, "--reason", "spite").exit_code != 0


def test_a_folder_of_seals_is_looked_at_and_applied_for(world: World, command: Command, tmp_path: Path):
    folder = tmp_path / "seals"
    folder.mkdir()
    ring(folder / "ring.png")
    (folder / "notes.txt").write_text("not taken along")
    line = dict.fromkeys(COLUMNS, "") | {
        "name": "北方公司",
        "type": "company",
        "branch": "north",
        "custodians": world.person(Role.CUSTODIAN).login,
        "valid_from": "2026-11-01",
        "valid_until": "2028-11-01",
        "image": "ring.png",
    }
    said = []
    for lines, status in (([line, {**line, "branch": "nowhere"}], 1), ([line], 0)):
        with (folder / "seals.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, COLUMNS)
            table.writeheader()
            table.writerows(lines)
        answer = command(Role.SEAL_ADMINISTRATOR, "import", folder, "--apply")
        assert answer.exit_code == status, answer.output
        said.append(answer.output)
    assert "1 seals are applied for" in said[-1]


def test_the_register_is_listed_and_written_as_a_table(world: World, command: Command, tmp_path: Path):
    keeper, north = world.person(Role.CUSTODIAN).id, world.home.north.branch_id
    entered = command(
        Role.SEAL_ADMINISTRATOR, "enter", "北方公章", "--branch", north, "--keeper", keeper, "--place", "safe"
    )
    physical = UUID(value(entered, "physical seal"))
    moved = command(Role.SEAL_ADMINISTRATOR, "move", physical, "seal-up", "--reason", "closed", "--place", "vault")
    assert value(moved, "state") == "sealed-up"
    assert "北方公章" in command(Role.AUDITOR, "list").output
    file = tmp_path / "seals.csv"
    assert command(Role.AUDITOR, "ledger", file).exit_code == 0
    rows = list(csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig"))))
    assert "vault" in next(row for row in rows if "北方公章" in row)
