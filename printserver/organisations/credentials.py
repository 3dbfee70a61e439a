"""Passwords, sessions and API tokens. Secrets are shown once; only digests are stored."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update

from printserver.audit.log import append
from printserver.foundation.errors import Malformed, NotFound, Unauthenticated
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, actor_of
from printserver.organisations.events import ApiTokenIssued, ApiTokenRevoked, SignedIn, SignedOut, SignInFailed
from printserver.organisations.models import ApiToken, User, WebSession

SHORTEST_PASSWORD: Final = 10
TRIES_BEFORE_LOCK: Final = 5
LONGEST_LOCK: Final = timedelta(hours=1)
TOKEN_PREFIX: Final = "ps_"  # noqa: S105 -- tells our tokens from other secrets, is none itself

_hasher: Final = PasswordHasher()
_NOBODYS_HASH: Final = _hasher.hash(secrets.token_hex(16))


class PasswordWeak(Malformed):
    code = "password-weak"


class SignInRefused(Unauthenticated):
    """One answer for an unknown name, a wrong password, a locked and a frozen account."""

    code = "sign-in-refused"


@dataclass(frozen=True)
class NewSession:
    """`secret` goes into the cookie and nowhere else."""

    secret: str
    csrf_token: str
    hours: int


@dataclass(frozen=True)
class SignedInPerson:
    actor: Actor
    session_id: UUID
    csrf_token: str


@dataclass(frozen=True)
class TokenView:
    id: UUID
    name: str
    created_at: str
    expires_at: str
    revoked: bool


def hash_password(password: str) -> str:
    """argon2id.   Raises: PasswordWeak under 10 characters."""
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordWeak(f"a password has at least {SHORTEST_PASSWORD} characters")
    return _hasher.hash(password)


def check_password(work: Work, *, login: str, password: str, address: str = "", device: str = "") -> Actor | None:
    """The person, or None after recording the failure; the caller commits either way and only then refuses.

    After five failures in a row the account rests for one second, doubled with each further failure.
    """
    # One try at a time an account: otherwise many at once would all be judged before the first failure counts.
    # SQLite knows no FOR UPDATE and needs none, because its writers take turns from BEGIN on.
    user = work.session.scalar(select(User).where(User.login == login).with_for_update())
    right = _matches(_NOBODYS_HASH if user is None else user.password_hash, password)
    if user is None:
        return None
    locked = user.locked_until is not None and user.locked_until > work.now()
    actor = actor_of(work, user, address=address, device=device)
    if right and not locked and not user.frozen:
        user.failed_sign_ins, user.locked_until = 0, None
        append(work, actor.by, SignedIn(id=user.id))
        return actor
    if not locked:
        user.failed_sign_ins += 1
        excess = user.failed_sign_ins - TRIES_BEFORE_LOCK
        if excess >= 0:
            user.locked_until = work.now() + min(timedelta(seconds=2 ** min(excess, 12)), LONGEST_LOCK)
        append(work, actor.by, SignInFailed(id=user.id, failed_sign_ins=user.failed_sign_ins))
    return None


def open_session(work: Work, actor: Actor, *, hours: int) -> NewSession:
    session = NewSession(secrets.token_urlsafe(32), secrets.token_urlsafe(24), hours)
    work.session.add(
        WebSession(
            id=new_id(),
            user_id=actor.id,
            secret_sha256=_digest(session.secret),
            csrf_token=session.csrf_token,
            created_at=work.now(),
            expires_at=work.now() + timedelta(hours=hours),
            address=actor.address,
            device=actor.device[:200],
        )
    )
    return session


def person_of_session(work: Work, secret: str, *, address: str = "", device: str = "") -> SignedInPerson:
    """Raises: Unauthenticated for an unknown, ended or expired session and for a frozen person."""
    row = work.session.execute(
        select(WebSession, User)
        .join(User, User.id == WebSession.user_id)
        .where(
            WebSession.secret_sha256 == _digest(secret),
            WebSession.ended_at.is_(None),
            WebSession.expires_at > work.now(),
            User.frozen.is_(False),
        )
    ).one_or_none()
    if row is None:
        raise Unauthenticated("please sign in")
    session, user = row
    return SignedInPerson(actor_of(work, user, address=address, device=device), session.id, session.csrf_token)


def end_session(work: Work, person: SignedInPerson) -> None:
    work.session.execute(update(WebSession).where(WebSession.id == person.session_id).values(ended_at=work.now()))
    append(work, person.actor.by, SignedOut(id=person.actor.id))


def issue_api_token(work: Work, actor: Actor, *, name: str, days: int = 90) -> str:
    """A new token for the actor's own rights; the text is returned once and never again."""
    secret, expires = TOKEN_PREFIX + secrets.token_urlsafe(32), work.now() + timedelta(days=days)
    token = ApiToken(
        id=new_id(),
        user_id=actor.id,
        name=name[:100],
        secret_sha256=_digest(secret),
        created_at=work.now(),
        expires_at=expires,
    )
    work.session.add(token)
    append(
        work,
        actor.by,
        ApiTokenIssued(id=actor.id, token_id=token.id, name=token.name, expires_at=expires.isoformat()),
    )
    return secret


def revoke_api_token(work: Work, actor: Actor, token_id: UUID) -> None:
    """Raises: NotFound for anybody else's token."""
    revoked = work.session.scalar(
        update(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.user_id == actor.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=work.now())
        .returning(ApiToken.id)
    )
    if revoked is None:
        raise NotFound("you have no such token")
    append(work, actor.by, ApiTokenRevoked(id=actor.id, token_id=token_id))


def api_tokens(work: Work, actor: Actor) -> tuple[TokenView, ...]:
    rows = work.session.scalars(select(ApiToken).where(ApiToken.user_id == actor.id).order_by(ApiToken.id))
    return tuple(
        TokenView(row.id, row.name, row.created_at.isoformat(), row.expires_at.isoformat(), row.revoked_at is not None)
        for row in rows
    )


def person_of_token(work: Work, secret: str, *, address: str = "", device: str = "") -> Actor:
    """Raises: Unauthenticated for an unknown, revoked or expired token and for a frozen person."""
    user = work.session.scalar(
        select(User)
        .join(ApiToken, ApiToken.user_id == User.id)
        .where(
            ApiToken.secret_sha256 == _digest(secret),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > work.now(),
            User.frozen.is_(False),
        )
    )
    if user is None:
        raise Unauthenticated("this token is not valid")
    return actor_of(work, user, address=address, device=device)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
