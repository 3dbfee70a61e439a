"""Every key that an earlier key-encryption key wraps is wrapped anew, under the newest: vaults, and keys in rows.

Each lies wrapped all the time: a vault's file gives way whole, a row is changed only where it still holds what was
read. So whoever is killed has lost nothing, whoever begins again goes on with what is left, and what is erased or
sealed meanwhile stays so. Passes go on until one finds nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from printserver.audit.log import By, append
from printserver.foundation.unit_of_work import Database
from printserver.organisations.identity_proof_keys import KINDS, replace_wrapped_key, wrapped_keys
from printserver.organisations.queries import organisations
from printserver.signer.key_encryption import HsmKeys, Wrapped, label_of
from printserver.signer.key_events import WrappedKeysRenewed
from printserver.signing.errors import KeyEncryptionKeyInUse, WrappedKeyRefused
from printserver.storage.sealed import Belonging
from printserver.storage.unguarded_keys import MARK
from printserver.storage.vault import KIND as VAULT
from printserver.storage.vault import Vaults, vault_of

BY_KEYS: Final = By(process="keys")
BATCH: Final = 50
"""Rows that are changed in one transaction."""
Key = tuple[Belonging, bytes]
"""As what a key is wrapped, and wrapped."""


@dataclass(frozen=True)
class Renewed:
    """keys: how many were wrapped anew.   refused: what no key of the token opens; it is left as it is."""

    keys: int
    refused: tuple[Belonging, ...]


@dataclass(frozen=True)
class Rewrapping:
    """keys: of an opened token.   vaults: for their store.   Everything raises VaultKeyLost, Unavailable."""

    keys: HsmKeys
    database: Database
    vaults: Vaults
    batch: int = BATCH

    def standing(self) -> Counter[int]:
        """How many wrapped keys name each generation."""
        return Counter(Wrapped.of(wrapped).generation for batch in self._batches() for _, wrapped in batch)

    def run(self) -> Renewed:
        """Until a pass finds nothing.   Raises: KeyEncryptionKeyMissing for a generation that the token lacks."""
        done = 0
        while (found := self._pass()).keys:
            done += found.keys
        return Renewed(done, found.refused)

    def require_unused(self, number: int) -> None:
        """Prove that nothing is lost with a generation: whatever is wrapped names another one, which opens it.

        An organisation whose vault is not found proves nothing: it may lie elsewhere.
        Raises: KeyEncryptionKeyInUse, KeyEncryptionKeyMissing, WrappedKeyRefused.
        """
        with self.database.reading() as work:
            known = {each.id for each in organisations(work)}
        if not known or not known <= self.vaults.wrapped().keys():
            raise KeyEncryptionKeyInUse("the vault key of an organisation is not to be found; look for it first")
        for batch in self._batches():
            for belongs, wrapped in batch:
                if Wrapped.of(wrapped).generation == number:
                    what = f"{label_of(number)} still wraps a key: {belongs.kind} {belongs.object_id}"
                    raise KeyEncryptionKeyInUse(f"{what}; printserver keys rewrap")
                self.keys.unwrap(wrapped, belongs)

    def _pass(self) -> Renewed:
        newest, keys, refused = self.keys.newest(), 0, list[Belonging]()
        for batch in self._batches():
            old = [(belongs, wrapped) for belongs, wrapped in batch if Wrapped.of(wrapped).generation != newest]
            tried = [(belongs, wrapped, self._anew(belongs, wrapped)) for belongs, wrapped in old]
            renewed = [(belongs, wrapped, new) for belongs, wrapped, new in tried if new is not None]
            if renewed:
                self._write(renewed)
            keys += len(renewed)
            refused += [belongs for belongs, _, new in tried if new is None]
        return Renewed(keys, tuple(refused))

    def _write(self, renewed: Sequence[tuple[Belonging, bytes, bytes]]) -> None:
        """Into the log before the store of vaults: of one that a kill leaves as it was the next pass speaks again."""
        with self.database.work() as work:
            said = Counter(
                (belongs.organisation_id, belongs.kind, Wrapped.of(new).generation)
                for belongs, old, new in renewed
                if belongs.kind == VAULT or replace_wrapped_key(work, belongs, old, new)
            )
            for (organisation_id, kind, generation), keys in said.items():
                event = WrappedKeysRenewed(label=label_of(generation), kind=kind, keys=keys)
                append(work, BY_KEYS.within(organisation_id), event)
        for belongs, _, new in renewed:
            if belongs.kind == VAULT:
                self.vaults.replace(belongs.object_id, new)

    def _anew(self, belongs: Belonging, wrapped: bytes) -> bytes | None:
        """Shown to open before it takes the old one's place; None for what the token refuses."""
        try:
            key = self.keys.unwrap(wrapped, belongs)
        except WrappedKeyRefused:
            return None
        new = self.keys.wrap(key, belongs)
        if self.keys.unwrap(new, belongs) != key:
            raise WrappedKeyRefused("the token does not give back the key that it has just wrapped")
        return new

    def _batches(self) -> Iterator[Sequence[Key]]:
        """All that the HSM wraps. Without sealing, vaults lie in the clear: nothing wraps those."""
        vaults = self.vaults.wrapped()
        yield [(vault_of(owner), wrapped) for owner, wrapped in vaults.items() if not wrapped.startswith(MARK)]
        for kind in KINDS:
            yield from self._rows(kind)

    def _rows(self, kind: str) -> Iterator[Sequence[Key]]:
        after: UUID | None = None
        while True:
            with self.database.reading() as work:
                batch = wrapped_keys(work, kind, after=after, limit=self.batch)
            if not batch:
                return
            yield batch
            after = batch[-1][0].object_id
