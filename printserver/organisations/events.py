"""What happens to organisations, people and their credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class OrganisationCreated(Event):
    subject: ClassVar[str] = "organisation"
    name: str
    number: int


@dataclass(frozen=True, kw_only=True)
class BranchCreated(Event):
    subject: ClassVar[str] = "branch"
    name: str
    path: str


@dataclass(frozen=True, kw_only=True)
class UserCreated(Event):
    subject: ClassVar[str] = "user"
    login: str
    staff_number: str
    name: str


@dataclass(frozen=True, kw_only=True)
class SignedIn(Event):
    """`factor`: the last one that was shown."""

    subject: ClassVar[str] = "user"
    factor: str


@dataclass(frozen=True, kw_only=True)
class SignInFailed(Event):
    subject: ClassVar[str] = "user"
    failed_sign_ins: int


@dataclass(frozen=True, kw_only=True)
class SignedOut(Event):
    subject: ClassVar[str] = "user"


@dataclass(frozen=True, kw_only=True)
class ApiTokenIssued(Event):
    subject: ClassVar[str] = "user"
    token_id: UUID
    name: str
    expires_at: str
    scopes: tuple[str, ...]
    networks: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ApiTokenRevoked(Event):
    subject: ClassVar[str] = "user"
    token_id: UUID
