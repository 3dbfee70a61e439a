"""Passwords: how they are kept, and which may follow which."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from printserver.organisations import passwords
from printserver.organisations.account import change_password
from printserver.organisations.models import User
from printserver.organisations.passwords import (
    FORMER_REFUSED,
    PasswordUsedBefore,
    PasswordWeak,
    hash_password,
    password_matches,
)
from printserver.organisations.permissions import Role
from printserver.organisations.secrets import Secrets
from tests.world import World
from tests.world_building import PASSWORD, cheap_passwords

KNOWN = Secrets(bytes(32))


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    with cheap_passwords():
        yield


def changed(world: World, password: str) -> None:
    with world.database.work() as work:
        change_password(work, world.secrets, world.actor(work, Role.CLERK), password, session_id=None)


def clerk(world: World) -> User:
    with world.database.reading() as work:
        return work.session.get_one(User, world.person(Role.CLERK).id)


def test_a_password_is_kept_as_argon2id_and_differently_each_time_and_for_each_account():
    one, other = uuid4(), uuid4()
    first, second = hash_password(KNOWN, one, "correct horse"), hash_password(KNOWN, one, "correct horse")
    assert first.startswith("$argon2id$")
    assert first != second
    assert password_matches(KNOWN, User(id=one, password_hash=first), "correct horse")
    assert not password_matches(KNOWN, User(id=other, password_hash=first), "correct horse")
    assert not password_matches(Secrets(b"\x01" * 32), User(id=one, password_hash=first), "correct horse")


@pytest.mark.parametrize("stored", ["", "!", "$argon2id$", "plain text", "\x00"])
def test_what_is_no_hash_takes_no_password(stored: str):
    for password in ("", "!", stored):
        assert not password_matches(KNOWN, User(id=uuid4(), password_hash=stored), password)
    assert not password_matches(KNOWN, None, "")


def test_a_password_of_nobody_costs_the_checking_of_one_of_somebody():
    assert not PasswordHasher().check_needs_rehash(passwords._NOBODYS_HASH)
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(passwords._NOBODYS_HASH, "")


def test_a_changed_password_is_the_persons_own_from_now_on(world: World):
    changed(world, "several words of mine")
    user = clerk(world)
    assert password_matches(world.secrets, user, "several words of mine")
    assert not password_matches(world.secrets, user, PASSWORD)
    assert (user.must_change_password, user.password_changed_at) == (False, world.clock.now())


def test_none_of_the_last_five_comes_again_and_the_sixth_may(world: World):
    used = [f"several words number {number}" for number in range(FORMER_REFUSED)]
    for password in used:
        changed(world, password)
        world.clock.advance(60)
    for password in used:
        with pytest.raises(PasswordUsedBefore):
            changed(world, password)
    assert password_matches(world.secrets, clerk(world), used[-1])
    changed(world, PASSWORD)


def test_a_weak_one_changes_nothing(world: World):
    before = world.row_counts()
    for password in ("short", "password123", clerk(world).login):
        with pytest.raises(PasswordWeak):
            changed(world, password)
    assert world.row_counts() == before
    assert password_matches(world.secrets, clerk(world), PASSWORD)
