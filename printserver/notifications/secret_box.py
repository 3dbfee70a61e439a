"""Webhooks' secrets: made by the web process, shown once, and sealed to the worker, which alone signs with them.

The web process forgets what it sealed, and the database holds only what the worker can open, each for its own webhook.
Source: X25519 (RFC 7748), HKDF-SHA256 (RFC 5869), AES-256-GCM with a key of its own for each text.
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import ClassVar, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from printserver.foundation.errors import IntegrityError, Unavailable

PREFIX: Final = "psw_"
_OCTETS: Final = 32
_NONCE: Final = bytes(12)
_PURPOSE: Final = b"printserver webhook secret 1"


class BoxMissing(Unavailable):
    """The worker has not been started yet on this installation."""

    code: ClassVar[str] = "webhook-key-missing"


class BoxDamaged(IntegrityError):
    code: ClassVar[str] = "webhook-secret-damaged"


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(_OCTETS)


def seal_secret(secret: str, webhook_id: UUID, public_file: Path) -> str:
    """What only the worker can open, and only as that webhook's.   Raises: BoxMissing."""
    try:
        public = X25519PublicKey.from_public_bytes(public_file.read_bytes())
    except FileNotFoundError:
        raise BoxMissing("the worker has not run yet; start the server and try again") from None
    ephemeral = X25519PrivateKey.generate()
    own, key = _raw(ephemeral.public_key()), ephemeral.exchange(public)
    sealed = AESGCM(_derived(key, own + _raw(public))).encrypt(_NONCE, secret.encode("ascii"), webhook_id.bytes)
    return base64.b64encode(own + sealed).decode("ascii")


class SecretBox:
    """For the worker alone."""

    def __init__(self, key: X25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def load_or_make(cls, private_file: Path, public_file: Path) -> SecretBox:
        """private_file: for its owner alone.   public_file: for everybody; both are made when there is none."""
        if not private_file.exists():
            made = X25519PrivateKey.generate()
            _write(private_file, made.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()), 0o600)
        box = cls(X25519PrivateKey.from_private_bytes(private_file.read_bytes()))
        if not public_file.exists():
            _write(public_file, _raw(box._key.public_key()), 0o644)
        return box

    def open(self, sealed: str, webhook_id: UUID) -> str:
        """Raises: BoxDamaged."""
        try:
            octets = base64.b64decode(sealed)
            own, text = octets[:_OCTETS], octets[_OCTETS:]
            key = self._key.exchange(X25519PublicKey.from_public_bytes(own))
            derived = _derived(key, own + _raw(self._key.public_key()))
            return AESGCM(derived).decrypt(_NONCE, text, webhook_id.bytes).decode("ascii")
        except (InvalidTag, ValueError):
            raise BoxDamaged(f"the secret of webhook {webhook_id} was not sealed for it") from None


def _raw(key: X25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _derived(key: bytes, salt: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=salt, info=_PURPOSE).derive(key)


def _write(file: Path, octets: bytes, mode: int) -> None:
    """Under a name of its own first: who finds the file finds it whole; of several makers one wins."""
    aside = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as written:
            written.write(octets)
            written.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        _link(aside, file)
    finally:
        aside.unlink()


def _link(aside: Path, file: Path) -> None:
    try:
        file.hardlink_to(aside)
    except FileExistsError:
        return
