"""Ways in without our own password: a passkey, which is two factors at once, and single sign-on, which is the first.

An account is found by its login, which an administrator may change and nothing outside the database holds. So whoever
can help to seal shows the own second factor besides, and no single sign-on counts as a step-up.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, actor_of
from printserver.organisations.credentials import REFUSAL, Candidate, SignInRefused, complete_sign_in
from printserver.organisations.models import User
from printserver.organisations.oidc import Proved, SingleSignOnRefused
from printserver.organisations.passkey_answers import PasskeyRefused, PasskeyUnreadable
from printserver.organisations.passkey_challenges import Ceremony, PasskeyChallengeStale
from printserver.organisations.passkeys import use_passkey
from printserver.organisations.permissions import BINDING
from printserver.organisations.second_factor import factors_of
from printserver.organisations.secrets import Secrets
from printserver.organisations.sign_in_policy import FactorKind
from printserver.organisations.sign_in_sources import Origin


def sign_in_by_passkey(work: Work, secrets: Secrets, answer: str, *, origin: Origin) -> Actor:
    """Whose passkey answered `sign_in_question`.   Raises: SignInRefused, also for frozen people and programs."""
    try:
        used = use_passkey(work, secrets, Ceremony.SIGN_IN, binding="", answer=answer)
    except (PasskeyUnreadable, PasskeyRefused, PasskeyChallengeStale) as problem:
        raise SignInRefused(REFUSAL) from problem
    actor = _actor(work, used.user_id, origin)
    complete_sign_in(work, secrets, actor, FactorKind.PASSKEY, origin=origin)
    return actor


def sign_in_by_single_sign_on(work: Work, secrets: Secrets, proved: Proved, *, origin: Origin) -> Candidate:
    """Whose login the provider's claim names; complete unless `factors` says what is to be shown besides.

    Raises: SingleSignOnRefused for a login that nobody has here, for frozen people and programs.
    """
    user_id = work.session.scalar(select(User.id).where(User.login == proved.login))
    if user_id is None:
        raise SingleSignOnRefused("nobody here has this login", proved.login)
    actor = _actor(work, user_id, origin)
    user = work.session.get_one(User, user_id)
    if user.frozen or actor.shut_out or user.left_at is not None or user.kind != "person":
        raise SingleSignOnRefused("the account is closed", proved.login)
    enough = proved.strong and not any(BINDING & grant.permissions for grant in actor.grants)
    factors = frozenset[FactorKind]() if enough else factors_of(work, user_id)
    if not factors:
        complete_sign_in(work, secrets, actor, FactorKind.SINGLE_SIGN_ON, origin=origin)
    return Candidate(actor, factors)


def _actor(work: Work, user_id: UUID, origin: Origin) -> Actor:
    user = work.session.get_one(User, user_id)
    return actor_of(work, user, address=origin.address, device=origin.device)
