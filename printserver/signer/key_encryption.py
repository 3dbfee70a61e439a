"""The key-encryption key, generation by generation: the newest wraps, and each wrapped key names the one that opens it.

A ceremony makes the next generation (`key-encryption.2`, …); `rewrapping` then wraps everything anew. Written: `PSW1`,
the generation (u16, big-endian), what the token answered. What was wrapped before generations were named is the first
one's; tokens answer multiples of 8 bytes, so that the two lengths never meet.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from printserver.signer.keys import KEY_ENCRYPTION_LABEL, generation, numbered
from printserver.signing.errors import HsmKeyMissing, KeyEncryptionKeyMissing, WrappedKeyRefused
from printserver.signing.hsm import Hsm
from printserver.storage.sealed import KEY_BYTES, Belonging

MAGIC: Final = b"PSW1"
FIRST: Final = 1
_HEAD: Final = len(MAGIC) + 2
_STEP: Final = 8


@dataclass(frozen=True)
class Wrapped:
    """generation: of the key-encryption key, from 1 on.   octets: as the token answers them."""

    generation: int
    octets: bytes

    @classmethod
    def of(cls, given: bytes) -> Wrapped:
        """Whatever is given; what is no wrapped key, the token refuses."""
        if given.startswith(MAGIC) and len(given) % _STEP == _HEAD % _STEP:
            return cls(int.from_bytes(given[len(MAGIC) : _HEAD], "big"), given[_HEAD:])
        return cls(FIRST, given)

    def __bytes__(self) -> bytes:
        return MAGIC + self.generation.to_bytes(_HEAD - len(MAGIC), "big") + self.octets


@dataclass(frozen=True)
class HsmKeys:
    """The `KeyWrapper` of who holds the token, without any record: the caller makes one."""

    hsm: Hsm

    def wrap(self, key: bytes, belongs: Belonging) -> bytes:
        """Under the newest generation, looked up each time: another process may have just made it.

        key: 32 bytes.   Raises: KeyEncryptionKeyMissing, HsmUnavailable.
        """
        newest = self.newest()
        with _its_absence_told():
            return bytes(Wrapped(newest, self.hsm.wrap(label_of(newest), key + belongs.digest)))

    def unwrap(self, wrapped: bytes, belongs: Belonging) -> bytes:
        """32 bytes.   Raises: WrappedKeyRefused, and those of `wrap`."""
        given, held = Wrapped.of(wrapped), self.generations()
        with _its_absence_told():
            if held and given.generation not in held:
                raise HsmKeyMissing(f"the token no longer holds {label_of(given.generation)}")
            plain = self.hsm.unwrap(label_of(given.generation), given.octets)
        if len(plain) <= KEY_BYTES or not hmac.compare_digest(plain[KEY_BYTES:], belongs.digest):
            raise WrappedKeyRefused("this is the wrapped key of another object")
        return plain[:KEY_BYTES]

    def generations(self) -> list[int]:
        """Those that the token holds, the oldest first."""
        found = (generation(name, KEY_ENCRYPTION_LABEL) for name in self.hsm.secret_labels())
        return sorted(each for each in found if each is not None)

    def newest(self) -> int:
        """The first one where the token holds none: whoever then uses it is told so."""
        return max(self.generations(), default=FIRST)


def label_of(generation: int) -> str:
    """Its name in the token."""
    return numbered(KEY_ENCRYPTION_LABEL, generation)


@contextmanager
def _its_absence_told() -> Iterator[None]:
    try:
        yield
    except HsmKeyMissing as problem:
        raise KeyEncryptionKeyMissing(
            f"the key for sealed storage is not there ({problem}); restore the token's backup that holds it, "
            "or use a token that wraps keys"
        ) from problem
