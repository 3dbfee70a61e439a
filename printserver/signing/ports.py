"""What this room needs from whoever holds a private key. An HSM key and a software key look the same."""

from __future__ import annotations

from typing import Protocol


class RawSign(Protocol):
    """One P-256 key. Takes a SHA-256 digest (32 bytes), answers r‖s (64 bytes, big-endian halves)."""

    def __call__(self, digest: bytes, /) -> bytes: ...


class MessageSign(Protocol):
    """One RSA key. Takes the whole message, answers the RSASSA-PKCS1-v1_5 signature over its SHA-256."""

    def __call__(self, message: bytes, /) -> bytes: ...
