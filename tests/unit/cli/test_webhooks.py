"""Webhooks from the command line, by the API of a server that runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from printserver.cli.client import TOKEN_VARIABLE, URL_VARIABLE
from printserver.cli.main import app
from printserver.http_edge.live import LiveLimits
from printserver.notifications.secret_box import SecretBox
from printserver.organisations.permissions import Role
from tests.databases import sqlite_template
from tests.http.live_server import LiveServer, live_server
from tests.world import World, world, world_template

__all__ = ["sqlite_template", "world", "world_template"]


@pytest.fixture
def server(world: World) -> Iterator[LiveServer]:
    settings = world.adapters.settings
    for file in (settings.webhook_key, settings.webhook_public_key):
        file.parent.mkdir(parents=True, exist_ok=True)
    SecretBox.load_or_make(settings.webhook_key, settings.webhook_public_key)
    with live_server(world, LiveLimits()) as running:
        yield running


def command(server: LiveServer, *arguments: str) -> Result:
    token = server.world.person(Role.SYSTEM_ADMINISTRATOR).token
    return CliRunner().invoke(app, ["webhooks", *arguments], env={URL_VARIABLE: server.url, TOKEN_VARIABLE: token})


def test_a_webhook_is_made_listed_tested_and_its_secret_renewed(server: LiveServer):
    assert "copy.printed" in command(server, "event-types").stdout.splitlines()
    branch = str(server.world.home.north.branch_id)
    options = ("--name", "OA", "--branch", branch, "--event", "copy.printed", "--event", "copy.void")
    made = command(server, "create", "https://oa.example.com/hooks", *options)
    assert made.exit_code == 0, made.output
    webhook_id, secret = made.stdout.split()
    assert secret.startswith("psw_")
    assert f"{webhook_id}  active  OA  https://oa.example.com/hooks" in command(server, "list").stdout
    delivery = command(server, "test", webhook_id).stdout.strip()
    assert f"{delivery}  pending  webhook.test  0  -" in command(server, "deliveries", webhook_id).stdout
    assert command(server, "renew-secret", webhook_id).stdout.strip() not in ("", secret)
    assert command(server, "again", delivery).exit_code != 0


def test_an_address_inside_is_refused(server: LiveServer):
    branch = str(server.world.home.north.branch_id)
    refused = command(server, "create", "https://10.0.0.1/", "--name", "x", "--branch", branch, "--event", "copy.void")
    assert refused.exit_code != 0
    assert "psw_" not in refused.output
