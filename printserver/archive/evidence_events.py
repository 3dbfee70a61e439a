"""What is recorded of evidence packages."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from printserver.archive.events import ArchiveEvent


@dataclass(frozen=True, kw_only=True)
class EvidenceTaken(ArchiveEvent):
    """Somebody packed a record's evidence.

    `record_sha256`: of its `record.json`, which names every other file, so that the signed head of the log that proves
    this entry binds the whole package.   key_list_sha256: of the list in it.
    """

    number: str
    serial: str
    record_sha256: str
    key_list_sha256: str
    whole_scans: bool


@dataclass(frozen=True, kw_only=True)
class EvidenceAsked(ArchiveEvent):
    """A package of several records was ordered. `id`: of the package."""

    records: int
    record_ids: tuple[UUID, ...]
    whole_scans: bool
