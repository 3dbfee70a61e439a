"""The secret outside the database: its file, and what it binds."""

from __future__ import annotations

import stat
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.organisations.secrets import OCTETS, Purpose, Secrets, SecretsDamaged

KNOWN = Secrets(bytes(OCTETS))
PARTS = st.lists(st.text(max_size=20), max_size=4)


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path):
    file = tmp_path / "secret"
    made = Secrets.make(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Secrets.load(file).root == made.root
    with pytest.raises(FileExistsError):
        Secrets.make(file)
    assert Secrets.load(file).root == made.root
    assert Secrets.make(tmp_path / "another").root != made.root


def test_a_secret_that_others_can_read_is_not_used(tmp_path: Path):
    file = tmp_path / "secret"
    Secrets.make(file)
    file.chmod(0o640)
    with pytest.raises(SecretsDamaged):
        Secrets.load(file)


@pytest.mark.parametrize("octets", [0, 16, 31, 33])
def test_a_cut_or_missing_secret_is_no_secret(tmp_path: Path, octets: int):
    file = tmp_path / "secret"
    with pytest.raises(SecretsDamaged):
        Secrets.load(file)
    file.write_bytes(bytes(octets))
    file.chmod(0o600)
    with pytest.raises(SecretsDamaged):
        Secrets.load(file)


def test_the_secret_is_not_shown():
    assert "root" not in repr(Secrets(b"x" * OCTETS))


@given(PARTS, PARTS)
def test_parts_do_not_run_into_each_other(first: list[str], second: list[str]):
    same = KNOWN.mac(Purpose.SESSION, *first) == KNOWN.mac(Purpose.SESSION, *second)
    assert same is (first == second)


@given(PARTS)
def test_a_mac_counts_for_its_purpose_and_its_secret_alone(parts: list[str]):
    mac = KNOWN.mac(Purpose.SESSION, *parts)
    assert KNOWN.vouches(mac, Purpose.SESSION, *parts)
    assert not KNOWN.vouches(mac, Purpose.API_TOKEN, *parts)
    assert not Secrets(b"\x01" * OCTETS).vouches(mac, Purpose.SESSION, *parts)
    assert not KNOWN.vouches(None, Purpose.SESSION, *parts)


@given(st.binary(max_size=100))
def test_what_is_encrypted_is_read_back_for_its_account_alone(data: bytes):
    own = uuid4()
    sealed = KNOWN.encrypt(Purpose.TOTP_SEED, own, data)
    assert KNOWN.decrypt(Purpose.TOTP_SEED, own, sealed) == data
    for secrets, purpose, account in (
        (KNOWN, Purpose.TOTP_SEED, uuid4()),
        (KNOWN, Purpose.ACCESS_RESET, own),
        (Secrets(b"\x01" * OCTETS), Purpose.TOTP_SEED, own),
    ):
        with pytest.raises(SecretsDamaged):
            secrets.decrypt(purpose, account, sealed)


@pytest.mark.parametrize("text", ["", "x", "AAAA", "not base64 at all"])
def test_what_was_not_encrypted_here_is_not_read(text: str):
    with pytest.raises(SecretsDamaged):
        KNOWN.decrypt(Purpose.TOTP_SEED, uuid4(), text)
