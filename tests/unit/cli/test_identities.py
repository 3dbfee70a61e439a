"""`printserver identities …`, as a person with a token; the server answers in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update
from typer.testing import CliRunner, Result

from printserver.cli.client import TOKEN_FILE_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE
from printserver.cli.main import app
from printserver.organisations.identity_proof import ProofAction
from printserver.organisations.identity_proof_models import IdentityProof
from printserver.organisations.identity_proof_steps import ProofStep, take_proof_step
from printserver.organisations.permissions import Role
from tests.databases import sqlite_template
from tests.http.identity_things import CITIZEN, identity_at
from tests.http.live_server import LiveServer, live_server
from tests.world import World, world, world_template
from tests.world_building import PASSWORD, Office

__all__ = ["sqlite_template", "world", "world_template"]

Command = Callable[..., Result]


@pytest.fixture
def server(world: World) -> Iterator[LiveServer]:
    with live_server(world) as running:
        yield running


@pytest.fixture
def command(server: LiveServer) -> Command:
    """`command(Role.CLERK, "list")`; whoever is asked who they are shows their password."""

    def run(role: Role, *arguments: object, office: Office | None = None) -> Result:
        token = server.world.person(role, office).token
        environment = {URL_VARIABLE: server.url, TOKEN_VARIABLE: token, TOKEN_FILE_VARIABLE: ""}
        return CliRunner().invoke(app, ["identities", *map(str, arguments)], env=environment, input=f"{PASSWORD}\n")

    return run


def test_a_proof_is_listed_shown_without_its_number_and_erased_by_two_administrators(command: Command, world: World):
    proof = identity_at(world).proof
    administrator, head = Role.SYSTEM_ADMINISTRATOR, world.home.head
    listed = command(administrator, "list", "--state", "submitted")
    assert (listed.exit_code, str(proof) in listed.output) == (0, True), listed.output
    assert str(proof) not in command(administrator, "list", "--state", "due").output
    assert str(proof) not in command(Role.AUDITOR, "list").output
    assert command(Role.AUDITOR, "show", proof).exit_code == 2
    shown = command(Role.CLERK, "show", proof).output
    assert "state: submitted" in shown
    assert "number_masked: 1101**********002X" in shown
    assert CITIZEN not in shown
    assert command(administrator, "ask-erasure", proof).exit_code == 2
    with world.database.work() as work:
        withdrawal = ProofStep(ProofAction.WITHDRAW, remark="I am leaving")
        take_proof_step(work, world.actor(work, Role.CLERK), proof, withdrawal)
        long_ago = work.now() - timedelta(days=31)
        work.session.execute(update(IdentityProof).where(IdentityProof.id == proof).values(ended_at=long_ago))
    assert command(Role.CLERK, "ask-erasure", proof).exit_code == 2
    assert "erasure_asked_by" in command(administrator, "ask-erasure", proof).output
    assert command(administrator, "erase", proof).exit_code == 2
    assert command(administrator, "drop-erasure", proof, office=head).exit_code == 0
    assert command(administrator, "erase", proof, office=head).exit_code == 2
    assert command(administrator, "ask-erasure", proof).exit_code == 0
    assert "state: withdrawn" in command(administrator, "show", proof).output
    erased = command(administrator, "erase", proof, office=head).output
    assert "state: erased" in erased
    assert "李四" not in erased
