"""Published key lists are kept, each names the one before, and a gap or an exchange shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from printserver.signing.errors import KeyListRefused
from printserver.signing.key_list import build_key_list
from printserver.signing.key_list_history import keep_list, kept_list, read_history
from printserver.signing.published_key import KeyUsage
from tests.hsm_token import NOT_BEFORE, HsmToken

WHY = "lost by its officer"


@pytest.fixture
def lists(hsm_token: HsmToken) -> list[bytes]:
    made: list[bytes] = []
    keys = hsm_token.key_list.keys
    for sequence in (1, 2, 3):
        at = NOT_BEFORE + timedelta(days=sequence)
        if sequence == 3:
            keys = tuple(key.revoked(at, WHY) if key.usage is KeyUsage.CODE else key for key in keys)
        made.append(
            build_key_list(
                issuer="示例公司",
                sequence=sequence,
                issued_at=at,
                root_certificate=hsm_token.root.certificate,
                sign=hsm_token.root.sign,
                keys=keys,
                previous=made[-1] if made else None,
            )
        )
    return made


def test_the_chain_leads_from_the_newest_to_the_first_with_what_was_revoked_and_why(
    hsm_token: HsmToken, lists: list[bytes], tmp_path: Path
):
    paths = [keep_list(tmp_path / "kept", data) for data in (*lists, lists[0])]
    assert len(set(paths)) == 3
    history = read_history(tmp_path / "kept", lists[-1], root_fingerprint=hsm_token.root.fingerprint)
    assert [kept.sequence for kept in history] == [3, 2, 1]
    digests = [sha256(data).hexdigest() for data in reversed(lists)]
    assert [kept.sha256 for kept in history] == digests
    assert [kept.previous_sha256 for kept in history] == [*digests[1:], None]
    assert [kept_list(tmp_path / "kept", kept.name) for kept in history] == lists[::-1]
    (revoked,) = history[0].revoked
    assert (revoked.key_id, revoked.reason) == (hsm_token.key_id(KeyUsage.CODE), WHY)
    assert [kept.revoked for kept in history[1:]] == [(), ()]


def test_an_installation_without_history_has_its_one_list(hsm_token: HsmToken, lists: list[bytes], tmp_path: Path):
    (only,) = read_history(tmp_path / "none", lists[0], root_fingerprint=hsm_token.root.fingerprint)
    assert only.sequence == 1


def test_a_list_that_is_missing_exchanged_or_newer_breaks_the_chain(
    hsm_token: HsmToken, lists: list[bytes], tmp_path: Path
):
    fingerprint = hsm_token.root.fingerprint
    for number, kept in enumerate(([lists[0], lists[2]], [lists[1], lists[2]])):
        for data in kept:
            keep_list(tmp_path / str(number), data)
    with pytest.raises(KeyListRefused, match="missing"):
        read_history(tmp_path / "0", lists[2], root_fingerprint=fingerprint)
    with pytest.raises(KeyListRefused, match="newer"):
        read_history(tmp_path / "1", lists[1], root_fingerprint=fingerprint)
    other = build_key_list(
        issuer="示例公司",
        sequence=2,
        issued_at=NOT_BEFORE + timedelta(days=2),
        root_certificate=hsm_token.root.certificate,
        sign=hsm_token.root.sign,
        keys=[replace(key, certificate=None) for key in hsm_token.key_list.keys],
    )
    keep_list(tmp_path / "2", other)
    with pytest.raises(KeyListRefused, match="names another one"):
        read_history(tmp_path / "2", lists[2], root_fingerprint=fingerprint)
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / "2026-01-01.0001.json").write_bytes(lists[0].replace(b"1", b"2"))
    with pytest.raises(KeyListRefused):
        read_history(tmp_path / "3", lists[2], root_fingerprint=fingerprint)


@pytest.mark.parametrize("name", ["", "..", "../print-keys.json", "2026-01-01.0001.json", "history.json", "%2e"])
def test_no_other_file_can_be_asked_for(tmp_path: Path, name: str):
    with pytest.raises(FileNotFoundError):
        kept_list(tmp_path, name)
