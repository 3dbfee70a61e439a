"""The object store: written once, read back only when the bytes still have their name."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from uuid import UUID

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore

from printserver.foundation.errors import IntegrityError, NotFound


class ObjectChanged(IntegrityError):
    code = "object-changed"


class Objects(Protocol):
    """Names are lower-case hexadecimal SHA-256 digests of the content."""

    def put(self, data: bytes, owner: UUID | None = None) -> str:
        """Store `data`, unless it is there already, and return its digest."""

    def get(self, digest: str, owner: UUID | None = None) -> bytes:
        """The bytes that were stored.   Raises: NotFound, ObjectChanged."""


class LocalObjects:
    """A folder on this machine. Objects are never overwritten, and are on the disk before a row can name them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._store = LocalStore(folder)

    def put(self, data: bytes, owner: UUID | None = None) -> str:
        digest = sha256(data).hexdigest()
        try:
            obstore.put(self._store, _path(digest), data, mode="create")
        except AlreadyExistsError:
            self.get(digest)
        else:
            file = self._folder / _path(digest)
            for written in (file, file.parent, self._folder):
                _sync(written)
        return digest

    def get(self, digest: str, owner: UUID | None = None) -> bytes:
        try:
            data = bytes(obstore.get(self._store, _path(digest)).bytes())
        except FileNotFoundError:
            raise NotFound(f"no object {digest}") from None
        if sha256(data).hexdigest() != digest:
            raise ObjectChanged(f"the stored object {digest} is not what was put there")
        return data


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _path(digest: str) -> str:
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise NotFound("no object has such a name")
    return f"{digest[:2]}/{digest}"
