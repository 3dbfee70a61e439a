"""The stores that every kind of object store is tried on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from printserver.storage.objects import Objects
from printserver.storage.opening import open_objects, open_vaults
from printserver.storage.store_settings import ObjectStoreSettings
from tests.key_wrapping import SoftwareKeyWrapper
from tests.plain_objects import PlainObjects
from tests.s3_server import s3_server
from tests.sealed_store import sealed_store

_PREFIXES = count()


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket_settings(s3: str, tmp_path: Path) -> ObjectStoreSettings:
    """Prefixes of their own in the two buckets of the test's server."""
    credentials = tmp_path / "s3-credentials"
    credentials.touch(mode=0o600)
    credentials.write_text('access_key_id = "somebody"\nsecret_access_key = "of no use"\n')
    prefix = next(_PREFIXES)
    return ObjectStoreSettings(
        url=f"s3://contents/{prefix}", keys_url=f"s3://keys/{prefix}", endpoint=s3, credentials=credentials
    )


@pytest.fixture
def bucket_store(bucket_settings: ObjectStoreSettings, tmp_path: Path) -> Objects:
    vaults = open_vaults(bucket_settings, tmp_path, SoftwareKeyWrapper())
    return open_objects(bucket_settings, tmp_path, vaults)


@pytest.fixture(params=["plain folder", "sealed folder", "sealed buckets"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    """Whatever the kind, it keeps the same promises."""
    made: dict[str, Callable[[], Objects]] = {
        "plain folder": lambda: PlainObjects(tmp_path),
        "sealed folder": lambda: sealed_store(tmp_path),
        "sealed buckets": lambda: request.getfixturevalue("bucket_store"),
    }
    return made[request.param]()
