"""One-time codes from an app (TOTP), and recovery codes for the day when the phone is gone. Each is good once.

Source: RFC 6238; 6 digits, 30 seconds, SHA-1, as every app takes them. One step before and after is accepted.
"""

from __future__ import annotations

import hmac
import secrets as randomness
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

import pyotp
from sqlalchemy import select, update

from printserver.audit.log import By, append
from printserver.foundation.errors import Malformed, Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.models import RecoveryCode, TotpFactor
from printserver.organisations.passkeys import has_passkey, proves_factor
from printserver.organisations.secrets import Purpose, Secrets
from printserver.organisations.sign_in_events import (
    RecoveryCodesMade,
    RecoveryCodeSpent,
    SecondFactorEnrolled,
    SecondFactorRemoved,
)
from printserver.organisations.sign_in_policy import FactorKind
from printserver.organisations.vouched_passkeys import forget_passkeys

ISSUER: Final = "Sealed printing"
STEP_SECONDS: Final = 30
CODE_DIGITS: Final = 6
RECOVERY_CODES: Final = 10
_WINDOW: Final = (-1, 0, 1)
_RECOVERY_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_RECOVERY_LETTERS: Final = 12
_RECOVERY_GROUP: Final = 4


class CodeWrong(Malformed):
    """Also for a code that was used before."""

    code: ClassVar[str] = "second-factor-code-wrong"


class SecondFactorNotBegun(Refused):
    code: ClassVar[str] = "second-factor-not-begun"


class LastSecondFactor(Refused):
    code: ClassVar[str] = "last-second-factor"


@dataclass(frozen=True)
class Enrolment:
    """For the app, shown to the person who enrols and nobody else.   uri: `otpauth://…`, for a QR code."""

    seed: str = field(repr=False)
    uri: str = field(repr=False)


@dataclass(frozen=True)
class FactorState:
    """`recovery_codes`: how many are left."""

    kinds: frozenset[FactorKind]
    totp_since: datetime | None
    recovery_codes: int


def factors_of(work: Work, user_id: UUID) -> frozenset[FactorKind]:
    """The second factors that the account has; a recovery code is none of its own."""
    totp = work.session.scalar(
        select(TotpFactor.user_id).where(TotpFactor.user_id == user_id, TotpFactor.confirmed_at.is_not(None))
    )
    kinds = {FactorKind.TOTP} if totp is not None else set()
    return frozenset(kinds | ({FactorKind.PASSKEY} if has_passkey(work, user_id) else set()))


def factor_state(work: Work, user_id: UUID) -> FactorState:
    row = work.session.get(TotpFactor, user_id)
    left = work.session.scalars(
        select(RecoveryCode.id).where(RecoveryCode.user_id == user_id, RecoveryCode.spent_at.is_(None))
    ).all()
    return FactorState(factors_of(work, user_id), None if row is None else row.confirmed_at, len(left))


def begin_totp(work: Work, secrets: Secrets, actor: Actor, *, login: str) -> Enrolment:
    """A new seed, which counts once a code of it was typed; until then an earlier one stays good."""
    seed = pyotp.random_base32()
    row = work.session.get(TotpFactor, actor.id)
    if row is None:
        row = TotpFactor(user_id=actor.id)
        work.session.add(row)
    row.next_seed = secrets.encrypt(Purpose.TOTP_SEED, actor.id, seed.encode())
    work.session.flush()
    return _enrolment(seed, login)


def begun_totp(work: Work, secrets: Secrets, actor: Actor, *, login: str) -> Enrolment:
    """What `begin_totp` answered, to be shown again.   Raises: SecondFactorNotBegun."""
    row = work.session.get(TotpFactor, actor.id)
    if row is None or row.next_seed is None:
        raise SecondFactorNotBegun("please begin again")
    return _enrolment(secrets.decrypt(Purpose.TOTP_SEED, actor.id, row.next_seed).decode(), login)


def confirm_totp(work: Work, secrets: Secrets, actor: Actor, code: str) -> tuple[str, ...]:
    """The app shows the right code: from now on it is asked for. New recovery codes, told this once.

    Raises: SecondFactorNotBegun, CodeWrong.
    """
    row = work.session.scalar(select(TotpFactor).where(TotpFactor.user_id == actor.id).with_for_update())
    if row is None or row.next_seed is None:
        raise SecondFactorNotBegun("please begin again")
    seed = secrets.decrypt(Purpose.TOTP_SEED, actor.id, row.next_seed).decode()
    step = _step_of(seed, code, work.now())
    if step is None:
        raise CodeWrong("this is not the code that the app shows now")
    row.seed, row.next_seed, row.confirmed_at, row.last_step = row.next_seed, None, work.now(), step
    append(work, actor.by, SecondFactorEnrolled(id=actor.id, factor=FactorKind.TOTP))
    return make_recovery_codes(work, secrets, actor)


def remove_totp(work: Work, by: By, user_id: UUID, *, required: bool = False) -> None:
    """required: whether the account must keep a second factor.   Raises: LastSecondFactor."""
    if required and factors_of(work, user_id) == {FactorKind.TOTP}:
        raise LastSecondFactor("your role needs a second factor; enrol another one first")
    work.session.execute(
        update(TotpFactor).where(TotpFactor.user_id == user_id).values(seed=None, next_seed=None, confirmed_at=None)
    )
    work.session.expire_all()
    append(work, by, SecondFactorRemoved(id=user_id, factor=FactorKind.TOTP))


def make_recovery_codes(work: Work, secrets: Secrets, actor: Actor) -> tuple[str, ...]:
    """Ten new ones, told this once; those from before are used up."""
    _spend_all(work, actor.id)
    codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
    for code in codes:
        mac = _recovery_mac(secrets, actor.id, code)
        work.session.add(RecoveryCode(id=new_id(), user_id=actor.id, code_mac=mac, created_at=work.now()))
    append(work, actor.by, RecoveryCodesMade(id=actor.id, codes=len(codes)))
    work.session.flush()
    return codes


def forget_second_factors(work: Work, by: By, user_id: UUID) -> None:
    """For somebody whose phone is lost. Who may order it, the caller decides."""
    remove_totp(work, by, user_id)
    forget_passkeys(work, by, user_id)
    _spend_all(work, user_id)


def spend_code(work: Work, secrets: Secrets, by: By, user_id: UUID, code: str) -> FactorKind | None:
    """What `code` was: one of the app or of the recovery codes, or a passkey's answer, used up with this; else None."""
    if code.startswith("{"):
        return FactorKind.PASSKEY if proves_factor(work, secrets, user_id, code) else None
    typed = "".join(code.split())
    if typed.isascii() and typed.isdigit():
        return FactorKind.TOTP if _spend_totp(work, secrets, user_id, typed) else None
    return FactorKind.RECOVERY_CODE if _spend_recovery_code(work, secrets, by, user_id, code) else None


def _spend_totp(work: Work, secrets: Secrets, user_id: UUID, code: str) -> bool:
    """The database decides who is first, in one conditional statement; steps only go forward."""
    row = work.session.get(TotpFactor, user_id)
    if row is None or row.seed is None or row.confirmed_at is None:
        return False
    step = _step_of(secrets.decrypt(Purpose.TOTP_SEED, user_id, row.seed).decode(), code, work.now())
    if step is None:
        return False
    spent = work.session.scalar(
        update(TotpFactor)
        .where(TotpFactor.user_id == user_id, TotpFactor.last_step < step)
        .values(last_step=step)
        .returning(TotpFactor.user_id)
    )
    return spent is not None


def _spend_recovery_code(work: Work, secrets: Secrets, by: By, user_id: UUID, code: str) -> bool:
    spent = work.session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.code_mac == _recovery_mac(secrets, user_id, code),
            RecoveryCode.user_id == user_id,
            RecoveryCode.spent_at.is_(None),
        )
        .values(spent_at=work.now())
        .returning(RecoveryCode.id)
    )
    if spent is not None:
        append(work, by, RecoveryCodeSpent(id=user_id))
    return spent is not None


def _spend_all(work: Work, user_id: UUID) -> None:
    work.session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.user_id == user_id, RecoveryCode.spent_at.is_(None))
        .values(spent_at=work.now())
    )


def _enrolment(seed: str, login: str) -> Enrolment:
    return Enrolment(seed, pyotp.TOTP(seed).provisioning_uri(name=login, issuer_name=ISSUER))


def _step_of(seed: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, near `now`."""
    generator, present = pyotp.TOTP(seed, digits=CODE_DIGITS), int(now.timestamp()) // STEP_SECONDS
    typed = "".join(code.split()).encode()
    for step in (present + offset for offset in _WINDOW):
        if hmac.compare_digest(generator.generate_otp(step).encode(), typed):
            return step
    return None


def _recovery_code() -> str:
    letters = "".join(randomness.choice(_RECOVERY_ALPHABET) for _ in range(_RECOVERY_LETTERS))
    return "-".join(letters[at : at + _RECOVERY_GROUP] for at in range(0, _RECOVERY_LETTERS, _RECOVERY_GROUP))


def _recovery_mac(secrets: Secrets, user_id: UUID, code: str) -> str:
    """Typed in small letters, with or without its dashes."""
    return secrets.mac(Purpose.RECOVERY_CODE, str(user_id), "".join(filter(str.isalnum, code)).upper())
