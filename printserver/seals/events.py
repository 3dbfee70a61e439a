"""What happens to seals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
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
class SealAppliedFor(SealEvent):
    name: str
    type: str
    registration_number: str
    artwork_sha256: str
    width_um: int
    height_um: int
    custodians: tuple[UUID, ...]
    owner_id: UUID | None
    replaces_id: UUID | None
    origin: str


@dataclass(frozen=True, kw_only=True)
class SealStepTaken(SealEvent):
    """`facts_before`, `facts_after`: what changed of its description."""

    action: str
    before: str
    after: str
    reason: str
    attachment_sha256: str | None = None
    facts_before: Mapping[str, Any] = field(default_factory=dict)
    facts_after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SealStepProposed(SealEvent):
    action: str
    reason: str
    statement_id: UUID
    form: Mapping[str, Any]
    attachment_sha256: str | None


@dataclass(frozen=True, kw_only=True)
class SealStepDropped(SealEvent):
    """It was refused or taken back, or the seal was stopped meanwhile."""

    action: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SealStatementIgnored(SealEvent):
    """The signer's register took a description that this seal's row does not follow."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class SealSuspended(SealEvent):
    before: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SealNotMade(SealEvent):
    """The signer refused what was ordered. `problem`: its code."""

    problem: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SealKeyDestroyed(SealEvent):
    """The seal's key is gone from the HSM for ever. `was_there`: false when it had been gone before."""

    was_there: bool


@dataclass(frozen=True, kw_only=True)
class SealUsesCounted(SealEvent):
    copies: int
    uses: int


@dataclass(frozen=True, kw_only=True)
class SealArtworkHandedIn(Event):
    subject: ClassVar[str] = "seal-artwork"
    original_sha256: str
    artwork_sha256: str
    filename: str


@dataclass(frozen=True, kw_only=True)
class SealImportLookedAt(Event):
    subject: ClassVar[str] = "seal-import"
    file_sha256: str
    lines: int
    wrong: int


@dataclass(frozen=True, kw_only=True)
class SealImportApplied(Event):
    subject: ClassVar[str] = "seal-import"
    file_sha256: str
    seals: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class PhysicalSealEvent(Event):
    subject: ClassVar[str] = "physical-seal"


@dataclass(frozen=True, kw_only=True)
class PhysicalSealRecorded(PhysicalSealEvent):
    name: str
    type: str
    keeper_id: UUID
    place: str


@dataclass(frozen=True, kw_only=True)
class PhysicalSealMoved(PhysicalSealEvent):
    action: str
    before: str
    after: str
    reason: str
    keeper_id: UUID
    place: str
    witness_id: UUID | None
