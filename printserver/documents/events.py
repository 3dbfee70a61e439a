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


@dataclass(frozen=True, kw_only=True)
class DocumentConfirmed(Event):
    """The person who handed it in has looked at what was found, and stands by it."""

    subject: ClassVar[str] = "document"
    questions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DocumentMade(Event):
    """By a template."""

    subject: ClassVar[str] = "document"
    template: str
    version: int
    data_sha256: str


@dataclass(frozen=True, kw_only=True)
class TemplateVersionAdded(Event):
    subject: ClassVar[str] = "document_template"
    code: str
    version: int
    sources_sha256: str


@dataclass(frozen=True, kw_only=True)
class TemplateRetired(Event):
    subject: ClassVar[str] = "document_template"
    code: str
