"""The object store: written once, each organisation's apart, read only when the bytes still have their name."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import IO, Final, Protocol
from uuid import UUID

from printserver.foundation.errors import IntegrityError, NotFound
from printserver.storage.blobs import Blobs

DIGEST_LENGTH: Final = 64
ERASED: Final = ".erased"
"""What the name of an object gets, in the place of its bytes or its key, when it was erased."""


class ObjectChanged(IntegrityError):
    """What is stored is not what was put there, or is another object, or another organisation's."""

    code = "object-changed"


class ObjectErased(NotFound):
    code = "object-erased"


class Objects(Protocol):
    """Names are lower-case hexadecimal SHA-256 digests of the content; `owner` is the id of an organisation.

    What one organisation stored another one does not find, though it be the same bytes.
    """

    def put(self, data: bytes, owner: UUID) -> str:
        """Store `data`, unless it is there already, and return its digest."""

    def put_file(self, source: IO[bytes], owner: UUID) -> str:
        """As `put`, of a whole file that need not fit into memory."""

    def get(self, digest: str, owner: UUID) -> bytes:
        """The bytes that were stored.   Raises: NotFound, ObjectErased, ObjectChanged."""

    def erase(self, digest: str, owner: UUID) -> None:
        """Nobody reads these bytes again, unless they are put again. Erasing twice is erasing once."""

    def digests(self, owner: UUID) -> Iterator[str]:
        """What is stored, in no certain order; the erased is not among it."""


def path_of(digest: str, owner: UUID) -> str:
    """Raises: NotFound for what is no digest."""
    if len(digest) != DIGEST_LENGTH or not set(digest) <= set("0123456789abcdef"):
        raise NotFound("no object has such a name")
    return f"{owner}/{digest[:2]}/{digest}"


def absent(blobs: Blobs, path: str) -> NotFound:
    """What to say of an object that is not there."""
    digest = path.rpartition("/")[2]
    if blobs.read(path + ERASED) is None:
        return NotFound(f"no object {digest}")
    return ObjectErased(f"the object {digest} was erased")


def changed(digest: str) -> ObjectChanged:
    return ObjectChanged(f"the stored object {digest} is not what was put there")


def checked(data: bytes, digest: str) -> bytes:
    """Raises: ObjectChanged."""
    if sha256(data).hexdigest() != digest:
        raise changed(digest)
    return data


def digests_among(blobs: Blobs, owner: UUID) -> Iterator[str]:
    """Of all names of an organisation, those that are digests."""
    names = (path.rpartition("/")[2] for path in blobs.names(str(owner)))
    return (name for name in names if len(name) == DIGEST_LENGTH)
