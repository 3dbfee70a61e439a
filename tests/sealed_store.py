"""The object store of the tests: sealed as everywhere, by a key-encryption key in software."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from printserver.settings import Settings
from printserver.storage.opening import open_objects, open_vaults
from printserver.storage.sealed_objects import SealedObjects
from printserver.storage.store_settings import ObjectStoreSettings
from printserver.storage.vault import Vaults
from tests.key_wrapping import SoftwareKeyWrapper

WRAPPER = SoftwareKeyWrapper()
"""One a run, so that a copied world can be read."""


def sealed_store(folder: Path) -> SealedObjects:
    """In `objects` and `object-keys` of a folder."""
    return _opened(folder / "objects", folder / "object-keys")[0]


def store_of(settings: Settings) -> tuple[SealedObjects, Vaults]:
    """Where the settings say."""
    return _opened(settings.objects, settings.object_keys)


def content_file(contents: Path, owner: UUID, digest: str) -> Path:
    """The one ciphertext of an object."""
    (found,) = (contents / str(owner) / digest[:2]).glob(f"{digest}.*")
    return found


def _opened(contents: Path, keys: Path) -> tuple[SealedObjects, Vaults]:
    for folder in (contents, keys):
        folder.mkdir(parents=True, exist_ok=True)
    vaults = open_vaults(ObjectStoreSettings(), keys, WRAPPER)
    return open_objects(ObjectStoreSettings(), contents, vaults), vaults
