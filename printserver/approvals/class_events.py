"""What happens to classes of documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class ClassDescribed(Event):
    subject: ClassVar[str] = "document-class"
    code: str
    name_zh: str
    name_en: str
    retention: str
    seal_types: tuple[str, ...]
    retired: bool
    public_view: str = ""
    marks: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class FlowProposed(Event):
    """Officers are asked to confirm it."""

    subject: ClassVar[str] = "document-class"
    code: str
    version: int
    flow_sha256: str


@dataclass(frozen=True, kw_only=True)
class FlowTakenUp(Event):
    subject: ClassVar[str] = "document-class"
    code: str
    version: int
    flow_sha256: str
