"""What an installation demands of those who sign in. Pure; filled from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from printserver.foundation.errors import Forbidden


class FactorKind(StrEnum):
    """With what somebody showed who they are, most recently."""

    PASSWORD = "password"  # noqa: S105 -- a name
    TOTP = "totp"
    RECOVERY_CODE = "recovery-code"
    PASSKEY = "passkey"
    SINGLE_SIGN_ON = "single-sign-on"


class Obligation(StrEnum):
    """What must be done before anything else."""

    CHANGE_PASSWORD = "change-password"  # noqa: S105 -- a name
    ENROL_SECOND_FACTOR = "enrol-second-factor"


class PasswordChangeNeeded(Forbidden):
    code: ClassVar[str] = "password-change-needed"


class SecondFactorMissing(Forbidden):
    code: ClassVar[str] = "second-factor-missing"


@dataclass(frozen=True)
class SignInPolicy:
    """Durations and numbers.

    password_days: how old a password may become; 0: as old as it likes.
    second_factor_roles: who holds one of these needs a second factor.
    failures_before_rest: of one source on one account, until it rests, longer with each further one.
    failures_of_all: of all sources that the account does not know together, until it rests for such sources.
    """

    password_days: int = 60
    second_factor_roles: frozenset[str] = frozenset()
    idle: timedelta = timedelta(minutes=60)
    step_up: timedelta = timedelta(minutes=5)
    failures_before_rest: int = 5
    failures_of_all: int = 50
    longest_rest: timedelta = timedelta(hours=1)

    def rest(self, failures: int, allowed: int) -> timedelta | None:
        """How long to rest after so many failures in a row; None while more are allowed."""
        excess = failures - allowed
        return None if excess < 0 else min(timedelta(seconds=2 ** min(excess, 12)), self.longest_rest)

    def password_is_old(self, changed_at: datetime, now: datetime) -> bool:
        return self.password_days > 0 and now - changed_at >= timedelta(days=self.password_days)

    def is_fresh(self, shown_at: datetime | None, now: datetime) -> bool:
        """Whether what was shown then is good for a step-up now."""
        return shown_at is not None and timedelta(0) <= now - shown_at < self.step_up


def obligation_error(obligation: Obligation) -> Forbidden:
    if obligation is Obligation.CHANGE_PASSWORD:
        return PasswordChangeNeeded("please choose a new password first")
    return SecondFactorMissing("your role needs a second factor; please enrol one first")
