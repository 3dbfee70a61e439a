"""The newest key-encryption key wraps, and each wrapped key is opened by the one that it names."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.signer.key_encryption import HsmKeys, Wrapped, label_of
from printserver.signing.errors import KeyEncryptionKeyMissing, WrappedKeyRefused
from printserver.signing.hsm import Hsm, KeyKind
from printserver.signing.token_setup import read_pin
from printserver.storage.sealed import Belonging
from tests.hsm_token import make_empty_token

KEY = bytes(range(32))
BELONGS = Belonging(uuid4(), "identity-number", uuid4())


@pytest.fixture
def hsm(tmp_path: Path) -> Iterator[Hsm]:
    """A token that holds the first generation."""
    settings, pin_file = make_empty_token(tmp_path / "token")
    opened = Hsm(settings, pin=read_pin(pin_file))
    make(opened, 1)
    yield opened
    opened.close()


def make(hsm: Hsm, number: int) -> None:
    hsm.generate_key(label_of(number), KeyKind.AES_256, secrets.token_bytes(8))


def test_the_newest_wraps_and_what_earlier_ones_wrapped_is_opened_as_long_as_they_are_there(hsm: Hsm):
    keys = HsmKeys(hsm)
    unnamed = hsm.wrap("key-encryption", KEY + BELONGS.digest)
    first = keys.wrap(KEY, BELONGS)
    for number in (2, 10):
        make(hsm, number)
    newest = keys.wrap(KEY, BELONGS)
    assert [Wrapped.of(each).generation for each in (unnamed, first, newest)] == [1, 1, 10]
    assert [keys.unwrap(each, BELONGS) for each in (unnamed, first, newest)] == [KEY] * 3
    assert keys.generations() == [1, 2, 10]
    hsm.delete_key("key-encryption")
    assert keys.unwrap(newest, BELONGS) == KEY
    for lost in (unnamed, first):
        with pytest.raises(KeyEncryptionKeyMissing, match="restore the token's backup"):
            keys.unwrap(lost, BELONGS)


def test_a_wrapped_key_that_names_another_generation_than_its_own_is_refused(hsm: Hsm):
    keys = HsmKeys(hsm)
    first = Wrapped.of(keys.wrap(KEY, BELONGS))
    make(hsm, 2)
    with pytest.raises(WrappedKeyRefused):
        keys.unwrap(bytes(replace(first, generation=2)), BELONGS)
    for number in (0, 3, 65_535):
        with pytest.raises(KeyEncryptionKeyMissing):
            keys.unwrap(bytes(replace(first, generation=number)), BELONGS)
    assert keys.unwrap(bytes(first), BELONGS) == KEY


def test_a_process_that_runs_wraps_with_a_key_that_another_one_has_just_made(hsm: Hsm, tmp_path: Path):
    """So that the signer, which runs during a ceremony, does not go on with the old one."""
    other_module = tmp_path / "another-libsofthsm2.so"
    shutil.copy(tmp_path / "token" / "libsofthsm2.so", other_module)
    running, earlier = HsmKeys(hsm), HsmKeys(hsm).wrap(KEY, BELONGS)
    settings = replace(hsm._settings, module=other_module)
    ceremony = Hsm(settings, pin=read_pin(tmp_path / "token" / "pin"))
    make(ceremony, 2)
    assert Wrapped.of(running.wrap(KEY, BELONGS)).generation == 2
    ceremony.delete_key("key-encryption")
    ceremony.close()
    assert running.unwrap(running.wrap(KEY, BELONGS), BELONGS) == KEY
    assert running.generations() == [2]
    with pytest.raises(KeyEncryptionKeyMissing):
        HsmKeys(hsm).unwrap(earlier, Belonging(BELONGS.organisation_id, "archive", uuid4()))


@given(st.integers(1, 65_535), st.integers(0, 20).map(lambda words: bytes(8 * words)))
def test_a_named_key_reads_as_it_was_written_and_an_unnamed_one_is_the_first_generations(number: int, octets: bytes):
    assert Wrapped.of(bytes(Wrapped(number, octets))) == Wrapped(number, octets)
    assert Wrapped.of(octets) == Wrapped(1, octets)


@given(st.binary(max_size=160))
def test_whatever_is_given_is_read_as_something(given_bytes: bytes):
    read = Wrapped.of(given_bytes)
    assert given_bytes in (bytes(read), read.octets)
    magic_of_eight = b"PSW1" + given_bytes[: 8 * (len(given_bytes) // 8)] + bytes(4)
    assert Wrapped.of(magic_of_eight) == Wrapped(1, magic_of_eight)
