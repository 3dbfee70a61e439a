"""What happens to seals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class SealEvent(Event):
    subject: ClassVar[str] = "seal"


@dataclass(frozen=True, kw_only=True)
class SealRegistered(SealEvent):
    name: str
    type: str
    object_sha256: str
    custodian_id: UUID


@dataclass(frozen=True, kw_only=True)
class SealSuspended(SealEvent):
    before: str
    reason: str
