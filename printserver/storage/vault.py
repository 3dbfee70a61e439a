"""Vault keys: one an organisation, under which the keys of its stored objects are wrapped.

The HSM's key-encryption key wraps the vault key; a process asks for it once and keeps it in its memory. So what lies on
a disk opens nothing, what is stored needs no question to the HSM each time, and one organisation's key opens nothing of
another's. Wrapped, it lies beside the wrapped keys of the objects, is written once and never replaced in silence; only
when the key-encryption key is renewed, the same vault key is wrapped anew.
"""

from __future__ import annotations

import re
import secrets
import threading
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from printserver.foundation.errors import IntegrityError, PrintServerError, Unavailable
from printserver.storage.blobs import Blobs
from printserver.storage.sealed import KEY_BYTES, Belonging, KeyWrapper

KIND: Final = "vault"
FILE: Final = "vault"
"""The wrapped vault key's name in the organisation's folder."""
_DERIVED: Final = b"printserver vault 1\0"
_OWNER: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class VaultKeyLost(IntegrityError):
    """Objects of the organisation are stored, but the key under which they can be opened is not there."""

    code = "vault-key-lost"


class VaultNotGiven(Unavailable):
    """The signer answers, but gives this process no vault key: it may not have any, or has asked too often."""

    code = "vault-not-given"


@dataclass(frozen=True)
class Vaults:
    """store: where wrapped keys lie.   wrapper: whoever reaches the HSM."""

    store: Blobs
    wrapper: KeyWrapper
    _held: dict[UUID, bytes] = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def key(self, owner: UUID) -> bytes:
        """32 bytes; made for an organisation that has stored nothing yet.

        Raises: VaultKeyLost, SealedNotGenuine, VaultNotGiven, Unavailable.
        """
        held = self._held.get(owner)
        if held is not None:
            return held
        with self._lock:
            if owner not in self._held:
                self._held[owner] = self._asked(owner)
            return self._held[owner]

    def derived(self, owner: UUID, purpose: str) -> bytes:
        """32 bytes for another purpose than storing objects; the same each time, and of no use for any other purpose.

        purpose: such as `archive-search`.   Raises: as `key`.   Source: HKDF, RFC 5869.
        """
        info = _DERIVED + owner.bytes + purpose.encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self.key(owner))

    def any(self) -> bool:
        """Whether the HSM's key has ever wrapped a vault key of this installation."""
        return any(name.endswith(f"/{FILE}") for name in self.store.names(""))

    def wrapped(self) -> dict[UUID, bytes]:
        """The wrapped vault key of every organisation of which the store holds anything.   Raises: VaultKeyLost."""
        return {owner: self._lying(owner) for owner in sorted(self._owners())}

    def replace(self, owner: UUID, wrapped: bytes) -> None:
        """wrapped: the same vault key, under another key-encryption key."""
        self.store.replace(_name(owner), wrapped)

    def _owners(self) -> set[UUID]:
        folders = {name.partition("/")[0] for name in self.store.names("") if "/" in name}
        return {UUID(folder) for folder in folders if _OWNER.fullmatch(folder)}

    def _lying(self, owner: UUID) -> bytes:
        wrapped = self.store.read(_name(owner))
        if wrapped is None:
            raise VaultKeyLost(f"the vault key of the organisation {owner} is gone; restore the keys of stored objects")
        return wrapped

    def _asked(self, owner: UUID) -> bytes:
        try:
            return self._read(owner) or self._make(owner)
        except (Unavailable, IntegrityError):
            raise
        except PrintServerError as problem:
            raise VaultNotGiven(f"no key of stored objects is given: {problem}") from problem

    def _read(self, owner: UUID) -> bytes | None:
        wrapped = self.store.read(_name(owner))
        return None if wrapped is None else self.wrapper.unwrap(wrapped, vault_of(owner))

    def _make(self, owner: UUID) -> bytes:
        """Of several processes that make it at once one wins, and the others read the winner's."""
        if not any(True for _ in self.store.names(str(owner))):
            made = secrets.token_bytes(KEY_BYTES)
            if self.store.create(_name(owner), self.wrapper.wrap(made, vault_of(owner))):
                return made
        winners = self._read(owner)
        if winners is None:
            raise VaultKeyLost("the organisation's vault key is gone; restore the keys of the stored objects")
        return winners


def vault_of(owner: UUID) -> Belonging:
    """As what the organisation's vault key is wrapped."""
    return Belonging(owner, KIND, owner)


def _name(owner: UUID) -> str:
    return f"{owner}/{FILE}"
