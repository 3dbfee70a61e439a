"""How often it may be tried, and from where: an account rests for whoever guesses, not for the person whose it is.

Failures are counted for each account and source: a device that the account knows by a cookie, else the network. Besides
they are counted for the account as a whole, so that a thousand addresses are no more than fifty; when that many have
failed, the account rests for all sources from which nobody has signed in before.
"""

from __future__ import annotations

import secrets as randomness
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from printserver.audit.log import By, append
from printserver.foundation.networks import network_of
from printserver.foundation.unit_of_work import Work
from printserver.organisations.models import SignInSource, User
from printserver.organisations.secrets import Purpose, Secrets
from printserver.organisations.sign_in_events import AccountRested
from printserver.organisations.sign_in_policy import SignInPolicy

KNOWN_FOR: Final = timedelta(days=90)
_MOST_ACCOUNTS: Final = 8
_MAC_DIGITS: Final = 32
_ID_OCTETS: Final = 16
_ANYBODY: Final = "anybody"


@dataclass(frozen=True)
class Origin:
    """Where a try comes from.   device: what the program says of itself.   cookie: of a device; hostile text."""

    address: str = ""
    device: str = ""
    cookie: str = ""


@dataclass(frozen=True)
class Source:
    row: SignInSource
    known: bool


def source_of(work: Work, secrets: Secrets, user: User, origin: Origin) -> Source:
    """Callers hold the lock on `user`."""
    device = known_device(secrets, origin.cookie, user.id)
    name = f"device:{device}" if device else f"network:{network_of(origin.address)}"
    row = work.session.get(SignInSource, (user.id, name))
    if row is None:
        return Source(SignInSource(user_id=user.id, source=name, failed=0), bool(device))
    known = row.succeeded_at is not None and work.now() - row.succeeded_at < KNOWN_FOR
    return Source(row, bool(device) or known)


def rests(work: Work, user: User, source: Source) -> bool:
    """Whether nothing is tried from there now, not even the right password."""
    return _lies_ahead(work, source.row.resting_until) or (not source.known and _lies_ahead(work, user.locked_until))


def count_failure(work: Work, by: By, user: User, source: Source, policy: SignInPolicy) -> None:
    row, now = source.row, work.now()
    if row not in work.session:
        work.session.add(row)
    row.failed += 1
    rest = policy.rest(row.failed, policy.failures_before_rest)
    if rest is not None:
        row.resting_until = now + rest
        append(work, by, _rested(user, row.source, row.failed, row.resting_until))
    if source.known:
        return
    user.failed_sign_ins += 1
    rest = policy.rest(user.failed_sign_ins, policy.failures_of_all)
    if rest is not None:
        user.locked_until = now + rest
        append(work, by, _rested(user, "all", user.failed_sign_ins, user.locked_until))


def count_success(work: Work, user: User, source: Source) -> None:
    """Of a complete sign-in: both factors."""
    row = source.row
    if row not in work.session:
        work.session.add(row)
    row.failed, row.resting_until, row.succeeded_at = 0, None, work.now()
    user.failed_sign_ins, user.locked_until = 0, None


def known_device(secrets: Secrets, cookie: str, user_id: UUID) -> str | None:
    """The id of the device, when `user_id` signed in on it before."""
    device, *macs = cookie.split(".")
    return device if device and _device_mac(secrets, device, str(user_id)) in macs else None


def genuine_device(secrets: Secrets, cookie: str) -> str | None:
    """The id of the device, when somebody signed in on it before, whoever it was."""
    device, *macs = cookie.split(".")
    return device if _device_mac(secrets, device, _ANYBODY) in macs[:1] else None


def device_cookie(secrets: Secrets, cookie: str, user_id: UUID) -> str:
    """A cookie by which the device is known to this account too, and to the last others that signed in on it.

    cookie: what the device brought along; empty for a new one.
    """
    known = genuine_device(secrets, cookie)
    device = known or randomness.token_hex(_ID_OCTETS)
    accounts = cookie.split(".")[2:] if known else []
    own = _device_mac(secrets, device, str(user_id))
    others = [mac for mac in accounts if mac != own]
    return ".".join([device, _device_mac(secrets, device, _ANYBODY), *others[1 - _MOST_ACCOUNTS :], own])


def resting_sources(work: Work, user_id: UUID) -> tuple[str, ...]:
    """Where the account rests at present."""
    rows = work.session.scalars(
        select(SignInSource.source).where(SignInSource.user_id == user_id, SignInSource.resting_until > work.now())
    )
    return tuple(sorted(rows))


def _device_mac(secrets: Secrets, device: str, whose: str) -> str:
    return secrets.mac(Purpose.DEVICE, device, whose)[:_MAC_DIGITS]


def _lies_ahead(work: Work, until: datetime | None) -> bool:
    return until is not None and until > work.now()


def _rested(user: User, source: str, failed: int, until: datetime) -> AccountRested:
    return AccountRested(id=user.id, source=source, failed=failed, until=until.isoformat())
