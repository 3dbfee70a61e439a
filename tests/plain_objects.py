"""The object store without any sealing: what the sealed one is measured against, in promises and in time."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO
from uuid import UUID

from printserver.storage.blobs import FolderBlobs
from printserver.storage.objects import ERASED, absent, checked, digests_among, path_of


class PlainObjects:
    """In a folder, as they are."""

    def __init__(self, folder: Path) -> None:
        self._blobs = FolderBlobs(folder)

    def put(self, data: bytes, owner: UUID) -> str:
        digest = sha256(data).hexdigest()
        if not self._blobs.create(path_of(digest, owner), data):
            self.get(digest, owner)
        return digest

    def put_file(self, source: IO[bytes], owner: UUID) -> str:
        source.seek(0)
        return self.put(source.read(), owner)

    def get(self, digest: str, owner: UUID) -> bytes:
        path = path_of(digest, owner)
        data = self._blobs.read(path)
        if data is None:
            raise absent(self._blobs, path)
        return checked(data, digest)

    def erase(self, digest: str, owner: UUID) -> None:
        path = path_of(digest, owner)
        if self._blobs.read(path) is not None:
            self._blobs.create(path + ERASED, b"")
            self._blobs.delete(path)

    def digests(self, owner: UUID) -> Iterator[str]:
        return digests_among(self._blobs, owner)
