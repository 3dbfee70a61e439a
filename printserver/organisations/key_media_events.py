"""What happens to the key media that people carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class MediumAppliedFor(Event):
    subject: ClassVar[str] = "key-medium"
    holder_id: UUID
    kind: str
    purpose: str
    replaces_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class MediumMoved(Event):
    """first_person_id: who asked for a step that took two persons; None for all others."""

    subject: ClassVar[str] = "key-medium"
    action: str
    before: str
    after: str
    remark: str
    first_person_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class MediumEntered(Event):
    """Which one was handed out."""

    subject: ClassVar[str] = "key-medium"
    maker: str
    serial_number: str


@dataclass(frozen=True, kw_only=True)
class MediumStepAsked(Event):
    """Another person has yet to confirm it."""

    subject: ClassVar[str] = "key-medium"
    action: str
    remark: str


@dataclass(frozen=True, kw_only=True)
class MediumStepDropped(Event):
    subject: ClassVar[str] = "key-medium"
    action: str


@dataclass(frozen=True, kw_only=True)
class MediumCertificateEntered(Event):
    subject: ClassVar[str] = "key-medium"
    certificate_sha256: str
    certificate_serial: str
    not_after: str


@dataclass(frozen=True, kw_only=True)
class MediumPasskeyLinked(Event):
    subject: ClassVar[str] = "key-medium"
    passkey_id: UUID | None
