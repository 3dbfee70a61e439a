"""Passwords: kept as argon2id under web's secret, refused when weak, changed when old, reset once."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update

from printserver.audit.log import By, append
from printserver.foundation.errors import Malformed, NotFound
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.models import FormerPassword, User
from printserver.organisations.secrets import Purpose, Secrets
from printserver.organisations.sign_in_events import PasswordChanged, PasswordReset
from printserver.organisations.weak_passwords import weakness

FORMER_REFUSED: Final = 5
UNUSABLE: Final = "!"
"""The hash of an account that has no password."""

_hasher: Final = PasswordHasher()
_NOBODYS_HASH: Final = (
    f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}${'A' * 22}${'A' * 43}"
)
"""As costly to check as any: salt and digest are noughts, which no password gives."""


class PasswordWeak(Malformed):
    code = "password-weak"


class PasswordsDiffer(Malformed):
    code = "passwords-differ"

    def __init__(self) -> None:
        super().__init__("the new password was typed in two ways")


class PasswordUsedBefore(Malformed):
    code = "password-used-before"


def hash_password(secrets: Secrets, user_id: UUID, password: str) -> str:
    """argon2id over an HMAC that binds the account: in another account's row it is worth nothing."""
    return _hasher.hash(secrets.mac(Purpose.PASSWORD, str(user_id), password))


def password_matches(secrets: Secrets, user: User | None, password: str) -> bool:
    """Takes as long for nobody as for somebody."""
    known = user is not None and user.password_hash != UNUSABLE
    stored = user.password_hash if user is not None and known else _NOBODYS_HASH
    return _is_of(stored, secrets.mac(Purpose.PASSWORD, str(user.id) if user else "", password)) and known


def require_strength(password: str, names: Iterable[str]) -> None:
    """Raises: PasswordWeak."""
    reason = weakness(password, names)
    if reason is not None:
        raise PasswordWeak(reason)


def initial_password() -> str:
    """To be handed over and changed at the first sign-in."""
    return randomness.token_urlsafe(12)


def set_password(work: Work, secrets: Secrets, by: By, user: User, password: str) -> None:
    """The person's own new password.   Raises: PasswordWeak, PasswordUsedBefore."""
    require_strength(password, (user.login, user.staff_number, user.name))
    _refuse_former(work, secrets, user, password)
    _replace(work, secrets, user, password, must_change=False)
    append(work, by, PasswordChanged(id=user.id))


def reset_password(work: Work, secrets: Secrets, by: By, user_id: UUID, password: str) -> None:
    """password: an initial one, to be changed at the first sign-in. Who may order it, the caller decides.

    Raises: NotFound.
    """
    user = work.session.scalar(select(User).where(User.id == user_id, User.kind == "person").with_for_update())
    if user is None:
        raise NotFound("there is no such person")
    _replace(work, secrets, user, password, must_change=True)
    append(work, by, PasswordReset(id=user.id))


def password_set_at(user: User) -> datetime:
    return user.password_changed_at or user.created_at


def _replace(work: Work, secrets: Secrets, user: User, password: str, *, must_change: bool) -> None:
    if user.password_hash != UNUSABLE:
        former = FormerPassword(id=new_id(), user_id=user.id, password_hash=user.password_hash, retired_at=work.now())
        work.session.add(former)
    changed = {
        "password_hash": hash_password(secrets, user.id, password),
        "password_changed_at": work.now(),
        "must_change_password": must_change,
    }
    work.session.execute(update(User).where(User.id == user.id).values(changed))
    work.session.refresh(user)


def _refuse_former(work: Work, secrets: Secrets, user: User, password: str) -> None:
    rows = work.session.scalars(
        select(FormerPassword.password_hash)
        .where(FormerPassword.user_id == user.id)
        .order_by(FormerPassword.retired_at.desc(), FormerPassword.id.desc())
        .limit(FORMER_REFUSED - 1)
    )
    given = secrets.mac(Purpose.PASSWORD, str(user.id), password)
    if any(_is_of(stored, given) for stored in (user.password_hash, *rows)):
        raise PasswordUsedBefore("this is one of your last passwords; please choose another one")


def _is_of(stored: str, given: str) -> bool:
    try:
        return _hasher.verify(stored, given)
    except (VerificationError, InvalidHashError):
        return False
