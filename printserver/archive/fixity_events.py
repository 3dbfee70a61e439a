"""What is recorded of checks of the archive's objects: damage, and that it was made good. Whole records say nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from printserver.archive.events import ArchiveEvent
from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class ArchiveDamageFound(ArchiveEvent):
    """Digests of objects that are not there, are not what was put there, or cannot be opened."""

    number: str
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    unreadable: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ArchiveDamageMended(ArchiveEvent):
    """Everything of the record is there again, and as it was put there."""

    number: str


@dataclass(frozen=True, kw_only=True)
class ForeignDamageFound(Event):
    """The package of an imported record was read again, and is missing, changed or unreadable: `result` says which."""

    subject: ClassVar[str] = "foreign-record"
    branch_id: UUID
    number: str
    package_sha256: str
    result: str


@dataclass(frozen=True, kw_only=True)
class ForeignDamageMended(Event):
    """The package of an imported record is there again, as it was put there."""

    subject: ClassVar[str] = "foreign-record"
    number: str
