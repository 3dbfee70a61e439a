"""Sessions of browsers: opened, found again, seen, stepped up, listed and ended. Secrets are told once, to the cookie.

A cookie names its session and holds a secret; the row holds an HMAC over both, the account and the end. A row that was
copied, made or given to another account by SQL is therefore no session.
"""

from __future__ import annotations

import secrets as randomness
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update

from printserver.audit.log import By, append
from printserver.foundation.clock import as_text
from printserver.foundation.errors import NotFound, Unauthenticated
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, actor_of
from printserver.organisations.events import SignedOut
from printserver.organisations.models import User, WebSession
from printserver.organisations.passwords import password_set_at
from printserver.organisations.second_factor import factors_of
from printserver.organisations.secrets import Purpose, Secrets
from printserver.organisations.sign_in_events import SessionsEnded, SteppedUp
from printserver.organisations.sign_in_policy import FactorKind, Obligation, SignInPolicy, obligation_error

LONGEST_DEVICE: Final = 200
SEEN_EVERY: Final = timedelta(minutes=1)
_ID_DIGITS: Final = 32


@dataclass(frozen=True)
class NewSession:
    """`secret` goes into the cookie and nowhere else."""

    secret: str
    csrf_token: str
    hours: int


@dataclass(frozen=True)
class SignedInPerson:
    """`shown_at`: when this session last showed a factor, if nobody but this server says so; `factor`: which one."""

    actor: Actor
    session_id: UUID
    csrf_token: str
    shown_at: datetime | None = None
    last_seen_at: datetime | None = None
    factor: FactorKind | None = None
    obligation: Obligation | None = None


@dataclass(frozen=True)
class SessionView:
    id: UUID
    address: str
    device: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


def open_session(
    work: Work,
    secrets: Secrets,
    actor: Actor,
    *,
    hours: int,
    factor: FactorKind = FactorKind.PASSWORD,
    shown: bool = True,
) -> NewSession:
    """After a complete sign-in.   shown: whether its last factor counts as shown to us just now."""
    session_id, now = new_id(), work.now()
    expires_at = now + timedelta(hours=hours)
    session = NewSession(_new_secret(session_id), randomness.token_urlsafe(24), hours)
    work.session.add(
        WebSession(
            id=session_id,
            user_id=actor.id,
            secret_sha256=_session_mac(secrets, session_id, actor.id, expires_at, session.secret),
            csrf_token=session.csrf_token,
            created_at=now,
            expires_at=expires_at,
            address=actor.address,
            device=actor.device[:LONGEST_DEVICE],
            last_seen_at=now,
            factor=factor,
            factor_shown_at=now if shown else None,
            factor_mac=_factor_mac(secrets, session_id, actor.id, factor, now) if shown else None,
        )
    )
    work.session.flush()
    return session


def person_of_session(
    work: Work,
    secrets: Secrets,
    secret: str,
    *,
    address: str = "",
    device: str = "",
    policy: SignInPolicy | None = None,
) -> SignedInPerson:
    """policy: with it, idle sessions are over, and the person's obligations are told.

    Raises: Unauthenticated for an unknown, ended, expired or idle session, for a frozen person and a frozen branch.
    """
    session, user = _session_of(work, secrets, secret)
    if policy is not None and work.now() - (session.last_seen_at or session.created_at) >= policy.idle:
        raise Unauthenticated("you were away for a while; please sign in again")
    actor = actor_of(work, user, address=address, device=device)
    if actor.shut_out:
        raise Unauthenticated("your branch is frozen; nobody comes in until it is unfrozen")
    shown_at = _shown_at(secrets, session)
    return SignedInPerson(
        actor,
        session.id,
        session.csrf_token,
        shown_at,
        session.last_seen_at,
        None if shown_at is None or session.factor is None else FactorKind(session.factor),
        None if policy is None else obligation_of(work, user, actor, policy),
    )


def obligation_of(work: Work, user: User, actor: Actor, policy: SignInPolicy) -> Obligation | None:
    """What the person has to do before anything else; a program owes nothing."""
    if user.kind != "person":
        return None
    if user.must_change_password or policy.password_is_old(password_set_at(user), work.now()):
        return Obligation.CHANGE_PASSWORD
    needs_factor = any(grant.role in policy.second_factor_roles for grant in actor.grants)
    return Obligation.ENROL_SECOND_FACTOR if needs_factor and not factors_of(work, user.id) else None


def require_nothing_owed(work: Work, actor: Actor, policy: SignInPolicy) -> None:
    """Raises: PasswordChangeNeeded, SecondFactorMissing."""
    obligation = what_is_owed(work, actor, policy)
    if obligation is not None:
        raise obligation_error(obligation)


def what_is_owed(work: Work, actor: Actor, policy: SignInPolicy) -> Obligation | None:
    return obligation_of(work, work.session.get_one(User, actor.id), actor, policy)


def mark_seen(work: Work, person: SignedInPerson) -> None:
    """Once a minute at most."""
    work.session.execute(
        update(WebSession)
        .where(
            WebSession.id == person.session_id,
            WebSession.ended_at.is_(None),
            or_(WebSession.last_seen_at.is_(None), WebSession.last_seen_at <= work.now() - SEEN_EVERY),
        )
        .values(last_seen_at=work.now())
    )


def show_factor(work: Work, secrets: Secrets, person: SignedInPerson, factor: FactorKind) -> NewSession:
    """The person has just shown `factor`: the session gets a new cookie, and the old one is dead.

    Raises: Unauthenticated when the session has ended meanwhile.
    """
    row = work.session.scalar(
        select(WebSession).where(WebSession.id == person.session_id, WebSession.ended_at.is_(None)).with_for_update()
    )
    if row is None or row.user_id != person.actor.id:
        raise Unauthenticated("please sign in")
    now, secret = work.now(), _new_secret(row.id)
    row.secret_sha256 = _session_mac(secrets, row.id, row.user_id, row.expires_at, secret)
    row.factor, row.factor_shown_at, row.last_seen_at = factor, now, now
    row.factor_mac = _factor_mac(secrets, row.id, row.user_id, factor, now)
    append(work, person.actor.by, SteppedUp(id=person.actor.id, factor=factor))
    work.session.flush()
    return NewSession(secret, row.csrf_token, max(1, -(-int((row.expires_at - now).total_seconds()) // 3600)))


def forget_shown_factors(work: Work, user_id: UUID, *, but: UUID | None = None) -> None:
    """When a factor is enrolled or taken away: every other session shows the new one before it steps up."""
    others = WebSession.id != but if but is not None else WebSession.id.is_not(None)
    work.session.execute(
        update(WebSession).where(WebSession.user_id == user_id, others).values(factor_shown_at=None, factor_mac=None)
    )


def end_session(work: Work, person: SignedInPerson) -> None:
    _end(work, person.actor.id, WebSession.id == person.session_id)
    append(work, person.actor.by, SignedOut(id=person.actor.id))


def sessions_of(work: Work, actor: Actor, current: UUID | None = None) -> tuple[SessionView, ...]:
    """One's own that are open, the one last seen first.   current: the one that asks."""
    rows = work.session.scalars(
        select(WebSession)
        .where(WebSession.user_id == actor.id, WebSession.ended_at.is_(None), WebSession.expires_at > work.now())
        .order_by(WebSession.last_seen_at.desc(), WebSession.id)
    )
    return tuple(
        SessionView(
            row.id,
            row.address,
            row.device,
            row.created_at,
            row.last_seen_at or row.created_at,
            row.id == current,
        )
        for row in rows
    )


def revoke_session(work: Work, actor: Actor, session_id: UUID) -> None:
    """One of one's own.   Raises: NotFound for anybody else's."""
    if _end(work, actor.id, WebSession.id == session_id) == 0:
        raise NotFound("you have no such session")
    append(work, actor.by, SessionsEnded(id=actor.id, sessions=1))


def end_all_sessions(work: Work, by: By, user_id: UUID, *, but: UUID | None = None) -> int:
    """Of any person: when somebody is frozen or leaves, or a password changes.   but: one that goes on."""
    ended = _end(work, user_id, WebSession.id != but if but is not None else WebSession.id.is_not(None))
    if ended:
        append(work, by, SessionsEnded(id=user_id, sessions=ended))
    return ended


def _end(work: Work, user_id: UUID, which: ColumnElement[bool]) -> int:
    """The MAC goes, so that no later write to `ended_at` opens the session again."""
    rows = work.session.scalars(
        select(WebSession).where(WebSession.user_id == user_id, WebSession.ended_at.is_(None), which)
    ).all()
    for row in rows:
        row.ended_at, row.secret_sha256, row.factor_mac = work.now(), f"ended {row.id}", None
    work.session.flush()
    return len(rows)


def _session_of(work: Work, secrets: Secrets, secret: str) -> tuple[WebSession, User]:
    session_id = _named_session(secret)
    row = (
        None
        if session_id is None
        else work.session.execute(
            select(WebSession, User)
            .join(User, User.id == WebSession.user_id)
            .where(
                WebSession.id == session_id,
                WebSession.ended_at.is_(None),
                WebSession.expires_at > work.now(),
                User.frozen.is_(False),
            )
        ).one_or_none()
    )
    if row is None:
        raise Unauthenticated("please sign in")
    session, user = row
    if not secrets.vouches(
        session.secret_sha256, Purpose.SESSION, *_session_parts(session.id, user.id, session.expires_at, secret)
    ):
        raise Unauthenticated("please sign in")
    return session, user


def _new_secret(session_id: UUID) -> str:
    return session_id.hex + randomness.token_urlsafe(32)


def _named_session(secret: str) -> UUID | None:
    try:
        return UUID(hex=secret[:_ID_DIGITS])
    except ValueError:
        return None


def _session_parts(session_id: UUID, user_id: UUID, expires_at: datetime, secret: str) -> tuple[str, ...]:
    return str(session_id), str(user_id), as_text(expires_at), secret


def _session_mac(secrets: Secrets, session_id: UUID, user_id: UUID, expires_at: datetime, secret: str) -> str:
    return secrets.mac(Purpose.SESSION, *_session_parts(session_id, user_id, expires_at, secret))


def _factor_mac(secrets: Secrets, session_id: UUID, user_id: UUID, factor: str, at: datetime) -> str:
    return secrets.mac(Purpose.FACTOR_SHOWN, str(session_id), str(user_id), factor, as_text(at))


def _shown_at(secrets: Secrets, session: WebSession) -> datetime | None:
    """None also when the row says so and the MAC does not."""
    at, factor = session.factor_shown_at, session.factor
    if at is None or factor is None:
        return None
    parts = (str(session.id), str(session.user_id), factor, as_text(at))
    return at if secrets.vouches(session.factor_mac, Purpose.FACTOR_SHOWN, *parts) else None
