"""What happens to statements on their way into the signer's register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class StatementProposed(Event):
    subject: ClassVar[str] = "statement"
    kind: str
    about: UUID | None
    body: Mapping[str, Any]
    sha256: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class StatementSigned(Event):
    subject: ClassVar[str] = "statement"
    sha256: str
    as_officer: bool


@dataclass(frozen=True, kw_only=True)
class StatementMoved(Event):
    subject: ClassVar[str] = "statement"
    before: str
    after: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class StatementRegistered(Event):
    """The signer has taken it up. `register_lines`, `register_head`: where its register ended then."""

    subject: ClassVar[str] = "statement"
    sha256: str
    register_lines: int
    register_head: str


@dataclass(frozen=True, kw_only=True)
class StatementWithoutEffect(Event):
    """It is registered, but the rows could not follow: an alarm."""

    subject: ClassVar[str] = "statement"
    code: str
    reason: str
