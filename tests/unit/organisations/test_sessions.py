"""Sessions: what a cookie opens, and what never does again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from printserver.foundation.errors import NotFound, Unauthenticated
from printserver.organisations.models import User, WebSession
from printserver.organisations.permissions import Role
from printserver.organisations.second_factor import begin_totp
from printserver.organisations.sessions import (
    SignedInPerson,
    end_all_sessions,
    end_session,
    forget_shown_factors,
    mark_seen,
    open_session,
    person_of_session,
    revoke_session,
    sessions_of,
    show_factor,
)
from printserver.organisations.sign_in_policy import FactorKind, Obligation, SignInPolicy
from tests.world import World

POLICY = SignInPolicy(password_days=60, idle=timedelta(hours=1))


def signed_in(world: World, *, hours: int = 8, role: Role = Role.CLERK) -> str:
    with world.database.work() as work:
        return open_session(work, world.secrets, world.actor(work, role), hours=hours).secret


def person(world: World, secret: str, policy: SignInPolicy | None = None) -> SignedInPerson:
    with world.database.reading() as work:
        return person_of_session(work, world.secrets, secret, policy=policy)


def opens(world: World, secret: str, policy: SignInPolicy | None = None) -> bool:
    try:
        person(world, secret, policy)
    except Unauthenticated:
        return False
    return True


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
    for secret in (first, second):
        assert secret not in stored
        assert secret[32:] not in stored


def test_a_session_that_was_ended_opens_nothing_and_the_other_still_does(world: World):
    first, second = signed_in(world), signed_in(world)
    with world.database.work() as work:
        end_session(work, person_of_session(work, world.secrets, first))
    assert not opens(world, first)
    assert opens(world, second)


@pytest.mark.parametrize("secret", ["", "x", "' OR 1=1 --", "é", "0" * 75])
def test_a_made_up_secret_opens_nothing(world: World, secret: str):
    signed_in(world)
    assert not opens(world, secret)


def test_an_idle_session_is_over_and_a_used_one_goes_on(world: World):
    used, idle = signed_in(world), signed_in(world)
    for _ in range(3):
        world.clock.advance(1800)
        with world.database.work() as work:
            mark_seen(work, person_of_session(work, world.secrets, used, policy=POLICY))
    assert opens(world, used, POLICY)
    assert not opens(world, idle, POLICY)


def test_a_step_up_gives_a_new_cookie_and_the_old_one_is_dead(world: World):
    old = signed_in(world)
    before = person(world, old)
    world.clock.advance(600)
    with world.database.work() as work:
        session = show_factor(work, world.secrets, before, FactorKind.PASSWORD)
    assert not opens(world, old)
    after = person(world, session.secret)
    assert (after.session_id, after.csrf_token) == (before.session_id, before.csrf_token)
    assert after.shown_at == world.clock.now()
    assert not POLICY.is_fresh(before.shown_at, world.clock.now())
    assert POLICY.is_fresh(after.shown_at, world.clock.now())


def test_what_was_shown_is_good_for_five_minutes_and_never_from_the_future(world: World):
    now = world.clock.now()
    assert POLICY.is_fresh(now - timedelta(seconds=299), now)
    for moment in (None, now - timedelta(minutes=5), now + timedelta(seconds=1)):
        assert not POLICY.is_fresh(moment, now)


def test_an_ended_session_shows_nothing_more(world: World):
    gone = person(world, signed_in(world))
    with world.database.work() as work:
        end_session(work, gone)
    with world.database.work() as work, pytest.raises(Unauthenticated):
        show_factor(work, world.secrets, gone, FactorKind.PASSWORD)


def test_a_new_factor_makes_every_other_session_show_it(world: World):
    here, there = signed_in(world), signed_in(world)
    with world.database.work() as work:
        mine = person_of_session(work, world.secrets, here)
        forget_shown_factors(work, mine.actor.id, but=mine.session_id)
    assert person(world, here).shown_at is not None
    assert person(world, there).shown_at is None


def test_people_see_their_own_sessions_and_end_them(world: World):
    here, there, other = signed_in(world), signed_in(world), signed_in(world, role=Role.APPROVER)
    mine = person(world, here)
    with world.database.reading() as work:
        listed = sessions_of(work, mine.actor, mine.session_id)
    assert [each.current for each in listed].count(True) == 1
    assert len(listed) == 2
    with world.database.work() as work:
        revoke_session(work, mine.actor, person_of_session(work, world.secrets, there).session_id)
    assert [opens(world, each) for each in (here, there, other)] == [True, False, True]
    theirs = person(world, other).session_id
    with world.database.work() as work, pytest.raises(NotFound):
        revoke_session(work, mine.actor, theirs)
    again = signed_in(world)
    with world.database.work() as work:
        assert end_all_sessions(work, mine.actor.by, mine.actor.id, but=mine.session_id) == 1
    assert [opens(world, each) for each in (here, again, other)] == [True, False, True]


def test_an_ended_session_is_not_brought_back_by_its_row(world: World):
    secret = signed_in(world)
    with world.database.work() as work:
        end_session(work, person_of_session(work, world.secrets, secret))
    with world.database.work() as work:
        for row in work.session.scalars(select(WebSession)):
            row.ended_at = None
    assert not opens(world, secret)


def test_an_old_or_first_password_is_changed_before_anything_else(world: World):
    secret = signed_in(world)
    assert person(world, secret, POLICY).obligation is None
    with world.database.work() as work:
        work.session.get_one(User, world.person(Role.CLERK).id).must_change_password = True
    assert person(world, secret, POLICY).obligation is Obligation.CHANGE_PASSWORD
    with world.database.work() as work:
        user = work.session.get_one(User, world.person(Role.CLERK).id)
        user.must_change_password, user.password_changed_at = False, world.clock.now() - timedelta(days=60)
    assert person(world, secret, POLICY).obligation is Obligation.CHANGE_PASSWORD
    assert person(world, secret, SignInPolicy(password_days=0)).obligation is None


def test_a_role_that_needs_a_second_factor_enrols_one_first(world: World):
    policy = SignInPolicy(password_days=0, second_factor_roles=frozenset({Role.CLERK.value}))
    clerk, approver = signed_in(world), signed_in(world, role=Role.APPROVER)
    assert person(world, clerk, policy).obligation is Obligation.ENROL_SECOND_FACTOR
    assert person(world, approver, policy).obligation is None
    with world.database.work() as work:
        begin_totp(work, world.secrets, world.actor(work, Role.CLERK), login="clerk")
    assert person(world, clerk, policy).obligation is Obligation.ENROL_SECOND_FACTOR, "begun is not enrolled"
