"""Signing in: what opens the door, who is kept waiting before it, and who never is."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pyotp
import pytest
from sqlalchemy import select, update

from printserver.audit.models import AuditEntry
from printserver.organisations.access import Actor
from printserver.organisations.credentials import (
    Candidate,
    SignInRefused,
    candidate_of,
    check_again,
    check_password,
    check_second_factor,
    pending_sign_in,
)
from printserver.organisations.models import SignInSource, User
from printserver.organisations.permissions import Role
from printserver.organisations.second_factor import begin_totp, confirm_totp
from printserver.organisations.sign_in_policy import FactorKind, SignInPolicy
from printserver.organisations.sign_in_sources import (
    Origin,
    count_failure,
    device_cookie,
    genuine_device,
    known_device,
    rests,
    source_of,
)
from tests.world import World
from tests.world_building import PASSWORD, cheap_passwords

POLICY = SignInPolicy()
OFFICE, ELSEWHERE = Origin("192.0.2.1"), Origin("198.51.100.7")


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    with cheap_passwords():
        yield


def candidate(
    world: World, password: str = PASSWORD, login: str | None = None, origin: Origin = OFFICE
) -> Candidate | None:
    with world.database.work() as work:
        name = login if login is not None else world.person(Role.CLERK).login
        return check_password(work, world.secrets, login=name, password=password, origin=origin)


def tried(world: World, password: str, login: str | None = None, origin: Origin = OFFICE) -> bool:
    return candidate(world, password, login, origin) is not None


def user(world: World) -> User:
    with world.database.reading() as work:
        return work.session.get_one(User, world.person(Role.CLERK).id)


def resting_until(world: World, source: str = "network:192.0.2.1") -> object:
    with world.database.reading() as work:
        row = work.session.get(SignInSource, (world.person(Role.CLERK).id, source))
        return None if row is None else row.resting_until


def freeze(world: World) -> None:
    with world.database.work() as work:
        work.session.execute(update(User).where(User.id == world.person(Role.CLERK).id).values(frozen=True))


def events(world: World, name: str) -> int:
    return world.events().count(name)


def enrolled(world: World, role: Role = Role.CLERK) -> tuple[str, tuple[str, ...]]:
    """A seed and the recovery codes."""
    with world.database.work() as work:
        actor = world.actor(work, role)
        seed = begin_totp(work, world.secrets, actor, login="x").seed
        codes = confirm_totp(work, world.secrets, actor, pyotp.TOTP(seed).at(world.clock.now()))
    world.clock.advance(60)
    return seed, codes


def test_the_right_password_opens_and_is_recorded(world: World):
    assert tried(world, PASSWORD)
    with world.database.reading() as work:
        assert work.session.scalars(select(AuditEntry.event).where(AuditEntry.event == "SignedIn")).all() == [
            "SignedIn"
        ]


@pytest.mark.parametrize("password", ["", PASSWORD + " ", PASSWORD.upper(), "a" * 5000])
def test_another_password_does_not(world: World, password: str):
    assert not tried(world, password)


def test_unknown_names_wrong_passwords_resting_and_frozen_accounts_get_one_answer(world: World):
    assert not tried(world, PASSWORD, login="nobody")
    assert not tried(world, "wrong password")
    freeze(world)
    assert not tried(world, PASSWORD)


def test_five_failures_rest_the_account_for_that_network_and_each_further_one_doubles_the_rest(world: World):
    for _ in range(POLICY.failures_before_rest - 1):
        assert not tried(world, "wrong password")
    assert resting_until(world) is None
    for pause in (1, 2, 4, 8):
        assert not tried(world, "wrong password")
        assert resting_until(world) == world.clock.now() + timedelta(seconds=pause)
        assert not tried(world, PASSWORD), "also the right password, while the account rests"
        world.clock.advance(pause)
    assert tried(world, PASSWORD)
    assert resting_until(world) is None
    assert events(world, "AccountRested") == 4


def test_tries_during_the_rest_do_not_prolong_it(world: World):
    for _ in range(POLICY.failures_before_rest):
        tried(world, "wrong password")
    until = resting_until(world)
    for _ in range(20):
        assert not tried(world, "wrong password")
    assert resting_until(world) == until


def test_whoever_guesses_elsewhere_keeps_nobody_out_here(world: World):
    for _ in range(3 * POLICY.failures_before_rest):
        assert not tried(world, "wrong password", origin=ELSEWHERE)
    assert tried(world, PASSWORD, origin=OFFICE)


def test_many_networks_together_rest_the_account_for_strangers_and_not_where_it_is_known(world: World):
    assert tried(world, PASSWORD, origin=OFFICE)
    for number in range(POLICY.failures_of_all):
        assert not tried(world, "wrong password", origin=Origin(f"203.0.113.{number}"))
    assert not tried(world, PASSWORD, origin=ELSEWHERE), "no stranger, not even with the right password"
    assert tried(world, PASSWORD, origin=OFFICE)


def test_a_known_device_is_let_in_where_a_neighbour_has_guessed(world: World):
    clerk = world.person(Role.CLERK).id
    own = Origin(OFFICE.address, "", device_cookie(world.secrets, "", clerk))
    for _ in range(POLICY.failures_before_rest):
        assert not tried(world, "wrong password", origin=OFFICE)
    assert not tried(world, PASSWORD, origin=OFFICE)
    assert tried(world, PASSWORD, origin=own)


def test_a_devices_cookie_is_known_to_those_who_signed_in_on_it_and_to_nobody_else(world: World):
    clerk, approver = world.person(Role.CLERK).id, world.person(Role.APPROVER).id
    cookie = device_cookie(world.secrets, "", clerk)
    assert known_device(world.secrets, cookie, clerk) == genuine_device(world.secrets, cookie)
    assert known_device(world.secrets, cookie, approver) is None
    both = device_cookie(world.secrets, cookie, approver)
    assert known_device(world.secrets, both, clerk) == known_device(world.secrets, both, approver)
    for made_up in ("", "x", "..", "a" * 300, cookie.replace(".", "x"), "0" * 32 + cookie[32:]):
        assert genuine_device(world.secrets, made_up) is None
        assert known_device(world.secrets, made_up, clerk) is None


def test_a_shared_device_remembers_the_last_eight_and_stays_small(world: World):
    cookie, people = "", [uuid4() for _ in range(20)]
    for person in people:
        cookie = device_cookie(world.secrets, cookie, person)
    assert [known_device(world.secrets, cookie, person) is not None for person in people] == [False] * 12 + [True] * 8
    assert len(cookie) < 400


def test_of_ten_thousand_guesses_in_a_day_hardly_forty_are_judged(world: World):
    """Of one network; each asks at the first moment that it may."""
    judged = 0
    with world.database.work() as work:
        clerk = work.session.get_one(User, world.person(Role.CLERK).id)
        by = world.actor(work, Role.CLERK).by
        for _ in range(10_000):
            source = source_of(work, world.secrets, clerk, ELSEWHERE)
            if not rests(work, clerk, source):
                count_failure(work, by, clerk, source, POLICY)
                work.session.flush()
                judged += 1
            world.clock.advance(8.64)
    assert judged < 45


def test_of_ten_thousand_guesses_from_as_many_networks_hardly_a_hundred_are_judged(world: World):
    judged = 0
    with world.database.work() as work:
        clerk = work.session.get_one(User, world.person(Role.CLERK).id)
        by = world.actor(work, Role.CLERK).by
        for number in range(10_000):
            source = source_of(
                work, world.secrets, clerk, Origin(f"10.{number // 65_536}.{number // 256}.{number % 256}")
            )
            if not rests(work, clerk, source):
                count_failure(work, by, clerk, source, POLICY)
                work.session.flush()
                judged += 1
            world.clock.advance(8.64)
    assert judged < 100


def test_many_tries_at_once_count_each_one(world: World):
    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(lambda _: tried(world, "wrong password"), range(24)))
    assert user(world).failed_sign_ins == POLICY.failures_before_rest


def test_who_has_a_second_factor_is_not_in_with_the_password_alone(world: World):
    seed, _codes = enrolled(world)
    before = events(world, "SignedIn")
    half = candidate(world)
    assert half is not None
    assert half.factors == {FactorKind.TOTP}
    assert events(world, "SignedIn") == before
    code = pyotp.TOTP(seed).at(world.clock.now())
    with world.database.work() as work:
        assert check_second_factor(work, world.secrets, half, code, origin=OFFICE) is FactorKind.TOTP
    assert events(world, "SignedIn") == before + 1


def test_a_right_password_does_not_forgive_wrong_codes(world: World):
    """Otherwise whoever has the password might try a million codes."""
    enrolled(world)
    refused = 0
    for _ in range(3 * POLICY.failures_before_rest):
        half = candidate(world)
        if half is None:
            refused += 1
            continue
        with world.database.work() as work:
            assert check_second_factor(work, world.secrets, half, "000000", origin=OFFICE) is None
    assert refused == 2 * POLICY.failures_before_rest
    assert events(world, "SecondFactorFailed") == POLICY.failures_before_rest


def test_the_second_step_is_open_for_a_few_minutes_and_ends_with_the_password(world: World):
    enrolled(world)
    half = candidate(world)
    assert half is not None
    with world.database.reading() as work:
        pending = pending_sign_in(work, world.secrets, half)
        assert candidate_of(work, world.secrets, pending).actor.id == half.actor.id
    for made_up in ("", "a~b~c", pending[:-1] + ("0" if pending[-1] != "0" else "1"), pending.replace("~", "-")):
        with world.database.reading() as work, pytest.raises(SignInRefused):
            candidate_of(work, world.secrets, made_up)
    with world.database.work() as work:
        work.session.get_one(User, half.actor.id).password_hash = "another"
    with world.database.reading() as work, pytest.raises(SignInRefused):
        candidate_of(work, world.secrets, pending)


def test_the_second_step_is_over_after_five_minutes(world: World):
    enrolled(world)
    half = candidate(world)
    assert half is not None
    with world.database.reading() as work:
        pending = pending_sign_in(work, world.secrets, half)
    world.clock.advance(300)
    with world.database.reading() as work, pytest.raises(SignInRefused):
        candidate_of(work, world.secrets, pending)


def again(world: World, *, password: str = "", code: str = "") -> FactorKind | None:
    with world.database.work() as work:
        actor: Actor = world.actor(work, Role.CLERK)
        return check_again(work, world.secrets, actor, password=password, code=code, origin=OFFICE)


def test_a_step_up_asks_for_the_password_of_who_has_nothing_else_and_never_of_the_others(world: World):
    assert again(world, password=PASSWORD) is FactorKind.PASSWORD
    assert again(world, password="wrong", code="000000") is None
    seed, codes = enrolled(world)
    assert again(world, password=PASSWORD) is None
    assert again(world, code=pyotp.TOTP(seed).at(world.clock.now())) is FactorKind.TOTP
    assert again(world, code=codes[0]) is FactorKind.RECOVERY_CODE


def test_wrong_step_ups_rest_the_account_as_wrong_passwords_do(world: World):
    for _ in range(POLICY.failures_before_rest):
        assert again(world, password="wrong") is None
    assert again(world, password=PASSWORD) is None
    world.clock.advance(2)
    assert again(world, password=PASSWORD) is FactorKind.PASSWORD
