"""What happens to people's passkeys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class PasskeyAdded(Event):
    """`fingerprint`: SHA-256 of the COSE public key."""

    subject: ClassVar[str] = "user"
    passkey_id: UUID
    name: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class PasskeyRenamed(Event):
    subject: ClassVar[str] = "user"
    passkey_id: UUID
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class PasskeyRemoved(Event):
    subject: ClassVar[str] = "user"
    passkey_id: UUID
    name: str
    fingerprint: str
