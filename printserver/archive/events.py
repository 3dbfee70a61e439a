"""What happens to archive records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class ArchiveEvent(Event):
    subject: ClassVar[str] = "archive-record"


@dataclass(frozen=True, kw_only=True)
class CopyArchived(ArchiveEvent):
    """`page_images`: digests of the archived pages, page 1 first."""

    copy_id: UUID
    branch_id: UUID
    number: str
    serial: str
    issued_sha256: str
    page_images: tuple[str | None, ...]
    retention_class: str


@dataclass(frozen=True, kw_only=True)
class ArchivedFileRead(ArchiveEvent):
    """`what`: issued, issued-page, scan, page-image or searchable."""

    what: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ArchiveRecordViewed(ArchiveEvent):
    """`by_page`: on a page of ours; else by a program."""

    by_page: bool


@dataclass(frozen=True, kw_only=True)
class SearchableMade(ArchiveEvent):
    """`texts`: of each page, where its words come from: issued, read or none."""

    sha256: str
    texts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SearchableFailed(ArchiveEvent):
    reason: str


@dataclass(frozen=True, kw_only=True)
class SearchableAskedAgain(ArchiveEvent):
    tries: int


@dataclass(frozen=True, kw_only=True)
class ArchiveNumberingSet(Event):
    """`id`: of the organisation."""

    subject: ClassVar[str] = "archive"

    pattern: str
    fonds: str


@dataclass(frozen=True, kw_only=True)
class CatalogueExported(Event):
    subject: ClassVar[str] = "archive"

    year: str
    class_code: str
    branch_id: UUID | None
    records: int


@dataclass(frozen=True, kw_only=True)
class SearchSaved(Event):
    subject: ClassVar[str] = "archive"

    name: str


@dataclass(frozen=True, kw_only=True)
class SearchForgotten(Event):
    subject: ClassVar[str] = "archive"


@dataclass(frozen=True, kw_only=True)
class IndexAskedAnew(Event):
    """`id`: of the organisation.   texts: so many are read anew."""

    subject: ClassVar[str] = "archive"

    texts: int
