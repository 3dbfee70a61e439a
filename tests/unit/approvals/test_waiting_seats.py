"""What moving and leaving end at the signer, and what waits there for somebody."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import update

from printserver.approvals import people_changes
from printserver.approvals.models import StatementRow
from printserver.approvals.people_changes import Outcome
from printserver.approvals.waiting_seats import waiting_seats
from printserver.foundation.errors import Forbidden
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from tests.people_scene import Company, Word, found
from tests.unit.approvals.test_people_changes import delegation, do, grant, leave, refused, register, stated


@pytest.fixture
def company(any_database: Database) -> Company:
    return found(any_database)


@pytest.mark.parametrize("mover", ["approver", "nobody"])
def test_whoever_moves_leaves_no_deputyship_behind_at_the_signer(company: Company, mover: str):
    do(company, delegation(company, "nobody", "approver"), "approver")
    register(company, "delegation")

    def move(branch: str) -> Callable[[Work, Actor], Outcome]:
        to, user_id = company.branches[branch], company.people[mover]
        return lambda w, a: people_changes.move_person(w, a, Word(), user_id, branch_id=to, reason="moved")

    do(company, move("north"))
    assert stated(company, "delegation-end") == [], "to where the person is already"
    do(company, move("south"))
    (body,) = stated(company, "delegation-end")
    assert body == {
        "principal": str(company.people["approver"]),
        "deputy": str(company.people["nobody"]),
        "role": "approver",
    }
    assert company.roles("nobody") == set()


def test_a_leaver_leaves_no_deputyship_behind_at_the_signer(company: Company):
    do(company, delegation(company, "nobody", "approver"), "approver")
    register(company, "delegation")
    leave(company, "nobody")
    assert len(stated(company, "delegation-end")) == 1


def test_a_token_with_scopes_names_no_deputy(company: Company):
    def act(work: Work, actor: Actor) -> Outcome:
        return delegation(company, "nobody", "approver")(work, actor.limited_to(Permission))

    refused(company, Forbidden, act, "approver")


def test_what_waits_for_the_officers_is_shown_and_linked_for_whoever_may_read_it(company: Company):
    outcome = do(company, grant(company, "nobody", "approver", "team"))

    def shown(login: str) -> list[tuple[UUID, str, str, bool]]:
        with company.database.reading() as work:
            found = waiting_seats(work, company.actor(work, login), company.people["nobody"])
        return [(each.id, each.role, each.path, each.readable) for each in found]

    (statement_id,) = outcome.statements
    for login, readable in (("administrator", True), ("officer", True), ("north-administrator", False)):
        assert shown(login) == [(statement_id, "approver", company.path("team"), readable)]
    with company.database.work() as work:
        work.session.execute(update(StatementRow).values(body={"role": 7}))
    assert shown("officer") == []
