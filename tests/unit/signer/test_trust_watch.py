"""The signer starts anew when what it read at its start has changed, and lists of stopped keys are never guessed."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from printserver.settings import Settings
from printserver.signer.stopped_keys import read_stopped_keys, stop_key
from printserver.signer.trust_watch import state_of, watch_trust
from printserver.signing.certificate_files import replace_file
from printserver.signing.errors import TrustFileRefused


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path)
    for folder in (made.key_list.parent, made.signer_home, made.imported_certificates):
        folder.mkdir()
    made.key_list.write_bytes(b"{}")
    return made


@pytest.mark.parametrize("what", ["key_list", "root_revocation_list", "stopped_keys", "pin_file"])
def test_a_changed_file_ends_the_signer(settings: Settings, what: str):
    stop = threading.Event()
    thread = watch_trust(settings, stop, every_seconds=0.01)
    assert not stop.wait(0.1)
    replace_file(getattr(settings, what), b"changed")
    assert stop.wait(5)
    thread.join()


def test_an_imported_chain_counts_as_a_change(settings: Settings):
    before = state_of(settings)
    replace_file(settings.imported_certificates / "0a1b2c3d.pem", b"chain")
    assert state_of(settings) != before


def test_stopped_keys_only_grow(settings: Settings):
    assert read_stopped_keys(settings.stopped_keys) == frozenset()
    stop_key(settings.stopped_keys, "0a1b2c3d")
    stop_key(settings.stopped_keys, "ffffffff")
    assert read_stopped_keys(settings.stopped_keys) == {"0a1b2c3d", "ffffffff"}
    assert settings.stopped_keys.stat().st_mode & 0o777 == 0o600


def test_a_damaged_list_of_stopped_keys_does_not_count_as_empty(settings: Settings):
    settings.stopped_keys.write_text("0a1b2c3d\nnonsense\n")
    with pytest.raises(TrustFileRefused):
        read_stopped_keys(settings.stopped_keys)
