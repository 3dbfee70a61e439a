"""Where the store lies is said in the settings; what is not safe is refused, and credentials are never said again."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import ValidationError

from printserver.foundation.errors import Unavailable
from printserver.storage.blobs import StoreUnavailable
from printserver.storage.objects import Objects
from printserver.storage.opening import StoreCredentialsRefused, open_objects, open_vaults
from printserver.storage.store_settings import ObjectStoreSettings
from tests.free_ports import free_port
from tests.key_wrapping import SoftwareKeyWrapper

OWNER = uuid4()
CREDENTIALS = Path("/etc/printserver/s3.toml")


def opened(settings: ObjectStoreSettings, folder: Path) -> Objects:
    return open_objects(settings, folder, open_vaults(settings, folder, SoftwareKeyWrapper()))


@pytest.mark.parametrize(
    "said",
    [
        {"url": "https://bucket"},
        {"url": "s3://user:secret@bucket"},
        {"url": "s3://bucket?x=1"},
        {"endpoint": "http://store.example"},
        {"endpoint": "https://user:secret@store.example"},
        {"endpoint": "https://store.example/path"},
        {"url": "s3://bucket", "credentials": CREDENTIALS},
        {"url": "s3://bucket", "endpoint": "https://store.example"},
        {"keys_url": "s3://bucket", "endpoint": "https://store.example"},
        {"url": "s3://one/a", "keys_url": "s3://one/a", "endpoint": "https://s.example", "credentials": CREDENTIALS},
        {"url": "s3://one/a", "keys_url": "s3://one/a/b", "endpoint": "https://s.example", "credentials": CREDENTIALS},
        {"url": "s3://one/a/b", "keys_url": "s3://one/a", "endpoint": "https://s.example", "credentials": CREDENTIALS},
        {"encrypted": False},
    ],
)
def test_settings_that_are_not_safe_or_not_whole_are_refused(said: dict[str, object]):
    with pytest.raises(ValidationError):
        ObjectStoreSettings.model_validate(said)


def test_contents_in_a_bucket_and_keys_on_this_machine_are_two_places():
    settings = ObjectStoreSettings(url="s3://one/a/", endpoint="https://s.example/", credentials=CREDENTIALS)
    assert (settings.url, settings.endpoint, settings.keys_url) == ("s3://one/a", "https://s.example", "")


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ('access_key_id = "a"\nsecret_access_key = "a-secret"\n', 0o644),
        ('access_key_id = "a"\nsecret_access_key = "a-secret"\n', 0o660),
        ('secret_access_key = "a-secret"\n', 0o600),
        ('access_key_id = 1\nsecret_access_key = "a-secret"\n', 0o600),
        ("a-secret", 0o600),
        (None, 0o600),
    ],
)
def test_credentials_that_others_could_read_or_that_are_none_are_refused_without_saying_them(
    bucket_settings: ObjectStoreSettings, tmp_path: Path, text: str | None, mode: int
):
    file = tmp_path / "s3-credentials"
    file.unlink()
    if text is not None:
        file.write_text(text)
        file.chmod(mode)
    with pytest.raises(StoreCredentialsRefused) as refused:
        opened(bucket_settings, tmp_path)
    assert "a-secret" not in str(refused.value)


def test_a_store_that_does_not_answer_is_unavailable_and_says_no_secret(
    bucket_settings: ObjectStoreSettings, tmp_path: Path
):
    away = bucket_settings.model_copy(update={"endpoint": f"http://127.0.0.1:{free_port()}"})
    objects = opened(away, tmp_path)
    for refused in (
        lambda: objects.get("0" * 64, OWNER),
        lambda: objects.put(b"x", OWNER),
        lambda: list(objects.digests(OWNER)),
    ):
        with pytest.raises(StoreUnavailable) as problem:
            refused()
        assert isinstance(problem.value, Unavailable)
        assert "of no use" not in str(problem.value)


def test_contents_in_a_bucket_with_keys_in_a_folder_are_read_by_who_has_both(
    bucket_settings: ObjectStoreSettings, tmp_path: Path
):
    mixed = bucket_settings.model_copy(update={"keys_url": ""})
    wrapper, keys = SoftwareKeyWrapper(), tmp_path / "keys"
    keys.mkdir()
    digest = open_objects(mixed, tmp_path, open_vaults(mixed, keys, wrapper)).put(b"contract", OWNER)
    assert open_objects(mixed, tmp_path, open_vaults(mixed, keys, wrapper)).get(digest, OWNER) == b"contract"
    assert (keys / str(OWNER) / digest[:2] / digest).is_file()
