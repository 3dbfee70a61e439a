"""`printserver account` and `printserver service-accounts` against the real web server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from printserver.cli.client import STEP_UP_VARIABLE, TOKEN_FILE_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE
from printserver.cli.main import app
from printserver.cli.web import serve
from printserver.foundation.errors import IntegrityError
from printserver.organisations.permissions import Permission, Role
from printserver.organisations.tokens import person_of_token
from tests.databases import sqlite_template
from tests.http.live_server import LiveServer, live_server
from tests.world import World, world, world_template
from tests.world_building import PASSWORD, cheap_passwords

__all__ = ["sqlite_template", "world", "world_template"]

ADMINISTRATOR = Role.SYSTEM_ADMINISTRATOR
NEW = "several words of mine"


@pytest.fixture
def server(world: World) -> Iterator[LiveServer]:
    with cheap_passwords(), live_server(world) as running:
        yield running


def command(server: LiveServer, *words: str, role: Role = Role.CLERK, typed: str = "", step_up: str = "") -> Result:
    token = server.world.person(role).token
    environment = {URL_VARIABLE: server.url, TOKEN_VARIABLE: token, TOKEN_FILE_VARIABLE: "", STEP_UP_VARIABLE: step_up}
    return CliRunner().invoke(app, list(words), env=environment, input=typed)


def spoken(result: Result) -> list[str]:
    """What the command said, without the server's own log, which runs in the same process here."""
    return [line for line in result.output.splitlines() if not line.startswith("{")]


def test_a_password_is_changed_without_any_token(server: LiveServer):
    login = server.world.person(Role.CLERK).login
    wrong = command(server, "account", "password", login, typed=f"wrong\n\n{NEW}\n{NEW}\n")
    assert (wrong.exit_code, "sign-in-refused" in wrong.output) == (2, True)
    assert command(server, "account", "password", login, typed=f"{PASSWORD}\n\n{NEW}\n{NEW}\n").exit_code == 0
    again = command(server, "account", "step-up", typed=f"{PASSWORD}\n")
    assert (again.exit_code, "step-up-refused" in again.output) == (2, True)


def test_sessions_are_listed_and_ended(server: LiveServer):
    first, second = server.session(Role.CLERK), server.session(Role.CLERK)
    listed = spoken(command(server, "account", "sessions"))
    assert len(listed) == 2
    assert command(server, "account", "sign-out", listed[0].split()[0]).exit_code == 0
    assert command(server, "account", "sign-out").exit_code == 0
    for session in (first, second):
        assert server.ask("/api/v1/me", server.cookie(session)).status_code == 401


def test_a_program_gets_its_token_after_one_step_up_for_several_commands(server: LiveServer):
    branch = str(server.world.home.north.branch_id)
    shown = command(server, "account", "step-up", role=ADMINISTRATOR, typed=f"{PASSWORD}\n")
    step_up = next(line for line in shown.output.splitlines() if line[:10].isdigit())
    words = ("service-accounts", "create", "OA", "--branch", branch, "--role", "clerk")
    (account,) = spoken(command(server, *words, role=ADMINISTRATOR, step_up=step_up))
    wish = ("service-accounts", "token", account, "--scope", "read-requests")
    made = command(server, *wish, role=ADMINISTRATOR, step_up=step_up)
    token = next(line for line in made.output.splitlines() if line.startswith("ps_"))
    with server.world.database.reading() as work:
        program = person_of_token(work, server.world.secrets, token)
    assert program.may(Permission.READ_REQUESTS)
    assert not program.may(Permission.CREATE_REQUEST)
    assert "1 tokens" in command(server, "service-accounts", "list", role=ADMINISTRATOR).output
    assert command(server, "service-accounts", "close", account, role=ADMINISTRATOR).exit_code == 0


def test_two_people_print_one_half_each_of_an_approvers_password(server: LiveServer):
    approver = str(server.world.person(Role.APPROVER).id)
    words = ("account", "reset", approver, "--reason", "forgotten")
    assert "first half" in command(server, *words, role=ADMINISTRATOR, typed=f"{PASSWORD}\n").output
    waiting = spoken(command(server, "account", "resets", role=Role.KEY_OFFICER))[0].split()[0]
    finish = ("account", "complete-reset", waiting)
    done = command(server, *finish, role=Role.KEY_OFFICER, typed=f"{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert "not-found" in command(server, *finish, role=Role.KEY_OFFICER, typed=f"{PASSWORD}\n").output


def test_a_server_without_its_secret_does_not_start(world: World):
    world.adapters.settings.web_secret.unlink()
    with pytest.raises(IntegrityError):
        serve(world.adapters.settings)
