"""Backups of keys, whole and wrapped: what two officers open holds all keys, and nothing less opens it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from printserver.settings import Settings
from printserver.signer.ceremony_plan import CeremonyPlan
from printserver.signer.key_ceremony import hold
from printserver.signer.key_recovery import (
    Opening,
    back_up_keys,
    back_up_token,
    drill,
    missing_keys,
    restore_token,
    restored_token,
)
from printserver.signer.key_wrapping import take_in, wrapped_keys
from printserver.signer.keys import KEY_ENCRYPTION_LABEL
from printserver.signer.tokens import open_hsm
from printserver.signing.backup_parts import new_part, read_part
from printserver.signing.errors import BackupRefused, HsmKeyExists, TokenSetupRefused
from printserver.signing.hsm import Hsm, KeyKind
from printserver.signing.key_list import KeyList
from printserver.signing.token_setup import read_pin
from tests.hsm_token import make_empty_token
from tests.signing_world import PLAN, ceremony_settings, key_list_of

PARTS = tuple(read_part(new_part()) for _ in range(3))
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LOST = Opening(parts=PARTS[1:])


@dataclass
class Held:
    """An installation after its ceremony, and what a key of its token wrapped."""

    settings: Settings
    key_list: KeyList
    wrapped: bytes

    def drilled(self, hsm: Hsm) -> None:
        """All listed keys are there and sign, and the key for storage opens what it wrapped."""
        assert {each.problem for each in drill(hsm, self.key_list)} == {""}
        assert missing_keys(hsm, self.key_list) == ()
        assert hsm.unwrap(KEY_ENCRYPTION_LABEL, self.wrapped) == bytes(64)

    def empty(self, folder: Path) -> Settings:
        """Another machine: the same settings and lists, no token."""
        (folder / "signer").mkdir(parents=True)
        return self.settings.model_copy(update={"home": folder})


@pytest.fixture(scope="module")
def wrappable(tmp_path_factory: pytest.TempPathFactory) -> Held:
    return made(tmp_path_factory.mktemp("keys") / "home", wrappable=True)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Held:
    return made(tmp_path_factory.mktemp("keys") / "home", wrappable=False)


@pytest.fixture(params=["kept", "wrappable"])
def either(request: pytest.FixtureRequest) -> Held:
    held: Held = request.getfixturevalue(request.param)
    return held


def made(home: Path, *, wrappable: bool) -> Held:
    settings = ceremony_settings(home)
    hold(settings, CeremonyPlan.model_validate({**PLAN, "trust": {**PLAN["trust"], "wrappable": wrappable}}), NOW)
    hsm = open_hsm(settings)
    wrapped = hsm.wrap(KEY_ENCRYPTION_LABEL, bytes(64))
    hsm.close()
    return Held(settings, key_list_of(settings), wrapped)


@pytest.fixture
def token(wrappable: Held) -> Iterator[Hsm]:
    hsm = open_hsm(wrappable.settings)
    yield hsm
    hsm.close()


def test_wrapped_keys_are_drilled_in_a_fresh_token_and_production_is_not_touched(wrappable: Held, tmp_path: Path):
    hsm = open_hsm(wrappable.settings)
    back_up_keys(hsm, tmp_path / "backup", PARTS)
    hsm.close()
    before = files(wrappable.settings.token_folder)
    with restored_token(tmp_path / "backup", wrappable.settings, LOST) as restored:
        wrappable.drilled(restored)
    assert files(wrappable.settings.token_folder) == before
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600


def test_wrapped_keys_come_back_on_another_machine_where_they_are_wrappable_again(wrappable: Held, tmp_path: Path):
    hsm = open_hsm(wrappable.settings)
    back_up_keys(hsm, tmp_path / "backup", PARTS)
    labels = hsm.labels()
    hsm.close()
    settings = wrappable.empty(tmp_path / "other")
    restored = restore_token(settings, tmp_path / "backup", LOST)
    wrappable.drilled(restored)
    assert restored.labels() == labels
    back_up_keys(restored, tmp_path / "again", PARTS)
    restored.close()
    with pytest.raises(HsmKeyExists):
        restore_token(settings, tmp_path / "backup", LOST)


def test_keys_that_the_ceremony_kept_in_the_token_never_leave_it(kept: Held, tmp_path: Path):
    hsm = open_hsm(kept.settings)
    with pytest.raises(BackupRefused, match="pdf"):
        back_up_keys(hsm, tmp_path / "backup", PARTS)
    assert not (tmp_path / "backup").exists()
    hsm.close()


def test_a_whole_token_comes_back_by_two_parts_or_a_passphrase(either: Held, tmp_path: Path):
    for number, opening in enumerate((LOST, Opening(passphrase=b"correct horse"))):
        backup, settings = tmp_path / f"backup-{number}", either.empty(tmp_path / f"other-{number}")
        back_up_token(either.settings, backup, replace(opening, parts=PARTS if opening.parts else ()))
        restored = restore_token(settings, backup, opening)
        either.drilled(restored)
        restored.close()
        assert settings.pin_file.stat().st_mode & 0o777 == 0o600
        with pytest.raises(TokenSetupRefused):
            restore_token(settings, backup, opening)


@pytest.mark.parametrize("opening", [Opening(), Opening(parts=PARTS[:1]), Opening(passphrase=b"x")])
def test_one_officer_restores_nothing(wrappable: Held, tmp_path: Path, token: Hsm, opening: Opening):
    back_up_keys(token, tmp_path / "backup", PARTS)
    settings = wrappable.empty(tmp_path / "other")
    with pytest.raises(BackupRefused):
        restore_token(settings, tmp_path / "backup", opening)
    assert list(settings.signer_home.iterdir()) == []


def test_a_wrapped_key_that_was_changed_is_not_taken_in(token: Hsm, tmp_path: Path):
    wrapping_key = bytes(range(32))
    keys = wrapped_keys(token, wrapping_key)
    settings, pin_file = make_empty_token(tmp_path / "fresh")
    fresh = Hsm(settings, pin=read_pin(pin_file))
    one_of_each = {key.kind: key for key in keys}
    assert set(one_of_each) == set(KeyKind)
    for key in one_of_each.values():
        changed = replace(key, wrapped=key.wrapped[:-1] + bytes([key.wrapped[-1] ^ 1]))
        sound = next(each for each in keys if each.label != key.label)
        with pytest.raises(BackupRefused):
            take_in(fresh, wrapping_key, (sound, changed))
        assert fresh.labels() == []
    with pytest.raises(BackupRefused):
        take_in(fresh, bytes(32), keys)
    assert fresh.labels() == []
    fresh.close()


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_wrappable_key_is_still_never_readable_and_does_nothing_else(token: Hsm, kind: KeyKind):
    label = f"fresh-{kind}"
    token.generate_key(label, kind, sha256(label.encode()).digest()[:8], wrappable=True)
    assert {key.label for key in wrapped_keys(token, bytes(32))} >= {label}
    assert token.delete_key(label)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
