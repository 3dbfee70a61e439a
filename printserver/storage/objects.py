"""The object store: written once, each organisation's apart, read only when the bytes still have their name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore

from printserver.foundation.errors import IntegrityError, NotFound

DIGEST_LENGTH: Final = 64


class ObjectChanged(IntegrityError):
    code = "object-changed"


class ObjectErased(NotFound):
    code = "object-erased"


class Objects(Protocol):
    """Names are lower-case hexadecimal SHA-256 digests of the content; `owner` is the id of an organisation.

    What one organisation stored another one does not find, though it be the same bytes.
    """

    def put(self, data: bytes, owner: UUID) -> str:
        """Store `data`, unless it is there already, and return its digest."""

    def get(self, digest: str, owner: UUID) -> bytes:
        """The bytes that were stored.   Raises: NotFound, ObjectErased, ObjectChanged."""

    def erase(self, digest: str, owner: UUID) -> None:
        """Nobody reads these bytes again, unless they are put again. Erasing twice is erasing once."""

    def digests(self, owner: UUID) -> Iterator[str]:
        """What is stored, in no certain order; the erased is not among it."""


class LocalObjects:
    """A folder on this machine. Objects are never overwritten, and are on the disk before a row can name them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._store = LocalStore(folder)

    def put(self, data: bytes, owner: UUID) -> str:
        digest = sha256(data).hexdigest()
        path = _path(digest, owner)
        try:
            obstore.put(self._store, path, data, mode="create")
        except AlreadyExistsError:
            self.get(digest, owner)
        else:
            file = self._folder / path
            for written in (file, file.parent, file.parent.parent, self._folder):
                _sync(written)
        return digest

    def get(self, digest: str, owner: UUID) -> bytes:
        try:
            data = bytes(obstore.get(self._store, _path(digest, owner)).bytes())
        except FileNotFoundError:
            raise NotFound(f"no object {digest}") from None
        if sha256(data).hexdigest() != digest:
            raise ObjectChanged(f"the stored object {digest} is not what was put there")
        return data

    def erase(self, digest: str, owner: UUID) -> None:
        file = self._folder / _path(digest, owner)
        file.unlink(missing_ok=True)
        if file.parent.is_dir():
            _sync(file.parent)

    def digests(self, owner: UUID) -> Iterator[str]:
        return (file.name for file in (self._folder / str(owner)).glob("??/*") if len(file.name) == DIGEST_LENGTH)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _path(digest: str, owner: UUID) -> str:
    if len(digest) != DIGEST_LENGTH or not set(digest) <= set("0123456789abcdef"):
        raise NotFound("no object has such a name")
    return f"{owner}/{digest[:2]}/{digest}"
