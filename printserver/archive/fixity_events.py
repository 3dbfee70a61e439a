"""What is recorded of checks of the archive's objects: damage, and that it was made good. Whole records say nothing."""

from __future__ import annotations

from dataclasses import dataclass

from printserver.archive.events import ArchiveEvent


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
