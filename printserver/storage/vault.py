"""Vault keys: one an organisation, under which the keys of its stored objects are wrapped.

The HSM's key-encryption key wraps the vault key; a process asks for it once and keeps it in its memory. So what lies on
a disk opens nothing, what is stored needs no question to the HSM each time, and one organisation's key opens nothing of
another's. Wrapped, it lies beside the wrapped keys of the objects, is written once and never replaced in silence.
"""

from __future__ import annotations

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

    def _asked(self, owner: UUID) -> bytes:
        try:
            return self._read(owner) or self._make(owner)
        except (Unavailable, IntegrityError):
            raise
        except PrintServerError as problem:
            raise VaultNotGiven(f"no key of stored objects is given: {problem}") from problem

    def _read(self, owner: UUID) -> bytes | None:
        wrapped = self.store.read(_name(owner))
        return None if wrapped is None else self.wrapper.unwrap(wrapped, _belonging(owner))

    def _make(self, owner: UUID) -> bytes:
        """Of several processes that make it at once one wins, and the others read the winner's."""
        if not any(True for _ in self.store.names(str(owner))):
            made = secrets.token_bytes(KEY_BYTES)
            if self.store.create(_name(owner), self.wrapper.wrap(made, _belonging(owner))):
                return made
        winners = self._read(owner)
        if winners is None:
            raise VaultKeyLost("the organisation's vault key is gone; restore the keys of the stored objects")
        return winners


def _name(owner: UUID) -> str:
    return f"{owner}/{FILE}"


def _belonging(owner: UUID) -> Belonging:
    return Belonging(owner, KIND, owner)
