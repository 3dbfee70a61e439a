"""Accounts of programs: no password, no right that decides, tokens that say what they are for."""

from __future__ import annotations

from uuid import UUID

import pytest

from printserver.foundation.errors import NotFound, Unauthenticated
from printserver.organisations.credentials import check_again, check_password
from printserver.organisations.passwords import UNUSABLE
from printserver.organisations.permissions import BINDING, GRANTS, Permission, Role
from printserver.organisations.service_accounts import (
    ROLES,
    RoleNotForPrograms,
    ServiceAccountMalformed,
    ServiceAccountNotFound,
    close_service_account,
    create_service_account,
    issue_service_token,
    revoke_service_token,
    service_account,
    service_accounts,
)
from printserver.organisations.sign_in_sources import Origin
from printserver.organisations.tokens import TokenLimits, person_of_token
from tests.world import World

ADMINISTRATOR = Role.SYSTEM_ADMINISTRATOR
READING = TokenLimits(frozenset({Permission.READ_REQUESTS}))


def made(world: World, *roles: Role) -> UUID:
    with world.database.work() as work:
        administrator = world.actor(work, ADMINISTRATOR)
        return create_service_account(
            work,
            administrator,
            name="OA",
            branch_id=world.home.north.branch_id,
            roles=frozenset(roles or {Role.CLERK}),
        )


def issued(world: World, account: UUID, limits: TokenLimits = READING) -> str:
    with world.database.work() as work:
        actor = world.actor(work, ADMINISTRATOR)
        return issue_service_token(work, world.secrets, actor, account, name="", days=30, limits=limits)


def test_a_program_does_what_its_token_says_and_nothing_else(world: World):
    token = issued(world, made(world))
    with world.database.reading() as work:
        program = person_of_token(work, world.secrets, token)
    assert program.may(Permission.READ_REQUESTS)
    assert not program.may(Permission.CREATE_REQUEST)


def test_a_program_has_no_password_and_shows_none(world: World):
    account = made(world)
    with world.database.reading() as work:
        login = service_account(work, world.actor(work, ADMINISTRATOR), account).login
    token = issued(world, account)
    for password in ("", UNUSABLE, login):
        with world.database.work() as work:
            assert check_password(work, world.secrets, login=login, password=password) is None
        with world.database.work() as work:
            program = person_of_token(work, world.secrets, token)
            assert check_again(work, world.secrets, program, password=password, code="", origin=Origin()) is None


def test_no_program_decides_about_seals_people_or_keys(world: World):
    assert ROLES
    for role in Role:
        decides = GRANTS[role] & (BINDING | {Permission.MANAGE_PEOPLE, Permission.MANAGE_INTEGRATIONS})
        assert not (decides and role in ROLES)
    before = world.row_counts()
    for role in set(Role) - set(ROLES):
        with pytest.raises(RoleNotForPrograms):
            made(world, role)
    assert world.row_counts() == before


def test_a_token_says_what_it_is_for_and_never_more_than_the_account_may(world: World):
    account = made(world)
    before = world.row_counts()
    for limits in (TokenLimits(), TokenLimits(frozenset({Permission.APPROVE_REQUEST}))):
        with pytest.raises(ServiceAccountMalformed):
            issued(world, account, limits)
    assert world.row_counts() == before


def test_a_closed_account_and_a_revoked_token_open_nothing(world: World):
    account = made(world)
    first, second = issued(world, account), issued(world, account)
    with world.database.work() as work:
        actor = world.actor(work, ADMINISTRATOR)
        view = service_account(work, actor, account)
        revoke_service_token(work, actor, account, view.tokens[0].id)
    with world.database.reading() as work:
        with pytest.raises(Unauthenticated):
            person_of_token(work, world.secrets, first)
        person_of_token(work, world.secrets, second)
    with world.database.work() as work:
        close_service_account(work, world.actor(work, ADMINISTRATOR), account)
    with world.database.reading() as work, pytest.raises(Unauthenticated):
        person_of_token(work, world.secrets, second)
    with pytest.raises(ServiceAccountNotFound):
        issued(world, account)


def test_other_branches_and_companies_do_not_see_it(world: World):
    account = made(world)
    for office in (world.home.south, world.foreign.head):
        with world.database.work() as work:
            actor = world.actor(work, ADMINISTRATOR, office)
            assert service_accounts(work, actor) == ()
            with pytest.raises(ServiceAccountNotFound):
                service_account(work, actor, account)
            with pytest.raises(NotFound):
                create_service_account(
                    work, actor, name="x", branch_id=world.home.north.branch_id, roles=frozenset({Role.CLERK})
                )
    with world.database.reading() as work:
        (seen,) = service_accounts(work, world.actor(work, ADMINISTRATOR, world.home.head))
    assert seen.id == account
