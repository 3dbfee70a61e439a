"""What happens to returns and their pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class ReturnEvent(Event):
    subject: ClassVar[str] = "return"


@dataclass(frozen=True, kw_only=True)
class ReturnHandedIn(ReturnEvent):
    filename: str
    scan_sha256: str
    scan_kind: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class ReturnRead(ReturnEvent):
    pages: int
    matched: int
    doubtful: int
    blank: int


@dataclass(frozen=True, kw_only=True)
class ReturnFailed(ReturnEvent):
    problem: str


@dataclass(frozen=True, kw_only=True)
class PageEvent(Event):
    subject: ClassVar[str] = "return-page"
    return_id: UUID
    position: int


@dataclass(frozen=True, kw_only=True)
class PageMatched(PageEvent):
    copy_id: UUID
    page: int
    evidence: str
    verdict: str
    reason: str
    image_sha256: str


@dataclass(frozen=True, kw_only=True)
class PageDoubted(PageEvent):
    reason: str
    copy_id: UUID | None
    page: int | None
    verdict: str


@dataclass(frozen=True, kw_only=True)
class PageSettled(PageEvent):
    """What it was taken for before stays here."""

    copy_id: UUID
    page: int
    reason: str
    state_before: str
    reason_before: str
    copy_id_before: UUID | None
    page_before: int | None


@dataclass(frozen=True, kw_only=True)
class PageDiscarded(PageEvent):
    reason: str
    state_before: str
    reason_before: str
    copy_id_before: UUID | None
    page_before: int | None


@dataclass(frozen=True, kw_only=True)
class ReturnedScanRead(ReturnEvent):
    """Somebody fetched the untouched file."""

    sha256: str
