"""Two officers open a backup, one alone nothing; what was changed or mistyped is refused."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.signing.backup_parts import MAGIC, BackupKey, new_part, part_name, read_part, unlock
from printserver.signing.errors import BackupRefused

PARTS = tuple(read_part(new_part()) for _ in range(4))


@given(content=st.binary(max_size=500), count=st.integers(2, 4))
def test_any_two_parts_open_it_in_any_order(content: bytes, count: int):
    key = BackupKey.new()
    backup = key.lock("keys", content, PARTS[:count])
    assert content not in backup or len(content) < 8
    for one, other in combinations(PARTS[:count], 2):
        for given_parts in ((one, other), (other, one)):
            opened = unlock(backup, given_parts)
            assert (opened.kind, opened.content, opened.key) == ("keys", content, key)


def test_one_part_twice_or_strangers_parts_open_nothing():
    backup = BackupKey.new().lock("keys", b"content", PARTS[:2])
    for wrong in ((), PARTS[:1], (PARTS[0], PARTS[0]), PARTS[2:], (PARTS[0], PARTS[2])):
        with pytest.raises(BackupRefused):
            unlock(backup, wrong)


@pytest.mark.parametrize("parts", [(), PARTS[:1], (PARTS[0], PARTS[0]), PARTS * 3])
def test_a_backup_that_one_officer_could_open_is_not_made(parts: tuple[bytes, ...]):
    with pytest.raises(BackupRefused):
        BackupKey.new().lock("keys", b"content", parts)


def test_one_bit_changed_anywhere_is_refused():
    backup = BackupKey.new().lock("keys", b"content", PARTS[:2])
    for at in range(len(backup)):
        changed = bytearray(backup)
        changed[at] ^= 1 << (at % 8)
        with pytest.raises(BackupRefused):
            unlock(bytes(changed), PARTS[:2])


def test_a_backup_that_was_cut_is_refused():
    backup = BackupKey.new().lock("keys", b"content", PARTS[:2])
    for size in range(len(backup)):
        with pytest.raises(BackupRefused):
            unlock(backup[:size], PARTS[:2])


@given(st.binary(max_size=200))
def test_rubbish_is_refused_as_no_backup(rubbish: bytes):
    for text in (rubbish, MAGIC + rubbish):
        with pytest.raises(BackupRefused):
            unlock(text, PARTS[:2])


def test_a_mistyped_part_is_refused():
    text = new_part()
    assert read_part(f" {text}\n") == read_part(text)
    letters = text.split()[1]
    for at, letter in enumerate(letters):
        other = letters[:at] + ("A" if letter != "A" else "B") + letters[at + 1 :]
        with pytest.raises(BackupRefused):
            read_part(text.replace(letters, other))
    for wrong in ("", "PSPART1", text[:-1], text.lower()):
        with pytest.raises(BackupRefused):
            read_part(wrong)


def test_a_parts_name_says_nothing_that_opens():
    assert len({part_name(part) for part in PARTS}) == len(PARTS)
    assert all(part_name(part) not in part.hex() for part in PARTS)
