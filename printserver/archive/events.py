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
    number: str
    serial: str
    issued_sha256: str
    page_images: tuple[str | None, ...]
    retention_class: str


@dataclass(frozen=True, kw_only=True)
class ArchivedFileRead(ArchiveEvent):
    """`what`: issued, scan or page-image."""

    what: str
    sha256: str
