"""Sealed objects: read back as what they were, and refused when anything about them is another thing."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.foundation.errors import Unavailable
from printserver.storage import sealed
from printserver.storage.sealed import (
    CHUNK,
    Belonging,
    Sealed,
    SealedNotGenuine,
    seal,
    seal_apart,
    unseal,
    unseal_apart,
)
from tests.key_wrapping import SoftwareKeyWrapper

OURS = Belonging(UUID(int=1), "identity-evidence", UUID(int=2))
SECRET = b"passport of somebody " * 20
KINDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40)
BELONGINGS = st.builds(Belonging, st.uuids(), KINDS, st.uuids())


@pytest.fixture
def keys() -> SoftwareKeyWrapper:
    return SoftwareKeyWrapper()


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> int:
    """Chunks of 16 bytes, so that many borders are met with few bytes."""
    monkeypatch.setattr(sealed, "CHUNK", 16)
    return 16


@given(data=st.binary(max_size=5_000), belongs=BELONGINGS)
def test_what_was_sealed_is_read_back(data: bytes, belongs: Belonging):
    keys = SoftwareKeyWrapper()
    blob = seal(data, belongs, keys)
    assert unseal(blob, belongs, keys) == data
    assert data not in blob or len(data) < 8


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_sizes_at_the_borders_of_chunks_are_read_back(keys: SoftwareKeyWrapper, size: int):
    data = bytes(size)
    assert unseal(seal(data, OURS, keys), OURS, keys) == data


def test_one_byte_changed_anywhere_is_refused(keys: SoftwareKeyWrapper, small_chunks: int):
    blob = seal(SECRET, OURS, keys)
    for at in range(len(blob)):
        changed = bytearray(blob)
        changed[at] ^= 1 << (at % 8)
        with pytest.raises(SealedNotGenuine):
            unseal(bytes(changed), OURS, keys)


@given(data=st.binary(max_size=300), other=BELONGINGS)
def test_an_object_is_read_as_itself_alone(data: bytes, other: Belonging):
    keys = SoftwareKeyWrapper()
    blob = seal(data, OURS, keys)
    if other != OURS:
        with pytest.raises(SealedNotGenuine):
            unseal(blob, other, keys)


@pytest.mark.parametrize("changed", [{"organisation_id": uuid4()}, {"object_id": uuid4()}, {"kind": "archive"}])
def test_the_content_alone_is_bound_to_its_object_too(keys: SoftwareKeyWrapper, changed: dict[str, UUID]):
    """Even where the wrapped key were given out for the other object."""
    blob = seal_apart(SECRET, OURS, keys)
    other = replace(OURS, **changed)  # type: ignore[arg-type]
    moved = Sealed(keys.wrap(keys.unwrap(blob.wrapped_key, OURS), other), blob.content)
    with pytest.raises(SealedNotGenuine):
        unseal_apart(moved, other, keys)


def test_an_object_that_was_cut_is_refused_wherever_it_was_cut(keys: SoftwareKeyWrapper, small_chunks: int):
    blob = seal(SECRET, OURS, keys)
    for size in range(len(blob)):
        with pytest.raises(SealedNotGenuine):
            unseal(blob[:size], OURS, keys)


def test_chunks_that_are_left_out_moved_or_added_are_refused(keys: SoftwareKeyWrapper, small_chunks: int):
    whole = seal_apart(SECRET, OURS, keys)
    step, start = small_chunks + 16, 7
    chunks = [whole.content[at : at + step] for at in range(start, len(whole.content), step)]
    for mixed in (chunks[1:], chunks[:-1], [chunks[1], chunks[0], *chunks[2:]], [*chunks, chunks[-1]], []):
        with pytest.raises(SealedNotGenuine):
            unseal_apart(Sealed(whole.wrapped_key, whole.content[:start] + b"".join(mixed)), OURS, keys)


def test_the_wrapped_key_of_another_object_opens_nothing(keys: SoftwareKeyWrapper):
    one, other = seal_apart(SECRET, OURS, keys), seal_apart(SECRET, OURS, keys)
    with pytest.raises(SealedNotGenuine):
        unseal_apart(Sealed(other.wrapped_key, one.content), OURS, keys)


def test_another_installation_opens_nothing(keys: SoftwareKeyWrapper):
    with pytest.raises(SealedNotGenuine):
        unseal(seal(SECRET, OURS, keys), OURS, SoftwareKeyWrapper())


def test_the_same_data_is_sealed_differently_each_time(keys: SoftwareKeyWrapper):
    one, other = seal_apart(SECRET, OURS, keys), seal_apart(SECRET, OURS, keys)
    assert one.content != other.content
    assert one.wrapped_key != other.wrapped_key


def test_while_the_hsm_is_away_nothing_is_sealed_and_nothing_called_forged(keys: SoftwareKeyWrapper):
    blob = seal(SECRET, OURS, keys)
    keys.away = True
    for attempt in (lambda: seal(SECRET, OURS, keys), lambda: unseal(blob, OURS, keys)):
        with pytest.raises(Unavailable):
            attempt()


@pytest.mark.parametrize("kind", ["", "x" * 41, "identity\0evidence", "身份"])
def test_a_kind_that_could_be_read_in_two_ways_is_no_kind(kind: str):
    with pytest.raises(ValueError):
        replace(OURS, kind=kind)
