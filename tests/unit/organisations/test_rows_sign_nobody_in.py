"""No write to the database signs anybody in: rows copied, made, changed or given to another account open nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import pyotp
import pytest
from sqlalchemy import insert, select, update

from printserver.foundation.errors import IntegrityError, Unauthenticated
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.credentials import candidate_of, check_password
from printserver.organisations.models import ApiToken, RecoveryCode, TotpFactor, User, WebSession
from printserver.organisations.passwords import hash_password
from printserver.organisations.permissions import Permission, Role
from printserver.organisations.second_factor import begin_totp, confirm_totp, spend_code
from printserver.organisations.secrets import Purpose, Secrets
from printserver.organisations.sessions import open_session, person_of_session
from printserver.organisations.sign_in_policy import SignInPolicy
from printserver.organisations.tokens import TokenLimits, issue_api_token, person_of_token
from tests.world import World
from tests.world_building import PASSWORD, cheap_passwords

OWN: Final = "the attacker's own long password"
GUESSED: Final = Secrets(bytes(32))
"""Whoever writes rows may know all of our code, but not the secret."""


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    with cheap_passwords():
        yield


def row_of(work: Work, user_id: Any) -> dict[str, Any]:
    table = User.__table__
    return dict(work.session.execute(select(table).where(table.c.id == user_id)).mappings().one())


def attacker(world: World, work: Work) -> User:
    """The clerk, who knows her own password and may write every row."""
    return work.session.get_one(User, world.person(Role.CLERK).id)


def victim(world: World, work: Work) -> User:
    return work.session.get_one(User, world.person(Role.SYSTEM_ADMINISTRATOR).id)


def copy_own_hash(world: World, work: Work) -> None:
    victim(world, work).password_hash = attacker(world, work).password_hash


def compute_a_hash(world: World, work: Work) -> None:
    person = victim(world, work)
    person.password_hash = hash_password(GUESSED, person.id, PASSWORD + "!")


def exchange_the_names(world: World, work: Work) -> None:
    """The attacker's row under the victim's name signs in as the attacker, whose rights it has."""
    mine, theirs = attacker(world, work), victim(world, work)
    name, theirs.login = theirs.login, "away"
    work.session.flush()
    mine.login = name


def insert_an_account(world: World, work: Work) -> None:
    made = row_of(work, attacker(world, work).id) | {"id": new_id(), "login": "made", "staff_number": "made"}
    work.session.execute(insert(User).values(made))


@pytest.mark.parametrize("write", [copy_own_hash, compute_a_hash, exchange_the_names, insert_an_account])
def test_no_row_of_an_account_lets_anybody_in_as_somebody_else(world: World, write: Callable[[World, Work], None]):
    with world.database.work() as work:
        mine = attacker(world, work)
        mine.password_hash = hash_password(world.secrets, mine.id, OWN)
        names = {mine.login, victim(world, work).login, "made"}
    with world.database.work() as work:
        write(world, work)
    for name in names:
        for password in (OWN, PASSWORD + "!"):
            with world.database.work() as work:
                found = check_password(work, world.secrets, login=name, password=password)
            assert found is None or found.actor.id == world.person(Role.CLERK).id


def session_given_away(world: World, work: Work, secret: str) -> str:
    work.session.execute(update(WebSession).values(user_id=victim(world, work).id))
    return secret


def session_copied(world: World, work: Work, secret: str) -> str:
    row = dict(work.session.execute(select(WebSession.__table__)).mappings().one())
    work.session.execute(update(WebSession).values(secret_sha256="moved"))
    copied = row | {"id": new_id(), "user_id": victim(world, work).id}
    work.session.execute(insert(WebSession).values(copied))
    return copied["id"].hex + secret[32:]


def session_made(world: World, work: Work, _secret: str) -> str:
    with_guessed = open_session(work, GUESSED, Actor(victim(world, work).id, new_id(), new_id(), "", ()), hours=1)
    return with_guessed.secret


@pytest.mark.parametrize("write", [session_given_away, session_copied, session_made])
def test_no_row_of_a_session_signs_the_victim_in(world: World, write: Callable[[World, Work, str], str]):
    with world.database.work() as work:
        secret = open_session(work, world.secrets, world.actor(work, Role.CLERK), hours=1).secret
    with world.database.work() as work:
        tried = write(world, work, secret)
    with world.database.reading() as work, pytest.raises(Unauthenticated):
        person_of_session(work, world.secrets, tried)


def test_a_session_is_not_made_longer(world: World):
    with world.database.work() as work:
        secret = open_session(work, world.secrets, world.actor(work, Role.CLERK), hours=1).secret
    with world.database.work() as work:
        (row,) = work.session.scalars(select(WebSession))
        row.expires_at += timedelta(days=1)
    with world.database.reading() as work, pytest.raises(Unauthenticated):
        person_of_session(work, world.secrets, secret)


def test_no_row_says_that_a_factor_was_shown(world: World):
    with world.database.work() as work:
        secret = open_session(work, world.secrets, world.actor(work, Role.CLERK), hours=10).secret
        other = open_session(work, world.secrets, world.actor(work, Role.CLERK), hours=10)
    world.clock.advance(3600)
    with world.database.work() as work:
        fresh = open_session(work, world.secrets, world.actor(work, Role.CLERK), hours=10)
        rows = {row.id.hex: row for row in work.session.scalars(select(WebSession))}
        mine, newest = rows[secret[:32]], rows[fresh.secret[:32]]
        mine.factor_shown_at = work.now()
        rows[other.secret[:32]].factor_shown_at = newest.factor_shown_at
        rows[other.secret[:32]].factor_mac = newest.factor_mac
    for each in (secret, other.secret):
        with world.database.reading() as work:
            shown = person_of_session(work, world.secrets, each).shown_at
        assert not SignInPolicy().is_fresh(shown, world.clock.now())


def token_given_away(world: World, work: Work, _token: str) -> None:
    work.session.execute(update(ApiToken).where(ApiToken.name == "own").values(user_id=victim(world, work).id))


def token_widened(_world: World, work: Work, _token: str) -> None:
    work.session.execute(update(ApiToken).where(ApiToken.name == "own").values(scopes=[*Permission]))


def token_without_scopes(_world: World, work: Work, _token: str) -> None:
    work.session.execute(update(ApiToken).where(ApiToken.name == "own").values(scopes=None))


def token_for_every_network(_world: World, work: Work, _token: str) -> None:
    work.session.execute(update(ApiToken).where(ApiToken.name == "own").values(networks=None))


def token_made_longer(_world: World, work: Work, _token: str) -> None:
    (row,) = work.session.scalars(select(ApiToken).where(ApiToken.name == "own"))
    row.expires_at += timedelta(days=365)


@pytest.mark.parametrize(
    "write", [token_given_away, token_widened, token_without_scopes, token_for_every_network, token_made_longer]
)
def test_no_write_to_a_token_makes_it_good_for_more(world: World, write: Callable[[World, Work, str], None]):
    limits = TokenLimits.parse(["read-requests"], ["192.0.2.1"])
    with world.database.work() as work:
        clerk = world.actor(work, Role.CLERK)
        token = issue_api_token(work, world.secrets, clerk, name="own", limits=limits)
        assert person_of_token(work, world.secrets, token, address="192.0.2.1").id == clerk.id
    with world.database.work() as work:
        write(world, work, token)
    with world.database.reading() as work, pytest.raises(Unauthenticated):
        person_of_token(work, world.secrets, token, address="192.0.2.1")


def test_a_token_made_under_another_secret_opens_nothing(world: World):
    with world.database.work() as work:
        actor = Actor(victim(world, work).id, new_id(), new_id(), "", ())
        token = issue_api_token(work, GUESSED, actor, name="made")
    with world.database.reading() as work, pytest.raises(Unauthenticated):
        person_of_token(work, world.secrets, token)


def test_an_attackers_own_seed_and_codes_are_worth_nothing_in_another_account(world: World):
    with world.database.work() as work:
        clerk = world.actor(work, Role.CLERK)
        seed = begin_totp(work, world.secrets, clerk, login="x").seed
        codes = confirm_totp(work, world.secrets, clerk, pyotp.TOTP(seed).at(world.clock.now()))
    world.clock.advance(60)
    with world.database.work() as work:
        theirs = victim(world, work).id
        (own,) = work.session.scalars(select(TotpFactor))
        work.session.add(TotpFactor(user_id=theirs, seed=own.seed, confirmed_at=own.confirmed_at, last_step=0))
        work.session.execute(update(RecoveryCode).values(user_id=theirs))
    by = world_by(world)
    with world.database.work() as work:
        assert spend_code(work, world.secrets, by, theirs, codes[0]) is None
    with world.database.work() as work, pytest.raises(IntegrityError):
        spend_code(work, world.secrets, by, theirs, pyotp.TOTP(seed).at(world.clock.now()))


def world_by(world: World) -> Any:
    with world.database.reading() as work:
        return world.actor(work, Role.CLERK).by


def test_the_first_step_of_another_account_is_not_made_up(world: World):
    """The second step alone is no way in, whatever rows say."""
    with world.database.reading() as work:
        theirs, now = victim(world, work), world.clock.now()
        begun = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        mac = GUESSED.mac(Purpose.PENDING_SIGN_IN, str(theirs.id), begun, theirs.password_hash)
        with pytest.raises(Unauthenticated):
            candidate_of(work, world.secrets, f"{theirs.id}~{begun}~{mac}")
