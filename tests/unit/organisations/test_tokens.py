"""API tokens: what they open, for how long, how much of it, and from where."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select, update

from printserver.foundation.errors import NotFound, Unauthenticated
from printserver.organisations.models import ApiToken, User
from printserver.organisations.permissions import Permission, Role
from printserver.organisations.tokens import (
    TokenLimits,
    TokenLimitsMalformed,
    api_tokens,
    issue_api_token,
    person_of_token,
    revoke_api_token,
)
from tests.world import World

ALL = TokenLimits()


def issued(world: World, *, days: int = 10, name: str = "integration", limits: TokenLimits = ALL) -> str:
    with world.database.work() as work:
        return issue_api_token(work, world.secrets, world.actor(work, Role.CLERK), name=name, days=days, limits=limits)


def opens(world: World, token: str, address: str = "") -> bool:
    with world.database.reading() as work:
        try:
            person_of_token(work, world.secrets, token, address=address)
        except Unauthenticated:
            return False
        return True


@pytest.mark.parametrize("token", ["", "x", "ps_", "' OR 1=1 --", "ps_é", "ps_" + "0" * 75])
def test_a_made_up_token_opens_nothing(world: World, token: str):
    assert not opens(world, token)


def test_a_token_opens_until_it_expires_or_is_revoked(world: World):
    kept, revoked = issued(world), issued(world, name="lost")
    with world.database.work() as work:
        clerk = world.actor(work, Role.CLERK)
        (lost,) = [view for view in api_tokens(work, clerk) if view.name == "lost"]
        revoke_api_token(work, clerk, lost.id)
    assert not opens(world, revoked)
    assert opens(world, kept)
    world.clock.advance(10 * 86_400)
    assert not opens(world, kept)


def test_a_revoked_token_is_not_brought_back_by_its_row(world: World):
    token = issued(world)
    with world.database.work() as work:
        clerk = world.actor(work, Role.CLERK)
        revoke_api_token(work, clerk, api_tokens(work, clerk)[-1].id)
        work.session.execute(update(ApiToken).values(revoked_at=None))
    assert not opens(world, token)


def test_a_frozen_person_is_out_at_once(world: World):
    token = world.person(Role.CLERK).token
    assert opens(world, token)
    with world.database.work() as work:
        work.session.get_one(User, world.person(Role.CLERK).id).frozen = True
    assert not opens(world, token)


def test_nobody_revokes_anothers_token_and_none_twice(world: World):
    with world.database.reading() as work:
        (own,) = api_tokens(work, world.actor(work, Role.CLERK))
    before = world.row_counts()
    for role, token_id in ((Role.APPROVER, own.id), (Role.CLERK, uuid4())):
        with pytest.raises(NotFound), world.database.work() as work:
            revoke_api_token(work, world.actor(work, role), token_id)
    assert world.row_counts() == before
    assert opens(world, world.person(Role.CLERK).token)


def test_no_token_is_stored_as_it_is(world: World):
    with world.database.reading() as work:
        stored = str([vars(row) for row in work.session.scalars(select(ApiToken))])
    assert world.person(Role.CLERK).token[35:] not in stored


def test_a_token_with_scopes_does_no_more_than_they_say(world: World):
    token = issued(world, limits=TokenLimits.parse(["read-requests", "approve-request"], ()))
    with world.database.reading() as work:
        clerk = person_of_token(work, world.secrets, token)
    assert clerk.may(Permission.READ_REQUESTS)
    assert not clerk.may(Permission.CREATE_REQUEST), "the clerk has it, the token does not"
    assert not clerk.may(Permission.APPROVE_REQUEST), "the token names it, the clerk does not have it"


def test_a_token_with_networks_works_from_there_alone(world: World):
    token = issued(world, limits=TokenLimits.parse((), ["192.0.2.0/24", "2001:db8::1"]))
    for address, admitted in (
        ("192.0.2.9", True),
        ("::ffff:192.0.2.9", True),
        ("2001:db8::1", True),
        ("192.0.3.9", False),
        ("2001:db8::2", False),
        ("", False),
        ("testclient", False),
    ):
        assert opens(world, token, address) is admitted, address


def test_limits_that_cannot_be_read_are_refused():
    for scopes, networks in ((["everything"], []), ([], ["192.0.2.0/33"]), ([], ["here"])):
        with pytest.raises(TokenLimitsMalformed):
            TokenLimits.parse(scopes, networks)
    assert TokenLimits.parse((), ("", " ")) == ALL
