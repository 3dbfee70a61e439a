"""What happens to proofs of identity. The log is kept for ever: it holds no name, no number, nothing of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class IdentitySubmitted(Event):
    """Of a person, or of the company that a branch is.   files: how many."""

    subject: ClassVar[str] = "identity-proof"
    of_person: UUID | None
    of_branch: UUID | None
    document: str
    files: int


@dataclass(frozen=True, kw_only=True)
class IdentityMoved(Event):
    """method: of a check; else empty. Why, stands with the proof alone, where it can be erased."""

    subject: ClassVar[str] = "identity-proof"
    action: str
    before: str
    after: str
    method: str


@dataclass(frozen=True, kw_only=True)
class IdentityViewed(Event):
    """The number, when no evidence is named."""

    subject: ClassVar[str] = "identity-proof"
    evidence_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class IdentityErasureAsked(Event):
    """It takes another person's word."""

    subject: ClassVar[str] = "identity-proof"


@dataclass(frozen=True, kw_only=True)
class IdentityErasureDropped(Event):
    subject: ClassVar[str] = "identity-proof"


@dataclass(frozen=True, kw_only=True)
class IdentityPolicyChanged(Event):
    """`id`: the organisation. Each as `field: value`."""

    subject: ClassVar[str] = "organisation"
    before: tuple[str, ...]
    after: tuple[str, ...]
