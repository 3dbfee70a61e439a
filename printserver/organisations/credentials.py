"""Sign-in in two steps: the password, then the second factor of those who have one. Nobody learns which was wrong.

A right password alone opens nothing and forgives nothing: failures are forgotten when the sign-in is complete.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from printserver.audit.log import append
from printserver.foundation.clock import as_text, from_text
from printserver.foundation.errors import Unauthenticated
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, actor_of
from printserver.organisations.events import SignedIn, SignInFailed
from printserver.organisations.models import User
from printserver.organisations.passwords import password_matches
from printserver.organisations.second_factor import factors_of, spend_code
from printserver.organisations.secrets import Purpose, Secrets
from printserver.organisations.sign_in_events import SecondFactorFailed
from printserver.organisations.sign_in_policy import FactorKind, SignInPolicy
from printserver.organisations.sign_in_sources import Origin, count_failure, count_success, rests, source_of

PENDING_FOR: Final = timedelta(minutes=5)
DEFAULT_POLICY: Final = SignInPolicy()
NOWHERE: Final = Origin()


class SignInRefused(Unauthenticated):
    """One answer for an unknown name, a wrong password or code, a resting and a frozen account or branch."""

    code = "sign-in-refused"


class SecondFactorNeeded(Unauthenticated):
    """The password is right.   pending: says so to the second step, for a few minutes."""

    code = "second-factor-needed"

    def __init__(self, pending: str, factors: frozenset[FactorKind]) -> None:
        super().__init__("please give the code of your second factor as well")
        self.pending = pending
        self.factors = factors


@dataclass(frozen=True)
class Candidate:
    """Somebody who gave the right password.   factors: one of these is to be shown too; none: signed in already."""

    actor: Actor
    factors: frozenset[FactorKind]


def check_password(
    work: Work,
    secrets: Secrets,
    *,
    login: str,
    password: str,
    origin: Origin = NOWHERE,
    policy: SignInPolicy = DEFAULT_POLICY,
) -> Candidate | None:
    """The person, or None after recording the failure; the caller commits either way and only then refuses."""
    # One try at a time an account: otherwise many at once would all be judged before the first failure counts.
    # SQLite knows no FOR UPDATE and needs none, because its writers take turns from BEGIN on.
    user = work.session.scalar(select(User).where(User.login == login).with_for_update())
    right = password_matches(secrets, user, password)
    if user is None:
        return None
    actor, source = (
        actor_of(work, user, address=origin.address, device=origin.device),
        source_of(work, secrets, user, origin),
    )
    resting = rests(work, user, source)
    if right and not resting and not user.frozen and not actor.shut_out:
        factors = factors_of(work, user.id)
        if not factors:
            _complete(work, secrets, user, actor, origin, FactorKind.PASSWORD)
        return Candidate(actor, factors)
    if not resting:
        count_failure(work, actor.by, user, source, policy)
        append(work, actor.by, SignInFailed(id=user.id, failed_sign_ins=source.row.failed))
    return None


def check_second_factor(
    work: Work,
    secrets: Secrets,
    candidate: Candidate,
    code: str,
    *,
    origin: Origin = NOWHERE,
    policy: SignInPolicy = DEFAULT_POLICY,
) -> FactorKind | None:
    """What the code was, or None after recording the failure; the caller commits either way and only then refuses."""
    return _checked_code(work, secrets, candidate.actor, code, origin, policy, signing_in=True)


def check_again(
    work: Work,
    secrets: Secrets,
    actor: Actor,
    *,
    password: str,
    code: str,
    origin: Origin = NOWHERE,
    policy: SignInPolicy = DEFAULT_POLICY,
) -> FactorKind | None:
    """For a step-up: the second factor, or the password of who has none. As `check_second_factor`."""
    if factors_of(work, actor.id):
        return _checked_code(work, secrets, actor, code, origin, policy, signing_in=False)
    return check_own_password(work, secrets, actor, password=password, origin=origin, policy=policy)


def check_own_password(
    work: Work,
    secrets: Secrets,
    actor: Actor,
    *,
    password: str,
    origin: Origin = NOWHERE,
    policy: SignInPolicy = DEFAULT_POLICY,
) -> FactorKind | None:
    """The password alone, before it is changed. As `check_second_factor`."""
    user = _locked(work, actor.id)
    source = source_of(work, secrets, user, origin)
    right = password_matches(secrets, user, password)
    if rests(work, user, source):
        return None
    if right and not user.frozen:
        return FactorKind.PASSWORD
    count_failure(work, actor.by, user, source, policy)
    append(work, actor.by, SignInFailed(id=user.id, failed_sign_ins=source.row.failed))
    return None


def complete_sign_in(
    work: Work, secrets: Secrets, actor: Actor, factor: FactorKind, *, origin: Origin = NOWHERE
) -> None:
    """After a factor that is checked elsewhere: a passkey, single sign-on. Raises: SignInRefused."""
    user = _locked(work, actor.id)
    if user.frozen or actor.shut_out or user.kind != "person":
        raise SignInRefused(REFUSAL)
    _complete(work, secrets, user, actor, origin, factor)


def pending_sign_in(work: Work, secrets: Secrets, candidate: Candidate) -> str:
    """What the second step brings along to show that the first was right."""
    user = work.session.get_one(User, candidate.actor.id)
    begun = as_text(work.now())
    mac = secrets.mac(Purpose.PENDING_SIGN_IN, str(user.id), begun, user.password_hash)
    return f"{user.id}~{begun}~{mac}"


def candidate_of(work: Work, secrets: Secrets, pending: str, *, origin: Origin = NOWHERE) -> Candidate:
    """Who gave the right password a few minutes ago.   Raises: SignInRefused."""
    try:
        user_text, begun, mac = pending.split("~")
        user, at = work.session.get(User, UUID(user_text)), from_text(begun)
    except ValueError:
        raise SignInRefused(REFUSAL) from None
    if user is None or user.frozen or not _is_pending(secrets, user, begun, mac, at, work.now()):
        raise SignInRefused(REFUSAL)
    actor = actor_of(work, user, address=origin.address, device=origin.device)
    if actor.shut_out:
        raise SignInRefused(REFUSAL)
    return Candidate(actor, factors_of(work, user.id))


REFUSAL: Final = "the name, the password or the code is wrong, or the account rests for a moment"


def _is_pending(secrets: Secrets, user: User, begun: str, mac: str, at: datetime, now: datetime) -> bool:
    fresh = timedelta(0) <= now - at < PENDING_FOR
    return fresh and secrets.vouches(mac, Purpose.PENDING_SIGN_IN, str(user.id), begun, user.password_hash)


def _checked_code(
    work: Work, secrets: Secrets, actor: Actor, code: str, origin: Origin, policy: SignInPolicy, *, signing_in: bool
) -> FactorKind | None:
    user = _locked(work, actor.id)
    source = source_of(work, secrets, user, origin)
    if rests(work, user, source) or user.frozen or actor.shut_out:
        return None
    factor = spend_code(work, secrets, actor.by, user.id, code)
    if factor is None:
        count_failure(work, actor.by, user, source, policy)
        append(work, actor.by, SecondFactorFailed(id=user.id, failed=source.row.failed))
    elif signing_in:
        _complete(work, secrets, user, actor, origin, factor)
    return factor


def _complete(work: Work, secrets: Secrets, user: User, actor: Actor, origin: Origin, factor: FactorKind) -> None:
    count_success(work, user, source_of(work, secrets, user, origin))
    work.session.flush()
    append(work, actor.by, SignedIn(id=user.id, factor=factor))


def _locked(work: Work, user_id: UUID) -> User:
    return work.session.scalars(select(User).where(User.id == user_id).with_for_update()).one()
