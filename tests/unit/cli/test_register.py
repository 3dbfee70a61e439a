"""`printserver register`: what the signer believes, in words, and whether its signed words still carry it."""

from __future__ import annotations

from pathlib import Path

import pytest

from printserver.cli.register import show, verify
from printserver.organisations.models import User
from printserver.organisations.permissions import Role
from printserver.signing.errors import RegisterBroken
from printserver.signing.statements import StatementKind
from tests.databases import postgresql_supply, sqlite_template
from tests.flows.refusing import by_sql, change
from tests.signing_world import SigningWorld, ceremony, signing_worlds, sqlite_signing_world
from tests.statement_steps import newcomer, registered, seat_of
from tests.world_building import Office

__all__ = ["ceremony", "postgresql_supply", "signing_worlds", "sqlite_signing_world", "sqlite_template"]
K = StatementKind


@pytest.fixture
def signed(sqlite_signing_world: SigningWorld) -> SigningWorld:
    registered(sqlite_signing_world, K.SEAT, seat_of(sqlite_signing_world, newcomer(sqlite_signing_world)))
    registered(sqlite_signing_world, K.SEAL_STOP, {"seal_id": str(north(sqlite_signing_world).seal_id)})
    return sqlite_signing_world


def north(signed: SigningWorld) -> Office:
    return signed.world.home.north


def test_it_says_who_sits_where_and_how_seals_stand(signed: SigningWorld, capsys: pytest.CaptureFixture[str]):
    show(signed.settings)
    said = capsys.readouterr().out
    assert "approver at head office / north: archivist-north-1" in said
    assert "suspended, custodian-north-1" in said
    assert "general v1: approval (1)" in said
    assert "officers sign with: attested" in said


def test_a_name_changed_by_sql_does_not_change_the_identifier(signed: SigningWorld, capsys: pytest.CaptureFixture[str]):
    person = signed.world.person(Role.APPROVER).id
    by_sql(signed, change(User, id=person, name="the chairman"))
    show(signed.settings)
    assert f"the chairman {person}" in capsys.readouterr().out


def test_every_statement_is_judged_again(signed: SigningWorld, capsys: pytest.CaptureFixture[str]):
    assert verify(signed.settings)
    assert ", 0 do not hold" in capsys.readouterr().out


def test_the_running_signer_is_not_disturbed_and_an_edited_file_is_refused(signed: SigningWorld):
    file: Path = signed.settings.register
    before = file.read_bytes()
    show(signed.settings)
    assert file.read_bytes() == before
    assert signed.register.standing(signed.world.home.number).seats
    file.write_bytes(before.replace(b'"approver"', b'"approves"'))
    with pytest.raises(RegisterBroken):
        verify(signed.settings)
