"""Sealed objects: bytes that only the installation's HSM can open again, and only as the object that they were.

Each object has a random key of its own. Its content is AES-256-GCM in chunks of 1 MiB (the nonce is a random prefix,
the chunk's number and whether it is the last, so that chunks can neither be left out nor moved); associated data names
the version, the organisation, the kind and the object. The key is wrapped by the key-encryption key, which never
leaves the HSM, together with the name of what it opens. Whoever forgets the wrapped key has erased the content.

Written: `PSE1`, length of the wrapped key (u16, big-endian), wrapped key; then the content: prefix (7 bytes), chunks.
Source: the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, "Online authenticated encryption and its
nonce-reuse misuse-resistance", 2015 (unverified against the text).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import IO, Final, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from printserver.foundation.errors import IntegrityError

MAGIC: Final = b"PSE1"
CHUNK: Final = 1024 * 1024
"""Bytes of content in every chunk but the last."""
KEY_BYTES: Final = 32
LONGEST_KIND: Final = 40
_LENGTH_BYTES: Final = 2
_PREFIX: Final = 7
_TAG: Final = 16
_VERSION: Final = b"printserver sealed object 1"


class SealedNotGenuine(IntegrityError):
    """These bytes were changed, or were sealed as another object, or by another installation."""

    code = "sealed-not-genuine"


@dataclass(frozen=True)
class Belonging:
    """What a sealed object is. `kind`: which sort of object, 1 to 40 ASCII characters, such as `identity-evidence`."""

    organisation_id: UUID
    kind: str
    object_id: UUID

    def __post_init__(self) -> None:
        if not (self.kind.isascii() and self.kind.isprintable() and 1 <= len(self.kind) <= LONGEST_KIND):
            raise ValueError("a kind has 1 to 40 printable ASCII characters")

    @property
    def associated_data(self) -> bytes:
        return b"\0".join((_VERSION, self.kind.encode("ascii"))) + self.organisation_id.bytes + self.object_id.bytes

    @property
    def digest(self) -> bytes:
        """32 bytes that stand for it beside a wrapped key."""
        return sha256(self.associated_data).digest()


class KeyWrapper(Protocol):
    """Whoever can reach the key-encryption key. Both say of which object the key is, and both are recorded.

    Raise SealedNotGenuine for a wrapped key of another object or that was changed, Unavailable while the HSM is away.
    """

    def wrap(self, key: bytes, belongs: Belonging) -> bytes:
        """key: 32 bytes."""

    def unwrap(self, wrapped: bytes, belongs: Belonging) -> bytes:
        """The 32 bytes that were wrapped for this object."""


@dataclass(frozen=True)
class Sealed:
    """An object in two parts: without `wrapped_key` nobody ever reads `content` again.

    wrapped_key: as `KeyWrapper.wrap` answers it, at most 65,535 bytes.
    """

    wrapped_key: bytes
    content: bytes


def seal(data: bytes, belongs: Belonging, keys: KeyWrapper) -> bytes:
    """Both parts in one. For what may be erased one day use `seal_apart`.   Raises: Unavailable."""
    sealed = seal_apart(data, belongs, keys)
    return MAGIC + len(sealed.wrapped_key).to_bytes(_LENGTH_BYTES, "big") + sealed.wrapped_key + sealed.content


def unseal(blob: bytes, belongs: Belonging, keys: KeyWrapper) -> bytes:
    """What was sealed as this very object.   Raises: SealedNotGenuine, Unavailable."""
    start = len(MAGIC) + _LENGTH_BYTES
    if len(blob) < start or not blob.startswith(MAGIC):
        raise SealedNotGenuine("these bytes are no sealed object")
    end = start + int.from_bytes(blob[len(MAGIC) : start], "big")
    if len(blob) < end + _PREFIX + _TAG:
        raise SealedNotGenuine("the sealed object is cut short")
    return unseal_apart(Sealed(blob[start:end], blob[end:]), belongs, keys)


def seal_apart(data: bytes, belongs: Belonging, keys: KeyWrapper) -> Sealed:
    """The content may lie anywhere; the wrapped key is kept where it can be forgotten.   Raises: Unavailable."""
    key = secrets.token_bytes(KEY_BYTES)
    return Sealed(keys.wrap(key, belongs), encrypt(data, key, belongs.associated_data))


def unseal_apart(sealed: Sealed, belongs: Belonging, keys: KeyWrapper) -> bytes:
    """What was sealed as this very object.   Raises: SealedNotGenuine, Unavailable."""
    key = keys.unwrap(sealed.wrapped_key, belongs)
    try:
        return decrypt(sealed.content, key, belongs.associated_data)
    except (InvalidTag, ValueError) as problem:
        raise SealedNotGenuine("the sealed object was changed, or is another one") from problem


def encrypt(data: bytes, key: bytes, associated_data: bytes) -> bytes:
    """key: 32 random bytes of this object alone.   The content: prefix (7 bytes), chunks."""
    cipher, prefix = AESGCM(key), secrets.token_bytes(_PREFIX)
    view, starts = memoryview(data), range(0, max(1, len(data)), CHUNK)
    last = len(starts) - 1
    encrypted = (
        cipher.encrypt(_nonce(prefix, number, last=number == last), view[start : start + CHUNK], associated_data)
        for number, start in enumerate(starts)
    )
    return b"".join([prefix, *encrypted])


def encrypt_file(source: IO[bytes], key: bytes, associated_data: bytes) -> Iterator[bytes]:
    """What `encrypt` answers, part by part.   source: from where it stands to its end."""
    cipher, prefix = AESGCM(key), secrets.token_bytes(_PREFIX)
    yield prefix
    chunk, number = source.read(CHUNK), 0
    while True:
        following = source.read(CHUNK)
        yield cipher.encrypt(_nonce(prefix, number, last=not following), chunk, associated_data)
        if not following:
            return
        chunk, number = following, number + 1


def decrypt(content: bytes, key: bytes, associated_data: bytes) -> bytes:
    """What `encrypt` was given.   Raises: InvalidTag, ValueError."""
    cipher, view, prefix, whole = AESGCM(key), memoryview(content), content[:_PREFIX], CHUNK + _TAG
    starts = range(_PREFIX, len(content), whole)
    if not starts:
        raise ValueError("there is no chunk")
    last = len(starts) - 1
    return b"".join(
        cipher.decrypt(_nonce(prefix, number, last=number == last), view[start : start + whole], associated_data)
        for number, start in enumerate(starts)
    )


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    """12 bytes: prefix (7), chunk number (u32), last or not."""
    return prefix + number.to_bytes(4, "big") + bytes([last])
