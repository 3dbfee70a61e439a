"""Open the object store that the settings name."""

from __future__ import annotations

import stat
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from obstore.store import S3Store

from printserver.foundation.errors import Unavailable
from printserver.storage.blobs import Blobs, BucketBlobs, FolderBlobs
from printserver.storage.sealed import KeyWrapper
from printserver.storage.sealed_objects import SealedObjects
from printserver.storage.setting_aside import AsideObjects
from printserver.storage.store_settings import ObjectStoreSettings
from printserver.storage.unguarded_keys import UnguardedKeys
from printserver.storage.vault import Vaults

if TYPE_CHECKING:
    from obstore.store import ClientConfig

CONNECT_SECONDS: Final = 5
REQUEST_SECONDS: Final = 60
RETRY_SECONDS: Final = 20
RETRIES: Final = 3


class StoreCredentialsRefused(Unavailable):
    code = "object-store-credentials-refused"


def open_vaults(settings: ObjectStoreSettings, folder: Path, wrapper: KeyWrapper) -> Vaults:
    """folder: of the wrapped keys, unless they lie in a bucket; it exists.

    wrapper: whoever reaches the HSM; not asked where the settings let nothing be sealed.
    Raises: StoreCredentialsRefused.
    """
    keys = _blobs(settings, settings.keys_url, folder)
    return Vaults(keys, wrapper if settings.sealed else UnguardedKeys())


def open_objects(settings: ObjectStoreSettings, folder: Path, vaults: Vaults) -> SealedObjects:
    """folder: of the contents, unless they lie in a bucket; it exists.   Raises: StoreCredentialsRefused."""
    return SealedObjects(_blobs(settings, settings.url, folder), vaults)


def open_aside(settings: ObjectStoreSettings, contents: Path, keys: Path) -> AsideObjects:
    """contents, keys: as of `open_objects` and `open_vaults`.   Raises: StoreCredentialsRefused."""
    return AsideObjects(_blobs(settings, settings.url, contents), _blobs(settings, settings.keys_url, keys))


def _blobs(settings: ObjectStoreSettings, url: str, folder: Path) -> Blobs:
    if not url:
        return FolderBlobs(folder)
    if settings.credentials is None:
        raise AssertionError("the settings were checked when they were read")
    named = urlsplit(url)
    client: ClientConfig = {
        "allow_http": settings.endpoint.startswith("http:"),
        "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
        "timeout": timedelta(seconds=REQUEST_SECONDS),
    }
    if settings.authorities is not None:
        client["root_certificate"] = settings.authorities.read_bytes()
    access_key_id, secret_access_key = _credentials(settings.credentials)
    return BucketBlobs(
        S3Store(
            named.netloc,
            prefix=named.path.strip("/") or None,
            endpoint=settings.endpoint,
            region=settings.region,
            access_key_id=access_key_id,
            secret_access_key=secret_access_key,
            virtual_hosted_style_request=False,
            client_options=client,
            retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
        )
    )


def _credentials(file: Path) -> tuple[str, str]:
    """Never said again: neither in an error nor in a log."""
    try:
        if file.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP):
            raise StoreCredentialsRefused(f"{file} is for its owner and group alone: mode 0640 or less")
        given = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise StoreCredentialsRefused(f"the credentials of the object store cannot be read from {file}") from None
    found = given.get("access_key_id"), given.get("secret_access_key")
    if not all(isinstance(each, str) and each for each in found):
        raise StoreCredentialsRefused(f"{file} holds no access_key_id and secret_access_key")
    return str(found[0]), str(found[1])
