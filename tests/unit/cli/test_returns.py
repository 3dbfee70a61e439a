"""Returned scans from the command line: handed in and settled by the API, channels by this machine's books."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from printserver.cli.client import TOKEN_VARIABLE, URL_VARIABLE
from printserver.cli.intake_channels import ALIVE, standings
from printserver.cli.main import app
from printserver.foundation.unit_of_work import Database
from printserver.http_edge.live import LiveLimits
from printserver.organisations.permissions import Role
from printserver.returns.intake_channels import Channel, IntakeTools, take_in
from printserver.returns.intake_settings import WatchedFolderSettings
from printserver.returns.intake_status import ChannelNotes
from tests.databases import sqlite_template
from tests.http.live_server import LiveServer, live_server
from tests.unit.returns.channel_books import scan
from tests.world import World, world, world_template

__all__ = ["sqlite_template", "world", "world_template"]


@pytest.fixture
def server(world: World) -> Iterator[LiveServer]:
    with live_server(world, LiveLimits()) as running:
        yield running


def command(server: LiveServer, *arguments: str) -> Result:
    token = server.world.person(Role.ARCHIVIST).token
    return CliRunner().invoke(app, ["returns", *arguments], env={URL_VARIABLE: server.url, TOKEN_VARIABLE: token})


def test_files_are_handed_in_and_refused_ones_in_quarantine_settled(server: LiveServer, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.png", tmp_path / "bad.gif"
    good.write_bytes(scan(1))
    bad.write_bytes(b"GIF89a")
    done = command(server, "hand-in", str(good), str(bad), str(good))
    assert done.exit_code == 1
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["handed-in", "refused", "known"]
    assert "scan-type-unknown" in done.stdout

    world = server.world
    tools, login = IntakeTools(world.database, world.adapters.objects), world.person(Role.CLERK).login
    kept = str(take_in(tools, Channel.MAIL, login, filename="cut\x1b[2J.png", data=scan(2)[:-9]).id)
    assert f"{kept}  scan-incomplete  mail  north  cut[2J.png" in command(server, "quarantine", "list").stdout
    target = tmp_path / "kept"
    assert command(server, "quarantine", "download", kept, str(target)).exit_code == 0
    assert target.read_bytes() == scan(2)[:-9]
    refused = command(server, "quarantine", "try-again", kept)
    assert (refused.exit_code, "scan-incomplete" in refused.stderr) == (2, True)
    assert command(server, "quarantine", "discard", kept, "--reason", "sent again").exit_code == 0
    assert kept not in command(server, "quarantine", "list").stdout
    assert f"{kept}  discarded" in command(server, "quarantine", "list", "--settled").stdout


def test_each_channel_of_the_settings_says_whether_it_works(world: World, tmp_path: Path) -> None:
    login = world.person(Role.CLERK).login
    folders = (
        WatchedFolderSettings(folder=tmp_path / "works", account=login),
        WatchedFolderSettings(folder=tmp_path / "silent", account=login),
        WatchedFolderSettings(folder=tmp_path / "trouble", account=login),
        WatchedFolderSettings(folder=tmp_path / "late", account=login),
        WatchedFolderSettings(folder=tmp_path / "nobody", account="service-none"),
    )
    settings = world.adapters.settings.model_copy(update={"watched_folders": folders})
    tools = IntakeTools(Database(world.database.engines, world.database.jobs), world.adapters.objects)
    for name, trouble in (("works", ""), ("trouble", "the share is away")):
        ChannelNotes(tools, Channel.FOLDER, str(tmp_path / name), login).note(trouble)
    world.clock.advance(-2 * ALIVE.total_seconds())
    late = IntakeTools(world.database, world.adapters.objects)
    ChannelNotes(late, Channel.FOLDER, str(tmp_path / "late"), login).note()
    said = {Path(one.name).name: (one.works, one.said) for one in standings(settings)}
    assert said["works"] == (True, "taken in 0, in quarantine 0, not whole yet 0")
    assert said["silent"] == (False, "no worker has opened it yet")
    assert said["trouble"] == (False, "the share is away")
    assert (said["late"][0], "no worker has looked since" in said["late"][1]) == (False, True)
    assert (said["nobody"][0], "service-none" in said["nobody"][1]) == (False, True)
