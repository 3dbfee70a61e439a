"""`printserver account passkeys` and `remove-passkey` against the real web server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from printserver.organisations.passkey_answers import RelyingParty
from printserver.organisations.passkeys import add_passkey, registration_options
from printserver.organisations.permissions import Role
from printserver.organisations.second_factor import make_recovery_codes
from tests.databases import sqlite_template
from tests.http.live_server import LiveServer, live_server
from tests.passkey import ORIGIN, RP_ID, Passkey
from tests.unit.cli.test_account import command
from tests.world import World, world, world_template

__all__ = ["sqlite_template", "world", "world_template"]

PARTY = RelyingParty(RP_ID, ORIGIN)


@pytest.fixture
def server(world: World) -> Iterator[LiveServer]:
    with live_server(world) as running:
        yield running


def test_passkeys_are_listed_and_removed_after_a_step_up(server: LiveServer):
    world = server.world
    with world.database.work() as work:
        clerk = world.actor(work, Role.CLERK)
        question = registration_options(work, clerk, PARTY, world.secrets, binding="b")
        answer = json.dumps(Passkey().create(question))
        added = add_passkey(work, clerk, PARTY, world.secrets, binding="b", answer=answer, name="phone")
        (code, *_others) = make_recovery_codes(work, world.secrets, clerk)
    assert f"{added.id}  -  phone" in command(server, "account", "passkeys").output
    elsewhere = command(server, "account", "remove-passkey", str(added.id), role=Role.APPROVER)
    assert elsewhere.exit_code != 0
    removed = command(server, "account", "remove-passkey", str(added.id), typed=f"{code}\n")
    assert removed.exit_code == 0, removed.output
    assert str(added.id) not in command(server, "account", "passkeys").output
