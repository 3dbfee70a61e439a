"""What is recorded of other installations' archives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class ArchiveSourcePinned(Event):
    """Somebody chose to believe another installation's root."""

    subject: ClassVar[str] = "archive-source"
    name: str
    root_fingerprint: str
    note: str


@dataclass(frozen=True, kw_only=True)
class ForeignRecordImported(Event):
    """A package was verified under the source's root and kept. `number`, `serial`: the other installation's."""

    subject: ClassVar[str] = "foreign-record"
    source_id: UUID
    number: str
    serial: str
    package_sha256: str


@dataclass(frozen=True, kw_only=True)
class ForeignRecordRead(Event):
    """Somebody fetched its package, or a file of it."""

    subject: ClassVar[str] = "foreign-record"
    what: str
