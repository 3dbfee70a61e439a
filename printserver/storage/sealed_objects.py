"""The object store as it lies on a disk or in a bucket: ciphertexts, and apart from them the keys that open them.

Each object has a random key; its ciphertext is that of `storage.sealed`, with version, organisation, digest and
generation as associated data. The object's key is wrapped (AES-KWP, RFC 5649) under the organisation's vault key,
together with the digest of the associated data, and lies in a store of its own: `erase` forgets it, and whatever copies
of the ciphertext there are, nobody reads them again. What nobody names is set aside first (`setting_aside`).

In the store of contents: `<organisation>/<first two digits>/<digest>.<generation>`. In the store of keys:
`<organisation>/<first two digits>/<digest>`: `PSK1`, generation (8 bytes), wrapped key. The key is written last: what a
kill leaves before that has no name and no key. Bytes that are stored again after they were erased get another
generation, so that the remains of an interrupted erasure are in nobody's way.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import IO, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)

from printserver.foundation.errors import NotFound
from printserver.storage.blobs import Blobs
from printserver.storage.objects import ERASED, ObjectChanged, absent, changed, checked, digests_among, path_of
from printserver.storage.sealed import CHUNK, KEY_BYTES, decrypt, encrypt, encrypt_file
from printserver.storage.setting_aside import ASIDE, entry_aside
from printserver.storage.vault import Vaults

MAGIC: Final = b"PSK1"
_ID: Final = 8
_VERSION: Final = b"printserver stored object 1\0"


@dataclass(frozen=True)
class _Generation:
    """An object as it was stored once; `id` is another one whenever it is stored again after an erasure."""

    owner: UUID
    digest: str
    id: bytes

    @property
    def path(self) -> str:
        return f"{path_of(self.digest, self.owner)}.{self.id.hex()}"

    @property
    def associated_data(self) -> bytes:
        return _VERSION + self.owner.bytes + bytes.fromhex(self.digest) + self.id

    def entry(self, key: bytes, vault_key: bytes) -> bytes:
        """What the store of keys holds of it."""
        named = key + sha256(self.associated_data).digest()
        return MAGIC + self.id + aes_key_wrap_with_padding(vault_key, named)

    @classmethod
    def of(cls, entry: bytes, digest: str, owner: UUID) -> _Generation:
        """Which one the store of keys names.   Raises: ObjectChanged."""
        if not entry.startswith(MAGIC) or len(entry) <= len(MAGIC) + _ID:
            raise changed(digest)
        return cls(owner, digest, entry[len(MAGIC) :][:_ID])

    def key(self, entry: bytes, vault_key: bytes) -> bytes:
        """Raises: ObjectChanged."""
        try:
            plain = aes_key_unwrap_with_padding(vault_key, entry[len(MAGIC) + _ID :])
        except (InvalidUnwrap, ValueError) as problem:
            raise changed(self.digest) from problem
        if plain[KEY_BYTES:] != sha256(self.associated_data).digest():
            raise changed(self.digest)
        return plain[:KEY_BYTES]

    def opened(self, content: bytes, key: bytes) -> bytes:
        """Raises: ObjectChanged."""
        try:
            return checked(decrypt(content, key, self.associated_data), self.digest)
        except (InvalidTag, ValueError) as problem:
            raise changed(self.digest) from problem


class SealedObjects:
    """Contents here, keys where the vaults lie: who has only one of the two, or both without the HSM, reads nothing."""

    def __init__(self, contents: Blobs, vaults: Vaults) -> None:
        self._contents = contents
        self._keys = vaults.store
        self.vaults = vaults

    def put(self, data: bytes, owner: UUID) -> str:
        """Also raises: ObjectChanged for what is stored already, VaultKeyLost, SealedNotGenuine, Unavailable."""
        digest = sha256(data).hexdigest()
        vault_key = self.vaults.key(owner)
        while not self._is_stored(data, digest, owner, vault_key):
            generation, key = _Generation(owner, digest, secrets.token_bytes(_ID)), secrets.token_bytes(KEY_BYTES)
            self._contents.create(generation.path, encrypt(data, key, generation.associated_data))
            entry, path = generation.entry(key, vault_key), path_of(digest, owner)
            if self._keys.create(path, entry) or self._keys.read(path) == entry:
                break
            self._contents.delete(generation.path)
        return digest

    def put_file(self, source: IO[bytes], owner: UUID) -> str:
        """As `put`, but of a file from its beginning, a part at a time. Also raises: NotFound for a content that is
        lost of what is stored already."""
        source.seek(0)
        digest = _digest_of(source)
        path, vault_key = path_of(digest, owner), self.vaults.key(owner)
        while self._keys.read(path) is None:
            generation, key = _Generation(owner, digest, secrets.token_bytes(_ID)), secrets.token_bytes(KEY_BYTES)
            source.seek(0)
            self._contents.write(generation.path, encrypt_file(source, key, generation.associated_data))
            entry = generation.entry(key, vault_key)
            if self._keys.create(path, entry) or self._keys.read(path) == entry:
                return digest
            self._contents.delete(generation.path)
        self.get(digest, owner)
        return digest

    def get(self, digest: str, owner: UUID) -> bytes:
        """Also raises: ObjectChanged for a swapped content or key, VaultKeyLost, SealedNotGenuine, Unavailable."""
        path = path_of(digest, owner)
        entry = self._entry(path)
        if entry is None:
            raise absent(self._keys, path)
        generation = _Generation.of(entry, digest, owner)
        key = generation.key(entry, self.vaults.key(owner))
        content = self._contents.read(generation.path)
        if content is None:
            raise NotFound(f"the content of the object {digest} is not in the store")
        return generation.opened(content, key)

    def erase(self, digest: str, owner: UUID) -> None:
        """The key is gone before the content. The mark names the contents that go, so that whoever erases again after
        a kill finds what is left, and takes nothing that somebody is just storing anew."""
        path = path_of(digest, owner)
        going = self._going(path, digest, owner)
        for name in _named_by(self._keys.read(path + ERASED)) - (going or set()):
            self._contents.delete(f"{path}.{name}")
        if going is None:
            return
        self._keys.replace(path + ERASED, "\n".join(sorted(going)).encode())
        self._keys.delete(path)
        self._keys.delete(path + ASIDE)
        for name in going:
            self._contents.delete(f"{path}.{name}")

    def digests(self, owner: UUID) -> Iterator[str]:
        return digests_among(self._keys, owner)

    def _entry(self, path: str) -> bytes | None:
        """Also of what was set aside; looked at again, in case it was given back just then."""
        entry = self._keys.read(path)
        if entry is not None:
            return entry
        aside = self._keys.read(path + ASIDE)
        return self._keys.read(path) if aside is None else entry_aside(aside)

    def _is_stored(self, data: bytes, digest: str, owner: UUID, vault_key: bytes) -> bool:
        """A content that was lost is written again, under the key that is there."""
        path = path_of(digest, owner)
        entry = self._keys.read(path)
        if entry is None:
            return False
        generation = _Generation.of(entry, digest, owner)
        key, content = generation.key(entry, vault_key), self._contents.read(generation.path)
        if content is not None:
            generation.opened(content, key)
            return True
        self._contents.create(generation.path, encrypt(data, key, generation.associated_data))
        return self._keys.read(path) == entry

    def _going(self, path: str, digest: str, owner: UUID) -> set[str] | None:
        """Which generations have a key, as their contents' names end; all where it is damaged; None without any."""
        entry, aside = self._keys.read(path), self._keys.read(path + ASIDE)
        entries = [*([] if entry is None else [entry]), *([] if aside is None else [entry_aside(aside)])]
        try:
            return {_Generation.of(each, digest, owner).id.hex() for each in entries} or None
        except ObjectChanged:
            names = self._contents.names(path.rpartition("/")[0])
            return {name.removeprefix(f"{path}.") for name in names if name.startswith(f"{path}.")}


def _named_by(mark: bytes | None) -> set[str]:
    """The generations that an erasure wrote down, as their contents' names end."""
    return set((mark or b"").decode().splitlines())


def _digest_of(source: IO[bytes]) -> str:
    whole = sha256()
    while part := source.read(CHUNK):
        whole.update(part)
    return whole.hexdigest()
