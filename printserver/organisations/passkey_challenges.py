"""Challenges that passkeys sign: for one ceremony, one visitor and five minutes; nothing is stored until one is used.

A challenge is its moment, a random part and a digest under web's secret, so that strangers who ask for many fill no
table. That it is used once is kept with the passkey: each one must be newer than the last.
"""

from __future__ import annotations

import hmac
import secrets as random
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from printserver.foundation.errors import Refused
from printserver.organisations.secrets import Purpose, Secrets

LIFETIME: Final = timedelta(minutes=5)
_MOMENT_SIZE: Final = 8
_RANDOM_SIZE: Final = 16
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Ceremony(StrEnum):
    """What an answer may be used for. `FACTOR`: the second factor of one who is known already."""

    REGISTER = "register"
    SIGN_IN = "sign-in"
    FACTOR = "factor"


class PasskeyChallengeStale(Refused):
    """Too old, used already, or meant for something else."""

    code = "passkey-challenge-stale"


def new_challenge(secrets: Secrets, ceremony: Ceremony, binding: str, *, now: datetime) -> bytes:
    """binding: of whom it is asked (a session, a person); empty for a stranger who signs in."""
    head = micros(now).to_bytes(_MOMENT_SIZE) + random.token_bytes(_RANDOM_SIZE)
    return head + _digest(secrets, ceremony, binding, head)


def moment_of(secrets: Secrets, ceremony: Ceremony, binding: str, challenge: bytes, *, now: datetime) -> int:
    """When the challenge was made, in µs since 1970.   Raises: PasskeyChallengeStale."""
    head, digest = challenge[: _MOMENT_SIZE + _RANDOM_SIZE], challenge[_MOMENT_SIZE + _RANDOM_SIZE :]
    made = int.from_bytes(head[:_MOMENT_SIZE])
    genuine = hmac.compare_digest(digest, _digest(secrets, ceremony, binding, head))
    if not genuine or not 0 <= micros(now) - made <= LIFETIME // timedelta(microseconds=1):
        raise PasskeyChallengeStale("the question to the passkey is too old; please try again")
    return made


def micros(at: datetime) -> int:
    """Whole microseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def _digest(secrets: Secrets, ceremony: Ceremony, binding: str, head: bytes) -> bytes:
    return bytes.fromhex(secrets.mac(Purpose.PASSKEY, "challenge", ceremony, binding, head.hex()))
