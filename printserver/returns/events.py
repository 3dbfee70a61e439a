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
    """Without the file's name: people put names into it, and the log keeps for ever what a disposal has to take."""

    scan_sha256: str
    scan_kind: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class ReturnRead(ReturnEvent):
    pages: int
    matched: int
    doubtful: int
    blank: int
    attached: int = 0


@dataclass(frozen=True, kw_only=True)
class ReturnFailed(ReturnEvent):
    problem: str


@dataclass(frozen=True, kw_only=True)
class PagesTakenOver(ReturnEvent):
    """The first pages of a failed return of the same bytes had their fate already; they belong to this one now."""

    earlier_id: UUID
    pages: int


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
class ProcessSheetMet(PageEvent):
    """The pages behind this one belong to that request, as far as they carry no code."""

    request_id: UUID


@dataclass(frozen=True, kw_only=True)
class PageAttached(PageEvent):
    """`sheet`: the process sheet's place in the scan; none when a person said so."""

    request_id: UUID
    sheet: int | None
    image_sha256: str
    reason: str = ""
    state_before: str = ""
    reason_before: str = ""
    copy_id_before: UUID | None = None
    page_before: int | None = None
    request_id_before: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class PageVersionKept(PageEvent):
    """A further scan of a page that came home before."""

    copy_id: UUID
    page: int
    reason: str
    image_sha256: str
    state_before: str
    reason_before: str
    copy_id_before: UUID | None
    page_before: int | None
    request_id_before: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ReturnedPapersRead(Event):
    """Somebody fetched the pages that came home behind the request's process sheet."""

    subject: ClassVar[str] = "print-request"
    pages: int


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
    request_id_before: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class PageDiscarded(PageEvent):
    reason: str
    state_before: str
    reason_before: str
    copy_id_before: UUID | None
    page_before: int | None
    request_id_before: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ReturnedScanRead(ReturnEvent):
    """Somebody fetched the untouched file."""

    sha256: str
