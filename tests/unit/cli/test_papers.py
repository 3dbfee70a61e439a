"""At a terminal: papers are listed, handed over, searched, signed and confirmed by the API."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from typer.testing import CliRunner, Result

from printserver.cli.client import STEP_UP_VARIABLE, TOKEN_FILE_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE
from printserver.cli.main import app
from printserver.organisations.permissions import Role
from tests.databases import sqlite_template
from tests.http.live_server import LiveServer, live_server
from tests.world import World, world, world_template

__all__ = ["sqlite_template", "world", "world_template"]


def papers(server: LiveServer, *words: str, role: Role = Role.CLERK) -> Result:
    environment = {URL_VARIABLE: server.url, TOKEN_VARIABLE: server.world.person(role).token}
    environment |= {TOKEN_FILE_VARIABLE: "", STEP_UP_VARIABLE: ""}
    return CliRunner().invoke(app, ["papers", *words], env=environment)


def test_a_paper_goes_out_is_signed_confirmed_and_asked_for(world: World, tmp_path: Path):
    copy_id, now = str(world.copies(world.printed())[0].id), f"{world.clock.now():%Y-%m-%dT%H:%M:%S}"
    table = tmp_path / "owed.csv"
    with live_server(world) as server:
        assert copy_id in papers(server, "owed").output
        handed = papers(server, "hand-over", copy_id, "--holder", "Far East", "--courier", "SF 12", "--at", now)
        assert handed.exit_code == 0, handed.output
        assert copy_id in papers(server, "holders", "SF 12").output
        assert "Far East  courier SF 12" in papers(server, "chain", copy_id).output
        signing = ("--signer", "Li Lei", "--check", "identity-card", "--place", "here", "--at", now)
        made = papers(server, "record-signing", copy_id, *signing, "--number-end", "11010119900307123X")
        assert made.exit_code == 0, made.output
        record = made.output.splitlines()[-1]
        assert papers(server, "confirm-signing", record, "1").exit_code != 0
        assert papers(server, "confirm-signing", record, "1", role=Role.ARCHIVIST).exit_code == 0
        assert "confirmed  Li Lei (identity-card)" in papers(server, "signings", copy_id).output
        assert papers(server, "owed", "--table", str(table)).exit_code == 0
    assert copy_id not in table.read_text("utf-8-sig")
    assert "open,0" in table.read_text("utf-8-sig")


def test_an_archivist_moves_dates_grants_time_and_writes_off(world: World):
    copy_id, branch = str(world.copies(world.printed())[0].id), str(world.home.north.branch_id)
    later = f"{world.clock.now() + timedelta(days=20):%Y-%m-%dT%H:%M:%S}"
    archivist = Role.ARCHIVIST
    with live_server(world) as server:
        assert papers(server, "move-due-date", copy_id, later, "--reason", "spring").exit_code != 0
        assert papers(server, "move-due-date", copy_id, later, "--reason", "spring", role=archivist).exit_code == 0
        assert later[:10] in papers(server, "owed").output
        granted = papers(server, "grant-exception", branch, later, "--reason", "audit", role=archivist)
        assert granted.exit_code == 0, granted.output
        assert f"{granted.output.splitlines()[-1]}  open" in papers(server, "exceptions").output
        assert papers(server, "write-off", copy_id, "--kept", "--reason", "ours", role=archivist).exit_code == 0
        assert copy_id not in papers(server, "owed").output
        assert "kept" in papers(server, "owed", "--shown", "left").output
