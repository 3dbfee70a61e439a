"""No sequence of grants, registered seats, moves, deputies and joined accounts gives a person what takes two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from printserver.approvals import people_changes
from printserver.approvals.models import StatementRow
from printserver.approvals.people_changes import NewRight
from printserver.audit.log import By
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import actor_of
from printserver.organisations.delegations import NewDelegation
from printserver.organisations.models import Branch, User
from printserver.organisations.people import join_accounts
from printserver.organisations.permissions import Permission, Role
from printserver.organisations.register_effects import apply_delegation, apply_seat
from printserver.organisations.roles import change_custom_role, create_custom_role
from printserver.organisations.rules import conflicts
from tests.people_scene import Company, Word, found

PEOPLE = ("clerk", "approver", "nobody")
BRANCHES = ("north", "south", "team")
CUSTOM = "front-desk"
ROLES = (Role.CLERK, Role.APPROVER, Role.PRINTER_ADMINISTRATOR, CUSTOM)
FREE = ("create-request", "release-copies", "settle-copies", "read-audit")
DAYS = st.none() | st.integers(1, 4)
PERSON, PLACE, ROLE = st.sampled_from(PEOPLE), st.sampled_from(BRANCHES), st.sampled_from(ROLES)
BY = By(process="register")

ACTIONS = st.one_of(
    st.tuples(st.just("grant"), PERSON, ROLE, PLACE, DAYS, DAYS),
    st.tuples(st.just("lend"), PERSON, PERSON, ROLE, st.integers(1, 4)),
    st.tuples(st.just("move-branch"), PLACE, PLACE),
    st.tuples(st.just("move-person"), PERSON, PLACE),
    st.tuples(st.just("join"), PERSON, PERSON),
    st.tuples(st.just("redefine"), st.sets(st.sampled_from(FREE), min_size=1)),
)


@contextmanager
def thrown_away(database: Database) -> Iterator[Work]:
    """One transaction for a whole sequence; each step in a savepoint, so that a refusal takes back its own."""
    with database.engines.writing.connect() as connection:
        connection.execute(text("SELECT 1"))
        with Session(connection, expire_on_commit=False) as session:
            yield Work(session, database.clock, database.jobs)
            session.rollback()


@pytest.fixture
def company(sqlite_database: Database) -> Company:
    return found(sqlite_database)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTIONS, min_size=3, max_size=14))
def test_no_sequence_gives_a_person_an_incompatible_pair(company: Company, sequence: list[tuple]):
    with thrown_away(company.database) as work:
        administrator = company.actor(work)
        names = {"name_zh": "前台", "name_en": "front desk"}
        role_id = create_custom_role(work, administrator, code=CUSTOM, permissions=["read-returns"], **names)
        for action in sequence:
            try:
                with work.session.begin_nested():
                    _take(work, company, role_id, action)
            except PrintServerError:
                work.session.expire_all()
            _register(work, company)
            work.session.expire_all()
        _nobody_holds_a_pair(work, company)


def _take(work: Work, company: Company, role_id, action: tuple) -> None:
    administrator, now = company.actor(work), work.now()

    def day(number: int | None):
        return None if number is None else now + timedelta(days=number)

    match action:
        case "grant", person, role, branch, since, until:
            new = NewRight(role, company.branches[branch], day(since), day(until))
            people_changes.grant_right(work, administrator, Word(), company.people[person], new)
        case "lend", principal, deputy, role, days:
            new_delegation = NewDelegation(company.people[deputy], role, now, now + timedelta(days=days))
            people_changes.name_deputy(work, company.actor(work, principal), Word(), new_delegation)
        case "move-branch", branch, below:
            people_changes.move_branch(
                work,
                administrator,
                Word(),
                company.branches[branch],
                parent_id=company.branches[below],
                reason="why",
            )
        case "move-person", person, branch:
            people_changes.move_person(
                work, administrator, Word(), company.people[person], branch_id=company.branches[branch], reason="why"
            )
        case "join", one, other:
            join_accounts(work, administrator, company.people[one], same_person_as=company.people[other])
        case "redefine", permissions:
            names = {"name_zh": "前台", "name_en": "front desk"}
            change_custom_role(work, administrator, role_id, permissions=permissions, **names)


def _register(work: Work, company: Company) -> None:
    """The signer takes up whatever was proposed, in any state: the rows must hold by themselves."""
    rows = work.session.scalars(select(StatementRow).order_by(StatementRow.id)).all()
    for row in rows:
        effect = {"seat": apply_seat, "delegation": apply_delegation}.get(row.kind)
        if effect is None:
            continue
        try:
            with work.session.begin_nested():
                effect(work, BY.within(company.organisation_id), row.body)
        except PrintServerError:
            continue


def _nobody_holds_a_pair(work: Work, company: Company) -> None:
    """Over all accounts of each person, at each branch, on each of the days to come."""
    users = work.session.scalars(select(User)).all()
    paths = work.session.scalars(select(Branch.path)).all()
    for day in range(6):
        later = Work(work.session, _Later(work, day), work.jobs)
        held: dict = {}
        for user in users:
            actor = actor_of(later, user)
            for path in paths:
                mine = {one for one in Permission if actor.may(one, path)}
                held.setdefault((actor.person_id, path), set()).update(mine)
        for (person, path), permissions in held.items():
            pairs = conflicts(frozenset(permissions), frozenset(permissions))
            assert not pairs, (person, path, day, pairs)


class _Later:
    def __init__(self, work: Work, days: int) -> None:
        self._at = work.now() + timedelta(days=days, hours=1)

    def now(self):
        return self._at
