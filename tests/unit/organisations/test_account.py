"""Lost passwords and phones: nobody alone becomes somebody who can help to seal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from printserver.approvals.people_changes import NewRight, grant_right
from printserver.foundation.errors import Forbidden, NotFound, Unauthenticated
from printserver.organisations.access import Actor, Grant, actor_of
from printserver.organisations.account import (
    AnotherPersonNeeded,
    OrderedReset,
    ResetReasonMissing,
    complete_reset,
    completes_in_office,
    needs_officer,
    open_resets,
    order_reset,
    person_named,
)
from printserver.organisations.credentials import check_password
from printserver.organisations.models import AccessReset, RoleBinding, User
from printserver.organisations.people import NewPerson, NotOneself, PersonNotFound, create_person
from printserver.organisations.permissions import Role
from printserver.organisations.tokens import person_of_token
from tests.seat_books import RowSeats
from tests.world import World
from tests.world_building import PASSWORD, Office, cheap_passwords

ADMINISTRATOR, OFFICER = Role.SYSTEM_ADMINISTRATOR, Role.KEY_OFFICER


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    with cheap_passwords():
        yield


def ordered(world: World, whose: Role, *, by: Role = ADMINISTRATOR, office: Office | None = None) -> OrderedReset:
    person, book = world.person(whose).id, world.adapters.seat_book
    officer = needs_officer(world.database, book, person)
    with world.database.work() as work:
        actor = world.actor(work, by, office)
        return order_reset(
            work, world.secrets, actor, person, second_factor_too=True, reason="lost on a journey", officer=officer
        )


def completed(world: World, actor: Actor, reset_id: UUID) -> str:
    in_office = completes_in_office(world.database, world.adapters.seat_book, actor.person_id, reset_id)
    with world.database.work() as work:
        return complete_reset(work, world.secrets, actor, reset_id, in_office=in_office)


def acting(world: World, role: Role, office: Office | None = None) -> Actor:
    with world.database.work() as work:
        return world.actor(work, role, office)


def opens(world: World, role: Role, password: str) -> bool:
    with world.database.work() as work:
        found = check_password(work, world.secrets, login=world.person(role).login, password=password)
        return found is not None


def test_who_cannot_help_to_seal_gets_a_first_password_at_once(world: World):
    reset = ordered(world, Role.CLERK)
    assert not reset.waits
    assert not opens(world, Role.CLERK, PASSWORD)
    assert opens(world, Role.CLERK, reset.password)
    with world.database.reading() as work:
        assert work.session.get_one(User, world.person(Role.CLERK).id).must_change_password
        with pytest.raises(Unauthenticated):
            person_of_token(work, world.secrets, world.person(Role.CLERK).token)


@pytest.mark.parametrize("whose", [Role.APPROVER, Role.CUSTODIAN, Role.KEY_OFFICER, Role.SEAL_ADMINISTRATOR])
def test_who_can_help_to_seal_gets_it_from_two_and_neither_half_opens(world: World, whose: Role):
    reset = ordered(world, whose)
    assert reset.waits
    assert opens(world, whose, PASSWORD), "nothing has changed yet"
    completing = OFFICER if whose is not OFFICER else Role.SEAL_ADMINISTRATOR
    actor = acting(world, completing)
    with world.database.reading() as work:
        (waiting,) = open_resets(work, actor)
    second = completed(world, actor, waiting.id)
    assert not opens(world, whose, PASSWORD)
    for half in (reset.password, second, second + reset.password):
        assert not opens(world, whose, half)
    assert opens(world, whose, reset.password + second)


def test_neither_who_ordered_it_nor_whose_it_is_completes_it_and_nobody_twice(world: World):
    ordered(world, OFFICER)
    with world.database.reading() as work:
        (waiting,) = open_resets(work, world.actor(work, ADMINISTRATOR))
    for role, refusal in ((ADMINISTRATOR, Forbidden), (OFFICER, AnotherPersonNeeded)):
        with pytest.raises(refusal):
            completed(world, acting(world, role), waiting.id)
    assert opens(world, OFFICER, PASSWORD)
    completed(world, acting(world, Role.SEAL_ADMINISTRATOR), waiting.id)
    with pytest.raises(NotFound):
        completed(world, acting(world, Role.SEAL_ADMINISTRATOR), waiting.id)


def test_an_administrator_who_makes_another_one_cannot_complete_the_own_order(world: World):
    ordered(world, Role.APPROVER)
    with world.database.work() as work:
        administrator, attestor = world.actor(work, ADMINISTRATOR), world.adapters.attestor
        branch = administrator.branch_id
        wanted = NewPerson(branch, "90001", "Somebody Else", "somebody.else")
        other = create_person(work, administrator, wanted, secrets=world.secrets)
        assert grant_right(work, administrator, attestor, other.id, NewRight(ADMINISTRATOR, branch)).done
    with world.database.work() as work:
        puppet = actor_of(work, work.session.get_one(User, other.id))
        (waiting,) = open_resets(work, puppet)
    with pytest.raises(Forbidden):
        completed(world, puppet, waiting.id)
    assert opens(world, Role.APPROVER, PASSWORD)


def test_an_order_is_forgotten_after_a_day_and_unseen_elsewhere(world: World):
    ordered(world, Role.APPROVER)
    with world.database.reading() as work:
        (waiting,) = open_resets(work, world.actor(work, OFFICER))
        for office in (world.home.south, world.foreign.north):
            assert open_resets(work, world.actor(work, OFFICER, office)) == ()
    world.clock.advance(86_400)
    world.keep_tokens()
    with pytest.raises(NotFound):
        completed(world, acting(world, OFFICER), waiting.id)
    assert opens(world, Role.APPROVER, PASSWORD)


def book_of(world: World) -> RowSeats:
    book = world.adapters.seats
    assert isinstance(book, RowSeats)
    return book


def test_rows_taken_away_make_nobody_alone_an_approver(world: World):
    """By an administrator who writes the database: the role's row is gone for a moment; the register knows better."""
    approver = world.person(Role.APPROVER).id
    with world.database.work() as work:
        work.session.execute(delete(RoleBinding).where(RoleBinding.user_id == approver))
    book_of(world).also.add(approver)
    assert ordered(world, Role.APPROVER).waits
    assert opens(world, Role.APPROVER, PASSWORD)


def test_an_officer_by_rows_alone_completes_nothing(world: World):
    ordered(world, Role.APPROVER)
    officer = acting(world, OFFICER)
    book_of(world).strangers.add(officer.person_id)
    with world.database.reading() as work:
        (waiting,) = open_resets(work, officer)
    with pytest.raises(Forbidden):
        completed(world, officer, waiting.id)
    assert opens(world, Role.APPROVER, PASSWORD)


@pytest.mark.parametrize("change", ["requested_by", "second_factor_too", "user_id", "id"])
def test_an_order_is_what_was_sealed_and_not_what_its_row_says_now(world: World, change: str):
    """Whoever ordered it would complete it under another name, or for another person."""
    half = ordered(world, Role.APPROVER)
    other = world.person(Role.CUSTODIAN).id
    values = {"requested_by": other, "second_factor_too": False, "user_id": other, "id": other}
    with world.database.work() as work:
        work.session.execute(update(AccessReset).values({change: values[change]}))
    with world.database.reading() as work:
        (waiting,) = open_resets(work, acting(world, OFFICER))
    if change == "requested_by":
        orderer = acting(world, ADMINISTRATOR)
        orderer = replace(orderer, grants=(*orderer.grants, Grant(OFFICER, orderer.grants[0].path)))
        with pytest.raises(AnotherPersonNeeded), world.database.work() as work:
            complete_reset(work, world.secrets, orderer, waiting.id, in_office=True)
    elif change == "second_factor_too":
        second = completed(world, acting(world, OFFICER), waiting.id)
        assert opens(world, Role.APPROVER, half.password + second)
    else:
        with pytest.raises(NotFound):
            completed(world, acting(world, OFFICER), waiting.id)
    assert opens(world, Role.CUSTODIAN, PASSWORD)


def test_nobody_resets_without_the_right_without_a_reason_or_themselves(world: World):
    before = world.row_counts()
    with pytest.raises((Forbidden, PersonNotFound)):
        ordered(world, Role.CLERK, by=Role.APPROVER)
    with pytest.raises(PersonNotFound):
        ordered(world, Role.CLERK, office=world.home.south)
    with pytest.raises(NotOneself):
        ordered(world, ADMINISTRATOR)
    with world.database.work() as work:
        person, actor = world.person(Role.CLERK).id, world.actor(work, ADMINISTRATOR)
        with pytest.raises(ResetReasonMissing):
            order_reset(work, world.secrets, actor, person, second_factor_too=False, reason=" ", officer=False)
    assert world.row_counts() == before
    assert opens(world, Role.CLERK, PASSWORD)


def test_people_are_found_by_name_or_number_where_they_are_administered(world: World):
    clerk = world.person(Role.CLERK)
    with world.database.reading() as work:
        assert person_named(work, world.actor(work, ADMINISTRATOR), f" {clerk.login} ") == clerk.id
        for text, office in (("nobody", None), (clerk.login, world.home.south)):
            with pytest.raises(NotFound):
                person_named(work, world.actor(work, ADMINISTRATOR, office), text)
