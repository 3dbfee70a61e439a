"""Named bytes that are written once: a folder of this machine, or a bucket of an S3-compatible store.

What lies here is told apart by whoever keeps it: objects as they are, their ciphertexts, or wrapped keys.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.exceptions import NotFoundError as NoSuchBlob
from obstore.store import LocalStore, S3Store

from printserver.foundation.errors import Unavailable


class StoreUnavailable(Unavailable):
    """The object store does not answer, or refuses us."""

    code = "object-store-unavailable"


class Blobs(Protocol):
    """Names are relative paths with `/`, of characters that every store takes; callers make them of ids and digests.

    Each raises StoreUnavailable when the store cannot be reached.
    """

    def create(self, name: str, data: bytes) -> bool:
        """Whether it was written; False, and nothing is changed, when there is something of this name already."""

    def write(self, name: str, parts: Iterable[bytes]) -> None:
        """Part by part, whole or not at all; for a name that nobody else makes."""

    def replace(self, name: str, data: bytes) -> None:
        """Whatever there is of this name gives way; a kill leaves the old bytes or the new ones, whole."""

    def read(self, name: str) -> bytes | None:
        """None when there is nothing of this name."""

    def delete(self, name: str) -> None:
        """Also when there is nothing of this name."""

    def names(self, folder: str) -> Iterator[str]:
        """Everything below the folder, in no certain order."""


class FolderBlobs:
    """On the disk, with its name, before `create` returns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._store = LocalStore(folder)
        self._lasting: set[Path] = set()
        """Folders whose own names this process has seen to the disk."""

    def create(self, name: str, data: bytes) -> bool:
        try:
            obstore.put(self._store, name, data, mode="create")
        except AlreadyExistsError:
            return False
        self._keep(name)
        return True

    def write(self, name: str, parts: Iterable[bytes]) -> None:
        obstore.put(self._store, name, parts, use_multipart=True)
        self._keep(name)

    def replace(self, name: str, data: bytes) -> None:
        """Whoever could read the old file can read the new one, also when an administrator writes it."""
        unfinished = f"{name}.{secrets.token_hex(8)}.new"
        obstore.put(self._store, unfinished, data)
        file, new = self._folder / name, self._folder / unfinished
        if file.exists():
            before = file.stat()
            new.chmod(stat.S_IMODE(before.st_mode))
            if os.geteuid() == 0:
                os.chown(new, before.st_uid, before.st_gid)
        self._keep(unfinished)
        new.replace(file)
        _sync(file.parent)

    def _keep(self, name: str) -> None:
        file = self._folder / name
        _sync(file)
        _sync(file.parent)
        if file.parent not in self._lasting:
            for above in file.parents[1 : name.count("/") + 1]:
                _sync(above)
            self._lasting.add(file.parent)

    def read(self, name: str) -> bytes | None:
        try:
            return bytes(obstore.get(self._store, name).bytes())
        except FileNotFoundError:
            return None

    def delete(self, name: str) -> None:
        file = self._folder / name
        file.unlink(missing_ok=True)
        if file.parent.is_dir():
            _sync(file.parent)

    def names(self, folder: str) -> Iterator[str]:
        for batch in obstore.list(self._store, prefix=folder):
            yield from (each["path"] for each in batch)


class BucketBlobs:
    """In a bucket, below a prefix. `create` asks the store to write only what is not there (`If-None-Match: *`)."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    def create(self, name: str, data: bytes) -> bool:
        try:
            obstore.put(self._store, name, data, mode="create", use_multipart=False)
        except (AlreadyExistsError, PreconditionError):
            return False
        except (BaseError, OSError) as problem:
            raise _away(problem) from problem
        return True

    def read(self, name: str) -> bytes | None:
        try:
            return bytes(obstore.get(self._store, name).bytes())
        except (NoSuchBlob, FileNotFoundError):
            return None
        except (BaseError, OSError) as problem:
            raise _away(problem) from problem

    def write(self, name: str, parts: Iterable[bytes]) -> None:
        try:
            obstore.put(self._store, name, parts, use_multipart=True)
        except (BaseError, OSError) as problem:
            raise _away(problem) from problem

    def replace(self, name: str, data: bytes) -> None:
        try:
            obstore.put(self._store, name, data, use_multipart=False)
        except (BaseError, OSError) as problem:
            raise _away(problem) from problem

    def delete(self, name: str) -> None:
        try:
            obstore.delete(self._store, name)
        except (NoSuchBlob, FileNotFoundError):
            return
        except (BaseError, OSError) as problem:
            raise _away(problem) from problem

    def names(self, folder: str) -> Iterator[str]:
        try:
            for batch in obstore.list(self._store, prefix=folder):
                yield from (each["path"] for each in batch)
        except (BaseError, OSError) as problem:
            raise _away(problem) from problem


def _away(problem: Exception) -> StoreUnavailable:
    """Without the problem's own words: they may hold addresses and headers."""
    return StoreUnavailable(f"the object store does not answer as it should ({type(problem).__name__})")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
