"""Only the worker reads a webhook's secret, and only as that webhook's."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from printserver.foundation.ids import new_id
from printserver.notifications.secret_box import BoxDamaged, BoxMissing, SecretBox, new_secret, seal_secret


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "key", tmp_path / "key.pub"


def test_what_was_sealed_is_opened_and_is_not_to_be_seen(files: tuple[Path, Path]):
    box, webhook, secret = SecretBox.load_or_make(*files), new_id(), new_secret()
    sealed = seal_secret(secret, webhook, files[1])
    assert box.open(sealed, webhook) == SecretBox.load_or_make(*files).open(sealed, webhook) == secret
    assert secret.encode() not in base64.b64decode(sealed)
    assert seal_secret(secret, webhook, files[1]) != sealed


def test_the_secret_of_one_webhook_is_none_of_another(files: tuple[Path, Path]):
    box, webhook = SecretBox.load_or_make(*files), new_id()
    sealed = seal_secret("psw_x", webhook, files[1])
    octets = bytearray(base64.b64decode(sealed))
    octets[-1] ^= 1
    for wrong, owner in (
        (sealed, new_id()),
        (base64.b64encode(octets).decode(), webhook),
        ("AAAA", webhook),
        ("A", webhook),
    ):
        with pytest.raises(BoxDamaged):
            box.open(wrong, owner)


def test_the_private_key_is_for_its_owner_alone_and_the_public_one_for_everybody(files: tuple[Path, Path]):
    SecretBox.load_or_make(*files)
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o644]


def test_before_the_worker_has_run_nothing_can_be_sealed(files: tuple[Path, Path]):
    with pytest.raises(BoxMissing):
        seal_secret("psw_x", new_id(), files[1])


def test_secrets_are_long_and_each_is_new():
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert all(secret.startswith("psw_") and len(secret) == 47 for secret in made)
