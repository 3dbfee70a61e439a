"""Passwords, sessions and tokens: what opens the door, and what never does again."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from printserver.audit.models import AuditEntry
from printserver.foundation.errors import NotFound, Unauthenticated
from printserver.organisations.credentials import (
    LONGEST_LOCK,
    TRIES_BEFORE_LOCK,
    PasswordWeak,
    SignedInPerson,
    api_tokens,
    check_password,
    end_session,
    hash_password,
    issue_api_token,
    open_session,
    person_of_session,
    person_of_token,
    revoke_api_token,
)
from printserver.organisations.models import ApiToken, User, WebSession
from printserver.organisations.permissions import Role
from tests.world import World
from tests.world_building import PASSWORD, cheap_passwords


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    with cheap_passwords():
        yield


def tried(world: World, password: str, login: str | None = None) -> bool:
    with world.database.work() as work:
        name = login if login is not None else world.person(Role.CLERK).login
        return check_password(work, login=name, password=password) is not None


def user(world: World) -> User:
    with world.database.reading() as work:
        return work.session.get_one(User, world.person(Role.CLERK).id)


def freeze(world: World) -> None:
    with world.database.work() as work:
        work.session.execute(update(User).where(User.id == world.person(Role.CLERK).id).values(frozen=True))


def signed_in(world: World, *, hours: int = 8) -> str:
    with world.database.work() as work:
        return open_session(work, world.actor(work, Role.CLERK), hours=hours).secret


def opens(world: World, secret: str) -> bool:
    with world.database.reading() as work:
        try:
            person_of_session(work, secret)
        except Unauthenticated:
            return False
        return True


def token_opens(world: World, secret: str) -> bool:
    with world.database.reading() as work:
        try:
            person_of_token(work, secret)
        except Unauthenticated:
            return False
        return True


def test_a_password_is_kept_as_argon2id_and_differently_each_time():
    first, second = hash_password("correct horse"), hash_password("correct horse")
    assert first.startswith("$argon2id$")
    assert first != second


@pytest.mark.parametrize("password", ["", "123456789"])
def test_a_short_password_is_refused(password: str):
    with pytest.raises(PasswordWeak):
        hash_password(password)


def test_the_right_password_opens_and_is_recorded(world: World):
    assert tried(world, PASSWORD)
    with world.database.reading() as work:
        assert work.session.scalars(select(AuditEntry.event).where(AuditEntry.event == "SignedIn")).all() == [
            "SignedIn"
        ]


@pytest.mark.parametrize("password", ["", PASSWORD + " ", PASSWORD.upper(), "a" * 5000])
def test_another_password_does_not(world: World, password: str):
    assert not tried(world, password)


def test_unknown_names_wrong_passwords_locked_and_frozen_accounts_get_one_answer(world: World):
    assert not tried(world, PASSWORD, login="nobody")
    assert not tried(world, "wrong password")
    freeze(world)
    assert not tried(world, PASSWORD)


def test_five_failures_rest_the_account_and_each_further_one_doubles_the_rest(world: World):
    for _ in range(TRIES_BEFORE_LOCK - 1):
        assert not tried(world, "wrong password")
    assert user(world).locked_until is None
    for pause in (1, 2, 4, 8):
        assert not tried(world, "wrong password")
        assert user(world).locked_until == world.clock.now() + timedelta(seconds=pause)
        assert not tried(world, PASSWORD), "also the right password, while the account rests"
        world.clock.advance(pause)
    assert tried(world, PASSWORD)
    assert (user(world).failed_sign_ins, user(world).locked_until) == (0, None)


def test_tries_during_the_rest_do_not_prolong_it(world: World):
    for _ in range(TRIES_BEFORE_LOCK):
        tried(world, "wrong password")
    until = user(world).locked_until
    for _ in range(20):
        assert not tried(world, "wrong password")
    assert user(world).locked_until == until


def test_the_rest_never_grows_beyond_an_hour(world: World):
    with world.database.work() as work:
        work.session.execute(update(User).values(failed_sign_ins=10_000))
    assert not tried(world, "wrong password")
    assert user(world).locked_until == world.clock.now() + LONGEST_LOCK


def test_many_tries_at_once_count_each_one(world: World):
    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(lambda _: tried(world, "wrong password"), range(24)))
    assert user(world).failed_sign_ins == TRIES_BEFORE_LOCK


def test_a_session_opens_until_it_expires(world: World):
    secret = signed_in(world, hours=8)
    assert opens(world, secret)
    world.clock.advance(8 * 3600 - 1)
    assert opens(world, secret)
    world.clock.advance(1)
    assert not opens(world, secret)


def test_each_sign_in_has_a_secret_of_its_own_and_none_is_stored(world: World):
    first, second = signed_in(world), signed_in(world)
    assert first != second
    with world.database.reading() as work:
        stored = str([vars(row) for row in work.session.scalars(select(WebSession))])
    assert first not in stored
    assert second not in stored


def test_a_session_that_was_ended_opens_nothing_and_the_other_still_does(world: World):
    first, second = signed_in(world), signed_in(world)
    with world.database.work() as work:
        person = person_of_session(work, first)
        assert isinstance(person, SignedInPerson)
        end_session(work, person)
    assert not opens(world, first)
    assert opens(world, second)


@pytest.mark.parametrize("secret", ["", "x", "' OR 1=1 --", "é"])
def test_a_made_up_secret_opens_nothing(world: World, secret: str):
    signed_in(world)
    assert not opens(world, secret)
    assert not token_opens(world, secret)


def test_a_frozen_person_is_out_at_once(world: World):
    secret, token = signed_in(world), world.person(Role.CLERK).token
    assert opens(world, secret)
    assert token_opens(world, token)
    freeze(world)
    assert not opens(world, secret)
    assert not token_opens(world, token)


def test_a_token_opens_until_it_expires_or_is_revoked(world: World):
    with world.database.work() as work:
        clerk = world.actor(work, Role.CLERK)
        kept = issue_api_token(work, clerk, name="integration", days=10)
        revoked = issue_api_token(work, clerk, name="lost", days=10)
    with world.database.work() as work:
        clerk = world.actor(work, Role.CLERK)
        (lost,) = [view for view in api_tokens(work, clerk) if view.name == "lost"]
        revoke_api_token(work, clerk, lost.id)
    assert not token_opens(world, revoked)
    assert token_opens(world, kept)
    world.clock.advance(10 * 86_400)
    assert not token_opens(world, kept)


def test_nobody_revokes_anothers_token_and_none_twice(world: World):
    with world.database.reading() as work:
        (own,) = api_tokens(work, world.actor(work, Role.CLERK))
    before = world.row_counts()
    for role, token_id in ((Role.APPROVER, own.id), (Role.CLERK, uuid4())):
        with pytest.raises(NotFound), world.database.work() as work:
            revoke_api_token(work, world.actor(work, role), token_id)
    assert world.row_counts() == before
    assert token_opens(world, world.person(Role.CLERK).token)


def test_no_token_is_stored_as_it_is(world: World):
    with world.database.reading() as work:
        stored = str([vars(row) for row in work.session.scalars(select(ApiToken))])
    assert world.person(Role.CLERK).token not in stored
