"""People: what happens to one reaches all accounts, sessions, tokens and rights of that person at once."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Database
from printserver.organisations.branches import BranchNotFound, close_branch
from printserver.organisations.models import ApiToken, RoleBinding, User, WebSession
from printserver.organisations.people import (
    BranchClosedToPeople,
    Handover,
    NewPerson,
    NotOneself,
    PersonGone,
    PersonMalformed,
    PersonNotFound,
    ReasonNeeded,
    StaffNumberTaken,
    another_person,
    change_person,
    create_person,
    freeze_person,
    join_accounts,
    leave,
    move_person,
    unfreeze_person,
)
from printserver.organisations.people_queries import PersonState, dormant_people, list_people, person_details
from printserver.organisations.permissions import Role
from printserver.organisations.rules import RolesIncompatible
from printserver.organisations.service import LoginTaken
from tests.databases import clock_of
from tests.people_scene import SECRETS, Company, found
from tests.world_building import cheap_passwords


@pytest.fixture
def company(any_database: Database) -> Company:
    return found(any_database)


def refused(company: Company, kind: type[PrintServerError], act, login: str = "administrator") -> None:
    """The act raises `kind`, and nothing is recorded."""
    before = company.events()
    with pytest.raises(kind), cheap_passwords(), company.database.work() as work:
        act(work, company.actor(work, login))
    assert company.events() == before


def make(company: Company, login: str, branch: str = "north", same_person_as: UUID | None = None) -> UUID:
    with cheap_passwords(), company.database.work() as work:
        new = NewPerson(company.branches[branch], f"n-{login}", login, login, same_person_as)
        return create_person(work, company.actor(work), new, secrets=SECRETS).id


def let_in(company: Company, login: str) -> None:
    """A session and a token of the person."""
    with company.database.work() as work:
        now, user_id = work.now(), company.people[login]
        work.session.add(
            WebSession(
                id=uuid4(), user_id=user_id, secret_sha256=uuid4().hex, csrf_token="", created_at=now, expires_at=now
            )
        )
        work.session.add(
            ApiToken(id=uuid4(), user_id=user_id, name="t", secret_sha256=uuid4().hex, created_at=now, expires_at=now)
        )


def open_doors(company: Company, login: str) -> tuple[int, int]:
    """Sessions and tokens that are not ended."""
    user_id = company.people[login]
    with company.database.reading() as work:
        counts = [
            work.session.scalar(
                select(func.count()).select_from(table).where(table.user_id == user_id, ended.is_(None))
            )
            for table, ended in ((WebSession, WebSession.ended_at), (ApiToken, ApiToken.revoked_at))
        ]
    return counts[0] or 0, counts[1] or 0


def user(company: Company, login: str) -> User:
    with company.database.reading() as work:
        return work.session.get_one(User, company.people[login])


def test_a_new_person_has_a_first_password_to_be_changed_and_no_rights(company: Company):
    with cheap_passwords(), company.database.work() as work:
        new = NewPerson(company.branches["north"], "77", " Li  Hui ", "lihui")
        made = create_person(work, company.actor(work), new, secrets=SECRETS)
        row = work.session.get_one(User, made.id)
    assert (row.name, row.must_change_password, row.frozen) == ("Li Hui", True, False)
    assert made.password not in row.password_hash
    assert company.events()[-1] == "UserCreated"


@pytest.mark.parametrize(
    ("number", "name", "login", "kind"),
    [
        ("1-clerk", "n", "free", StaffNumberTaken),
        ("9", "n", "clerk-1", LoginTaken),
        ("9", "", "free", PersonMalformed),
        ("9", "n", "two words", PersonMalformed),
        ("9", "n" * 101, "free", PersonMalformed),
        ("9", "n\x00", "free", PersonMalformed),
    ],
)
def test_what_cannot_be_a_person_is_refused(company: Company, number: str, name: str, login: str, kind):
    new = NewPerson(company.branches["north"], number, name, login)
    refused(company, kind, lambda work, actor: create_person(work, actor, new, secrets=SECRETS))


def test_nobody_is_registered_at_a_closed_or_foreign_branch(company: Company):
    with company.database.work() as work:
        close_branch(work, company.actor(work), company.branches["team"])
    for branch, kind, login in (
        ("team", BranchClosedToPeople, "administrator"),
        ("south", BranchNotFound, "north-administrator"),
    ):
        new = NewPerson(company.branches[branch], "9", "n", "free")
        refused(company, kind, lambda work, actor, new=new: create_person(work, actor, new, secrets=SECRETS), login)


def test_a_change_says_what_was_before_and_what_is_after(company: Company):
    with company.database.work() as work:
        change_person(
            work, company.actor(work), company.people["clerk"], name="New", staff_number="1-clerk", login="clerk-1"
        )
    assert user(company, "clerk").name == "New"
    assert company.events()[-1] == "PersonChanged"


def test_moving_ends_every_right_everywhere(company: Company):
    with company.database.work() as work:
        ended = move_person(work, company.actor(work), company.people["clerk"], branch_id=company.branches["south"])
    assert [right.role for right in ended] == ["clerk"]
    assert company.roles("clerk") == set()
    assert user(company, "clerk").branch_id == company.branches["south"]
    assert company.events()[-2:] == ["RightsChanged", "PersonMoved"]


def test_a_frozen_person_is_out_at_once_and_comes_back_with_the_same_rights(company: Company):
    let_in(company, "clerk")
    with company.database.work() as work:
        freeze_person(work, company.actor(work).by, company.people["clerk"], reason="lost the phone")
    assert user(company, "clerk").frozen
    assert open_doors(company, "clerk") == (0, 1)
    with company.database.work() as work:
        unfreeze_person(work, company.actor(work).by, company.people["clerk"], reason="found it")
    assert not user(company, "clerk").frozen
    assert company.roles("clerk") == {("clerk", "north")}
    assert company.events()[-3:] == ["PersonFrozen", "AccessEnded", "PersonUnfrozen"]


def test_a_leaver_loses_everything_in_one_transaction_and_never_comes_back(company: Company):
    let_in(company, "approver")
    waiting = uuid4()
    with company.database.work() as work:
        leave(
            work,
            company.actor(work),
            company.people["approver"],
            reason="retired",
            handover=Handover(decisions=(waiting,)),
        )
    assert open_doors(company, "approver") == (0, 0)
    assert company.roles("approver") == set()
    assert company.events()[-1] == "PersonLeft"
    refused(company, PersonGone, lambda work, actor: another_person(work, actor, company.people["approver"]))
    with company.database.work() as work:
        unfreeze_person(work, company.actor(work).by, company.people["approver"], reason="come back")
    assert user(company, "approver").frozen


def test_freezing_reaches_all_accounts_of_a_person(company: Company):
    second = make(company, "second", same_person_as=company.people["clerk"])
    with company.database.work() as work:
        freeze_person(work, company.actor(work).by, second, reason="why")
    assert user(company, "clerk").frozen


def test_two_accounts_of_a_person_count_once(company: Company):
    second = make(company, "second", same_person_as=company.people["clerk"])
    third = make(company, "third", same_person_as=second)
    with company.database.reading() as work:
        accounts = {company.people["clerk"], second, third}
        assert {each.person_id for each in list_people(work, company.actor(work)) if each.id in accounts} == {
            company.people["clerk"]
        }
        details = person_details(work, company.actor(work), third)
    assert {each.id for each in details.accounts} == accounts - {third}


def test_accounts_whose_rights_do_not_go_together_are_not_joined(company: Company):
    refused(
        company,
        RolesIncompatible,
        lambda work, actor: join_accounts(
            work, actor, company.people["clerk"], same_person_as=company.people["approver"]
        ),
    )
    refused(
        company,
        PersonMalformed,
        lambda work, actor: join_accounts(work, actor, company.people["clerk"], same_person_as=company.people["clerk"]),
    )
    refused(
        company,
        PersonMalformed,
        lambda work, actor: join_accounts(
            work, actor, company.people["approver"], same_person_as=company.people["nobody"]
        ),
    )


def test_nobody_administers_themselves_or_people_out_of_reach(company: Company):
    own, other = company.people["administrator"], company.people["custodian"]
    refused(company, NotOneself, lambda work, actor: another_person(work, actor, own))
    for login in ("north-administrator", "auditor", "clerk"):
        refused(company, PersonNotFound, lambda work, actor: another_person(work, actor, other), login)
    refused(company, ReasonNeeded, lambda work, actor: freeze_person(work, actor.by, other, reason=" "))


def test_lists_show_whom_one_may_read_of(company: Company):
    with company.database.reading() as work:
        everybody = {each.name for each in list_people(work, company.actor(work))}
        north = {each.name for each in list_people(work, company.actor(work, "north-administrator"))}
        assert everybody == set(company.people)
        assert north == {"north-administrator", "clerk", "approver", "nobody"}
        assert list_people(work, company.actor(work, "clerk")) == ()
        found_one = list_people(work, company.actor(work), text="cust")
        assert [each.name for each in found_one] == ["custodian"]
        assert list_people(work, company.actor(work), state=PersonState.FROZEN) == ()
        assert list_people(work, company.actor(work), text="%") == ()


def test_who_has_not_signed_in_for_long_is_dormant(company: Company):
    clock_of(company.database).advance(91 * 86_400)
    let_in(company, "clerk")
    with company.database.reading() as work:
        dormant = {each.name for each in dormant_people(work, company.actor(work), days=90)}
    assert dormant == set(company.people) - {"clerk"}


def test_a_right_outside_its_dates_grants_nothing(company: Company):
    now = company.database.clock.now()
    for values in ({"valid_until": now}, {"valid_from": now.replace(year=2030)}, {"ended_at": now}):
        reset = {"valid_until": None, "valid_from": None, "ended_at": None}
        with company.database.work() as work:
            work.session.execute(
                update(RoleBinding)
                .where(RoleBinding.user_id == company.people["clerk"], RoleBinding.role == Role.CLERK)
                .values({**reset, **values})
            )
        assert company.roles("clerk") == set()
