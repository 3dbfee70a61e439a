"""What happens in an approval flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class RequestDecided(Event):
    """`id`: the print request."""

    subject: ClassVar[str] = "print-request"
    step: str
    decision: str
    reason: str
    manifest_sha256: str
    acts_for: UUID | None = None
    to: UUID | None = None
    kind: str = "attested"


@dataclass(frozen=True, kw_only=True)
class AuthorisationGranted(Event):
    subject: ClassVar[str] = "authorisation"
    copy_id: UUID
    manifest_sha256: str
    content_sha256: str


@dataclass(frozen=True, kw_only=True)
class AuthorisationRedeemed(Event):
    subject: ClassVar[str] = "authorisation"
    copy_id: UUID


@dataclass(frozen=True, kw_only=True)
class AuthorisationRefused(Event):
    """The signer would not sign: an alarm."""

    subject: ClassVar[str] = "authorisation"
    code: str
    reason: str
