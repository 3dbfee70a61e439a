"""A key-encryption key in software, which wraps as the HSM's does: for tests of what seals objects."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)

from printserver.foundation.errors import Unavailable
from printserver.storage.sealed import KEY_BYTES, Belonging, SealedNotGenuine


@dataclass
class SoftwareKeyWrapper:
    """asked: what was done for which object, in order.   away: as if the HSM did not answer."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(KEY_BYTES), repr=False)
    asked: list[tuple[str, Belonging]] = field(default_factory=list)
    away: bool = False

    def wrap(self, key: bytes, belongs: Belonging) -> bytes:
        self._ask("wrap", belongs)
        return aes_key_wrap_with_padding(self.key, key + belongs.digest)

    def unwrap(self, wrapped: bytes, belongs: Belonging) -> bytes:
        self._ask("unwrap", belongs)
        try:
            plain = aes_key_unwrap_with_padding(self.key, wrapped)
        except (InvalidUnwrap, ValueError) as problem:
            raise SealedNotGenuine("no wrapped key of this installation") from problem
        if plain[KEY_BYTES:] != belongs.digest:
            raise SealedNotGenuine("the wrapped key of another object")
        return plain[:KEY_BYTES]

    def _ask(self, what: str, belongs: Belonging) -> None:
        if self.away:
            raise Unavailable("the HSM is away")
        self.asked.append((what, belongs))
