"""`printserver people …` and its neighbours against the real web server, as a person with a token."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from printserver.cli.client import TOKEN_FILE_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE
from printserver.cli.main import app
from printserver.organisations.permissions import Role
from tests.databases import sqlite_template
from tests.http.live_server import LiveServer, live_server
from tests.world import World, world, world_template
from tests.world_building import PASSWORD, cheap_passwords

__all__ = ["sqlite_template", "world", "world_template"]

Command = Callable[..., Result]
ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture
def server(world: World) -> Iterator[LiveServer]:
    with cheap_passwords(), live_server(world) as running:
        yield running


@pytest.fixture
def command(server: LiveServer) -> Command:
    """Runs `printserver …` as somebody of the head office, who types the password when asked."""

    def run(*arguments: object, role: Role = Role.SYSTEM_ADMINISTRATOR, typed: str = f"{PASSWORD}\n") -> Result:
        token = server.world.home.head.staff[role].token
        environment = {URL_VARIABLE: server.url, TOKEN_VARIABLE: token, TOKEN_FILE_VARIABLE: ""}
        return CliRunner().invoke(app, [*map(str, arguments)], env=environment, input=typed)

    return run


def registered(command: Command, world: World) -> str:
    """The id of a person of the north."""
    made = command(
        *("people", "register", "--branch", world.home.north.branch_id, "--name", "李慧"),
        *("--staff-number", "77", "--login", "lihui"),
    )
    match = re.search(rf"({ID})  lihui  first password: \S+", made.output)
    assert match is not None, made.output
    return match[1]


def test_a_person_is_registered_given_a_role_frozen_and_let_go(command: Command, world: World):
    person = registered(command, world)
    north = world.home.north.branch_id
    assert "done" in command("people", "grant", person, "archivist", "--branch", north).output
    assert "waits for the officers" in command("people", "grant", person, "approver", "--branch", north).output
    shown = command("people", "show", person).output
    right = re.search(rf"right: ({ID})  archivist @ north", shown)
    assert right is not None
    assert "done" in command("people", "end-right", right[1], "--reason", "no longer").output
    assert "done" in command("people", "freeze", person, "--reason", "lost phone").output
    assert person in command("people", "list", "--state", "frozen").output
    assert "done" in command("people", "unfreeze", person, "--reason", "found").output
    south = world.home.south.branch_id
    assert "done" in command("people", "move", person, "--branch", south, "--reason", "new job").output
    assert "done" in command("people", "leave", person, "--reason", "retired").output
    assert "state: left" in command("people", "show", person).output


def test_what_a_leaver_leaves_behind_is_shown_before_anything_is_done(command: Command, world: World):
    custodian = world.person(Role.CUSTODIAN).id
    assert "contract seal of north  kept by nobody else" in command("people", "leave", custodian).output
    assert "state: active" in command("people", "show", custodian).output


def test_a_wrong_password_gives_nothing(command: Command, world: World):
    person = registered(command, world)
    refused = command("people", "grant", person, "archivist", "--branch", world.home.north.branch_id, typed="wrong\n")
    assert refused.exit_code == 2
    assert "right:" not in command("people", "show", person).output


def test_a_table_is_planned_then_imported(command: Command, tmp_path: Path):
    table = tmp_path / "staff.csv"
    table.write_text("staff number,name,login,branch\n8001,Zhao,zhao,north\n8002,Qian,qian,nowhere\n", "utf-8")
    wrong = command("people", "plan-import", table)
    assert wrong.exit_code == 1
    assert "branch: you administer no open branch nowhere" in wrong.output
    table.write_text("staff number,name,login,branch\n8001,Zhao,zhao,north\n", "utf-8")
    plan = re.search(r"plan: ([0-9a-f]{64})", command("people", "plan-import", table).output)
    assert plan is not None
    assert "zhao  first password:" in command("people", "import", table, "--plan", plan[1]).output
    assert "staff-plan-changed" in command("people", "import", table, "--plan", plan[1]).output


def test_branches_roles_rights_and_deputies_are_listed_and_changed(command: Command, world: World, tmp_path: Path):
    north = world.home.north.branch_id
    made = re.search(ID, command("branches", "create", "counter", "--parent", north).output.splitlines()[-1])
    assert made is not None
    south = world.home.south.branch_id
    assert "done" in command("branches", "move", made[0], "--parent", south, "--reason", "merged").output
    assert "counter" in command("branches", "list").output
    names = ("--name-zh", "前台", "--name-en", "front desk")
    assert re.search(ID, command("roles", "create", "front-desk", *names, "--permission", "read-returns").output)
    assert "front-desk  read-returns" in command("roles", "list").output
    assert "clerk @" not in command("rights", "list").output
    file = tmp_path / "rights.csv"
    command("rights", "table", file)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    reviewer = {"role": Role.SEAL_ADMINISTRATOR}
    assert re.search(ID, command("rights", "review", "2026", **reviewer).output)
    assert "2026  open" in command("rights", "reviews", **reviewer).output
    deputy = world.home.south.staff[Role.APPROVER].id
    days = ("--since", "2026-12-01T00:00:00Z", "--until", "2026-12-05T00:00:00Z")
    named = command("deputies", "name", deputy, "approver", *days, role=Role.APPROVER)
    assert "statement:" in named.output
    assert command("deputies", "list", role=Role.APPROVER).exit_code == 0
    assert command("people", "dormant").exit_code == 0
