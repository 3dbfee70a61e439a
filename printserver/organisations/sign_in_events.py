"""What happens when people sign in, and to what they sign in with. Secrets are never facts of an event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from printserver.audit.log import Event


@dataclass(frozen=True, kw_only=True)
class SecondFactorFailed(Event):
    """`failed`: tries in a row from this device or network."""

    subject: ClassVar[str] = "user"
    failed: int


@dataclass(frozen=True, kw_only=True)
class AccountRested(Event):
    """Too many failures.   source: for whom it rests: a device, a network, or `all` that it does not know."""

    subject: ClassVar[str] = "user"
    source: str
    failed: int
    until: str


@dataclass(frozen=True, kw_only=True)
class SteppedUp(Event):
    subject: ClassVar[str] = "user"
    factor: str


@dataclass(frozen=True, kw_only=True)
class SessionsEnded(Event):
    subject: ClassVar[str] = "user"
    sessions: int


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    subject: ClassVar[str] = "user"


@dataclass(frozen=True, kw_only=True)
class PasswordReset(Event):
    subject: ClassVar[str] = "user"


@dataclass(frozen=True, kw_only=True)
class AccessResetOrdered(Event):
    """`id`: whose; nothing has changed for that person yet."""

    subject: ClassVar[str] = "user"
    reset_id: UUID
    second_factor_too: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class SecondFactorEnrolled(Event):
    subject: ClassVar[str] = "user"
    factor: str


@dataclass(frozen=True, kw_only=True)
class SecondFactorRemoved(Event):
    subject: ClassVar[str] = "user"
    factor: str


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesMade(Event):
    subject: ClassVar[str] = "user"
    codes: int


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeSpent(Event):
    subject: ClassVar[str] = "user"


@dataclass(frozen=True, kw_only=True)
class ServiceAccountCreated(Event):
    subject: ClassVar[str] = "user"
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ServiceAccountClosed(Event):
    subject: ClassVar[str] = "user"


@dataclass(frozen=True, kw_only=True)
class SingleSignOnFailed(Event):
    """`claimed`: the login that the provider named, if it came so far."""

    subject: ClassVar[str] = "user"
    why: str
    claimed: str
