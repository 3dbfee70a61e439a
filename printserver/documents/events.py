"""What happens to documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class DocumentTakenIn(Event):
    subject: ClassVar[str] = "document"
    original_sha256: str
    safe_sha256: str
    pages: int
