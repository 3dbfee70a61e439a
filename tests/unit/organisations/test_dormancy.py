"""Accounts that nobody uses: warned first, then frozen, never the last who could let somebody in again."""

from __future__ import annotations

from datetime import timedelta
from uuid import NAMESPACE_DNS, UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from printserver.audit.models import AuditEntry
from printserver.foundation.unit_of_work import Database
from printserver.organisations.colleagues import HeldRole
from printserver.organisations.dormancy import dormant_accounts, freeze_dormant_accounts, may_be_frozen
from printserver.organisations.dormancy_rule import DormancyPolicy
from printserver.organisations.freezing import freeze_place, unfreeze_place
from printserver.organisations.models import Branch, User
from printserver.organisations.people import unfreeze_person
from printserver.organisations.permissions import Role
from printserver.organisations.service import create_user, grant_role
from printserver.organisations.sessions import open_session
from tests.databases import clock_of
from tests.people_scene import BY, PASSWORD, SECRETS, Company, found
from tests.world_building import cheap_passwords

POLICY = DormancyPolicy(days=90, warning=14)
KEPT = {"administrator", "officer", "seals"}
"""Of the scene: the one administrator of the head office and its two officers."""


@pytest.fixture
def company(any_database: Database) -> Company:
    return found(any_database)


def after(company: Company, days: float) -> int:
    clock_of(company.database).advance(int(days * 86_400))
    return freeze_dormant_accounts(company.database, POLICY)


def frozen(company: Company) -> set[str]:
    with company.database.reading() as work:
        ids = set(work.session.scalars(select(User.id).where(User.frozen)))
    return {login for login, id_ in company.people.items() if id_ in ids}


def signs_in(company: Company, *logins: str) -> None:
    with company.database.work() as work:
        for login in logins:
            open_session(work, SECRETS, company.actor(work, login), hours=8)


def test_everybody_is_told_and_then_frozen_but_those_who_could_let_others_in(company: Company):
    assert after(company, 75) == 0
    assert after(company, 2) == len(company.people)
    assert company.events()[-1] == "DormancyWarned"
    assert after(company, 12) == 0
    assert after(company, 3) == len(company.people) - len(KEPT)
    assert frozen(company) == set(company.people) - KEPT
    assert company.events()[-1] == "PersonFrozen"
    assert after(company, 400) == 0


def test_whoever_signs_in_after_the_warning_stays(company: Company):
    after(company, 80)
    signs_in(company, "clerk")
    after(company, 60)
    assert "clerk" not in frozen(company)
    assert after(company, 20) == 1, "warned again, from the last sign-in on"
    after(company, 30)
    assert "clerk" in frozen(company)


def test_a_worker_that_was_away_warns_first_all_the_same(company: Company):
    assert after(company, 1_000) == len(company.people)
    assert frozen(company) == set()
    after(company, 13)
    assert frozen(company) == set()
    after(company, 1)
    assert frozen(company) == set(company.people) - KEPT


def test_who_was_let_in_again_has_the_whole_time_of_the_warning(company: Company):
    after(company, 90)
    after(company, 20)
    with company.database.work() as work:
        unfreeze_person(work, BY, company.people["clerk"], reason="back from leave")
    assert after(company, 0) == 1
    assert "clerk" not in frozen(company)
    after(company, 15)
    assert "clerk" in frozen(company)


def test_accounts_of_one_person_are_looked_at_together(company: Company):
    with cheap_passwords(), company.database.work() as work:
        branch = work.session.get_one(Branch, company.branches["north"])
        second = create_user(
            work, BY, branch, login="clerk-too", staff_number="77", name="clerk", password=PASSWORD, secrets=SECRETS
        )
        second.person_id = company.people["clerk"]
        work.session.flush()
        second_id = second.id
    clock_of(company.database).advance(85 * 86_400)
    with company.database.work() as work:
        open_session(work, SECRETS, company.actor(work, "clerk"), hours=8)
    after(company, 0)
    after(company, 30)
    with company.database.reading() as work:
        assert not work.session.get_one(User, second_id).frozen
        assert not work.session.get_one(User, company.people["clerk"]).frozen


def test_who_cannot_come_in_because_the_branch_is_frozen_is_not_absent(company: Company):
    with company.database.work() as work:
        freeze_place(work, BY, company.organisation_id, company.branches["north"], reason="closed for a while")
    after(company, 200)
    after(company, 30)
    assert not frozen(company) & {"clerk", "approver", "nobody"}
    with company.database.work() as work:
        unfreeze_place(work, BY, company.organisation_id, company.branches["north"])
    after(company, 0)
    assert not frozen(company) & {"clerk", "approver", "nobody"}, "they are told first"


def test_nothing_happens_where_it_is_turned_off(company: Company):
    clock_of(company.database).advance(1_000 * 86_400)
    before = company.events()
    assert freeze_dormant_accounts(company.database, DormancyPolicy(days=0)) == 0
    with company.database.reading() as work:
        assert dormant_accounts(work, company.actor(work), DormancyPolicy(days=0)) == ()
    assert company.events() == before


def test_a_further_administrator_may_be_frozen_and_the_last_one_stays(company: Company):
    with cheap_passwords(), company.database.work() as work:
        head = work.session.get_one(Branch, company.branches["head"])
        other = create_user(
            work, BY, head, login="other", staff_number="78", name="other", password=PASSWORD, secrets=SECRETS
        )
        grant_role(work, BY, other, Role.SYSTEM_ADMINISTRATOR, head)
        other_id = other.id
        work.session.execute(update(User).where(User.id == other_id).values(created_at=work.now() - timedelta(days=5)))
    after(company, 90)
    after(company, 20)
    with company.database.reading() as work:
        assert work.session.get_one(User, other_id).frozen, "absent the longest"
        assert not work.session.get_one(User, company.people["administrator"]).frozen


def test_the_list_says_who_when_and_who_stays(company: Company):
    after(company, 80)
    with company.database.reading() as work:
        listed = dormant_accounts(work, company.actor(work), POLICY)
        below = dormant_accounts(work, company.actor(work, "north-administrator"), POLICY)
        assert dormant_accounts(work, company.actor(work, "clerk"), POLICY) == ()
    assert {each.name for each in listed} == set(company.people)
    assert {each.name for each in listed if each.kept} == KEPT
    assert {each.name for each in below} == {"north-administrator", "clerk", "approver", "nobody"}
    assert all(each.freezes_at - each.seen >= timedelta(days=90) and each.warned for each in listed)
    with company.database.reading() as work:
        said = work.session.scalars(select(AuditEntry).where(AuditEntry.event == "DormancyWarned")).all()
    assert {entry.subject_id for entry in said} == {each.id for each in listed}


PEOPLE = [uuid5(NAMESPACE_DNS, name) for name in "vwxyz"]
HELD = st.lists(
    st.builds(
        HeldRole,
        st.sampled_from(PEOPLE),
        st.sampled_from([Role.SYSTEM_ADMINISTRATOR, Role.KEY_OFFICER, Role.SEAL_ADMINISTRATOR, Role.CLERK]),
        st.sampled_from(["/a/", "/a/b/", "/a/c/", "/a/b/d/"]),
    ),
    max_size=10,
)


@given(held=HELD, order=st.permutations(PEOPLE))
def test_whoever_is_frozen_in_whatever_order_somebody_is_left_everywhere(held: list[HeldRole], order: list[UUID]):
    out: set[UUID] = set()
    for person in order:
        if may_be_frozen(person, held, out):
            out.add(person)
    for roles, needed in (({Role.SYSTEM_ADMINISTRATOR}, 1), ({Role.KEY_OFFICER, Role.SEAL_ADMINISTRATOR}, 2)):
        for path in {each.path for each in held if each.role in roles}:
            keepers = {each.person_id for each in held if each.role in roles and path.startswith(each.path)}
            assert len(keepers - out) >= min(needed, len(keepers))
