"""The secret of the web process, which lies outside the database: without it no row signs anybody in.

Whoever writes rows can set a password's hash, insert a session or copy a token, but cannot make the MACs and
ciphertexts that such a row needs; each binds the account that it belongs to.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from printserver.foundation.errors import IntegrityError

OCTETS: Final = 32
_NONCE_OCTETS: Final = 12


class SecretsDamaged(IntegrityError):
    """Nothing that was made under another secret is believed, so none is made in its place."""

    code: ClassVar[str] = "secrets-damaged"


class Purpose(StrEnum):
    """Each has a key of its own, so that what was made for one is worth nothing for another."""

    PASSWORD = "password"  # noqa: S105 -- a name
    SESSION = "session"
    FACTOR_SHOWN = "factor-shown"
    PENDING_SIGN_IN = "pending-sign-in"
    DEVICE = "device"
    API_TOKEN = "api-token"  # noqa: S105 -- a name
    STEP_UP = "step-up"
    RECOVERY_CODE = "recovery-code"
    TOTP_SEED = "totp-seed"
    PASSKEY = "passkey"
    ACCESS_RESET = "access-reset"
    SINGLE_SIGN_ON = "single-sign-on"
    IDENTITY_NUMBER = "identity-number"
    SIGHTING = "sighting"
    SIGNING_CAPTURE = "signing-capture"


@dataclass(frozen=True)
class Secrets:
    """`root`: 32 octets.   Raises: SecretsDamaged."""

    root: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.root) != OCTETS:
            raise SecretsDamaged("the web process's secret has not its 32 octets")

    @classmethod
    def make(cls, path: Path) -> Secrets:
        """A new secret in a file of mode 0600 that did not exist before.   Raises: FileExistsError, OSError."""
        root = secrets.token_bytes(OCTETS)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(root)
            file.flush()
            os.fsync(descriptor)
        return cls(root)

    @classmethod
    def load(cls, path: Path) -> Secrets:
        """Raises: SecretsDamaged for a missing file, or one that others can read."""
        try:
            if path.stat().st_mode & 0o077:
                raise SecretsDamaged("the web process's secret must be readable by its owner alone")
            return cls(path.read_bytes())
        except FileNotFoundError:
            raise SecretsDamaged("the web process's secret is missing; `printserver init` makes it") from None

    def mac(self, purpose: Purpose, *parts: str) -> str:
        """HMAC-SHA256 as 64 hex digits, over parts that cannot run into each other."""
        code = hmac.new(self._key(purpose), digestmod="sha256")
        for part in parts:
            octets = part.encode()
            code.update(len(octets).to_bytes(8, "big") + octets)
        return code.hexdigest()

    def vouches(self, mac: str | None, purpose: Purpose, *parts: str) -> bool:
        """Whether `mac` is the one over these parts; compared in constant time."""
        return mac is not None and hmac.compare_digest(mac.encode(), self.mac(purpose, *parts).encode())

    def encrypt(self, purpose: Purpose, user_id: UUID, data: bytes) -> str:
        """AES-256-GCM for this account alone, as text."""
        nonce = secrets.token_bytes(_NONCE_OCTETS)
        sealed = AESGCM(self._key(purpose)).encrypt(nonce, data, user_id.bytes)
        return base64.b64encode(nonce + sealed).decode("ascii")

    def decrypt(self, purpose: Purpose, user_id: UUID, text: str) -> bytes:
        """Raises: SecretsDamaged for what was made for another account, or under another secret."""
        try:
            octets = base64.b64decode(text, validate=True)
            return AESGCM(self._key(purpose)).decrypt(octets[:_NONCE_OCTETS], octets[_NONCE_OCTETS:], user_id.bytes)
        except (InvalidTag, ValueError):
            raise SecretsDamaged("what is stored for this account was not made for it here") from None

    def _key(self, purpose: Purpose) -> bytes:
        derivation = HKDF(SHA256(), OCTETS, salt=None, info=f"printserver web secret 1 {purpose}".encode())
        return derivation.derive(self.root)
