"""What happens to print requests and copies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class RequestEvent(Event):
    subject: ClassVar[str] = "print-request"


@dataclass(frozen=True, kw_only=True)
class CopyEvent(Event):
    subject: ClassVar[str] = "copy"


@dataclass(frozen=True, kw_only=True)
class RequestSubmitted(RequestEvent):
    document_id: UUID
    seal_id: UUID
    printer_id: UUID
    copies: int
    own_reference: str
    replaces_copy_id: UUID | None
    class_code: str = ""
    earlier_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ElectronicOriginalTaken(CopyEvent):
    """Somebody has downloaded the signed file."""

    sha256: str


@dataclass(frozen=True, kw_only=True)
class ProcessSheetTaken(RequestEvent):
    """The cover page, which is no copy, was drawn for somebody."""


@dataclass(frozen=True, kw_only=True)
class ApprovalFlowOpened(RequestEvent):
    manifest_sha256: str


@dataclass(frozen=True, kw_only=True)
class RequestMoved(RequestEvent):
    before: str
    after: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RequestUrged(RequestEvent):
    """Whoever has the step is reminded."""

    step: str


@dataclass(frozen=True, kw_only=True)
class SealedByHand(RequestEvent):
    """papers: how many."""

    seal_id: UUID
    papers: int
    sealed_at: datetime


@dataclass(frozen=True, kw_only=True)
class CopyRendered(CopyEvent):
    request_id: UUID
    serial: str
    number: int
    rendition_sha256: str


@dataclass(frozen=True, kw_only=True)
class CopyMoved(CopyEvent):
    before: str
    after: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReleaseCodeMade(RequestEvent):
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReleaseCodeUsed(RequestEvent):
    made_by: UUID


@dataclass(frozen=True, kw_only=True)
class ReleaseCodeRefused(Event):
    """`id`: of the person who typed a wrong code.   failed: how often lately."""

    subject: ClassVar[str] = "user"

    failed: int


@dataclass(frozen=True, kw_only=True)
class CopyLossConfirmed(CopyEvent):
    """A second person says that the copy is gone."""

    settled_by: UUID | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class HolderNotified(CopyEvent):
    kind: str
    channel: str
    delivered_at: datetime


@dataclass(frozen=True, kw_only=True)
class CopySigned(CopyEvent):
    """journal_lines, journal_head: the signer's spent journal as it stood, so that a tail cut off later shows."""

    issued_sha256: str
    journal_lines: int
    journal_head: str


@dataclass(frozen=True, kw_only=True)
class CopySealed(CopyEvent):
    """A seal's key has signed the digest of the copy's rendition. `position`: among the copy's seals, from 1."""

    seal_id: UUID
    position: int
    rendition_sha256: str
    signature_sha256: str


@dataclass(frozen=True, kw_only=True)
class CopyStarted(CopyEvent):
    """The first octet was about to reach the printer: from here on paper may come out."""

    job_uuid: UUID


@dataclass(frozen=True, kw_only=True)
class DraftSaved(Event):
    subject: ClassVar[str] = "request-draft"
    title: str
    safe_sha256: str


@dataclass(frozen=True, kw_only=True)
class DraftDiscarded(Event):
    subject: ClassVar[str] = "request-draft"


@dataclass(frozen=True, kw_only=True)
class BatchStarted(Event):
    """Each row of a table becomes an application."""

    subject: ClassVar[str] = "request_batch"
    template: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class BatchStopped(Event):
    subject: ClassVar[str] = "request_batch"
