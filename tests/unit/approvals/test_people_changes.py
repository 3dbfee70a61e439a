"""Rights that help to seal are proposed, never written; what takes rights away works at once and is stated besides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from printserver.approvals import people_changes
from printserver.approvals.models import StatementRow
from printserver.approvals.people_changes import NewRight, Outcome, SecondAccount
from printserver.audit.log import By
from printserver.foundation.errors import Forbidden, PrintServerError
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor
from printserver.organisations.branches import BranchNotFound, branch_for
from printserver.organisations.delegations import (
    DelegationNotFound,
    DelegationTooLong,
    DeputyUnfit,
    NewDelegation,
    RoleNotDelegable,
    RoleNotHeld,
    my_delegations,
    principals_of,
)
from printserver.organisations.models import CustomRole, RoleBinding, User
from printserver.organisations.people import Handover, NewPerson, NotOneself, PersonNotFound, create_person
from printserver.organisations.permissions import Permission, Role
from printserver.organisations.register_effects import (
    SeatWithoutPlace,
    apply_bar,
    apply_delegation,
    apply_delegation_end,
    apply_seat,
    apply_unbar,
    apply_unseat,
)
from printserver.organisations.roles import (
    DatesWrong,
    RoleCodeTaken,
    RoleReserved,
    RoleUnknown,
    WholeOrganisationNeeded,
    change_custom_role,
    create_custom_role,
    retire_custom_role,
    rights_of,
)
from printserver.organisations.rules import RolesIncompatible
from tests.databases import clock_of
from tests.people_scene import SECRETS, Company, Word, found
from tests.world_building import cheap_passwords

BY_REGISTER = By(process="register")
EFFECTS: dict[str, Callable[[Work, By, Any], None]] = {
    "seat": apply_seat,
    "unseat": apply_unseat,
    "bar": apply_bar,
    "unbar": apply_unbar,
    "delegation": apply_delegation,
    "delegation-end": apply_delegation_end,
}


@pytest.fixture
def company(any_database: Database) -> Company:
    return found(any_database)


def do(company: Company, act: Callable[[Work, Actor], Any], login: str = "administrator") -> Any:
    with company.database.work() as work:
        return act(work, company.actor(work, login))


def refused(company: Company, kind: type[PrintServerError], act, login: str = "administrator") -> None:
    before = company.events()
    with pytest.raises(kind):
        do(company, act, login)
    assert company.events() == before


def grant(company: Company, login: str, role: str, branch: str, **dates: Any) -> Callable[[Work, Actor], Outcome]:
    new = NewRight(role, company.branches[branch], **dates)
    return lambda work, actor: people_changes.grant_right(work, actor, Word(), company.people[login], new)


def stated(company: Company, *kinds: str) -> list[dict[str, Any]]:
    """Bodies of the statements of these kinds, oldest first."""
    with company.database.reading() as work:
        rows = work.session.scalars(select(StatementRow).order_by(StatementRow.id)).all()
    return [row.body for row in rows if row.kind in kinds]


def register(company: Company, kind: str) -> None:
    """The signer takes up every statement of the kind."""
    with company.database.work() as work:
        wanted = select(StatementRow).where(StatementRow.kind == kind).order_by(StatementRow.id)
        for row in work.session.scalars(wanted).all():
            EFFECTS[kind](work, BY_REGISTER.within(company.organisation_id), row.body)


def test_an_ordinary_role_holds_at_once(company: Company):
    assert do(company, grant(company, "nobody", "archivist", "north")).done
    assert company.roles("nobody") == {("archivist", "north")}
    assert company.events()[-1] == "RightsChanged"


def test_a_role_that_helps_to_seal_holds_only_after_the_register_has_it(company: Company):
    outcome = do(company, grant(company, "nobody", "approver", "team"))
    assert not outcome.done
    assert company.roles("nobody") == set()
    assert do(company, grant(company, "nobody", "approver", "team")).statements == outcome.statements
    register(company, "seat")
    assert company.roles("nobody") == {("approver", "team")}
    (body,) = stated(company, "seat")
    assert (body["person_id"], body["path"]) == (str(company.people["nobody"]), company.path("team"))


def test_what_no_longer_fits_when_the_register_has_it_gives_nothing(company: Company):
    do(company, grant(company, "nobody", "approver", "north"))
    do(company, grant(company, "nobody", "clerk", "north"))
    with pytest.raises(RolesIncompatible):
        register(company, "seat")
    assert company.roles("nobody") == {("clerk", "north")}


def test_a_seat_for_somebody_who_has_left_gives_nothing(company: Company):
    do(company, grant(company, "nobody", "approver", "north"))
    leave(company, "nobody")
    with pytest.raises(SeatWithoutPlace):
        register(company, "seat")


@pytest.mark.parametrize(
    ("login", "role", "branch", "kind"),
    [
        ("clerk", "approver", "north", RolesIncompatible),
        ("clerk", "custodian", "head", RolesIncompatible),
        ("clerk", "archivist", "team", RolesIncompatible),
        ("approver", "clerk", "team", RolesIncompatible),
        ("officer", "system-administrator", "north", RolesIncompatible),
        ("auditor", "archivist", "south", RolesIncompatible),
        ("administrator", "clerk", "north", NotOneself),
        ("nobody", "emperor", "north", RoleUnknown),
    ],
)
def test_a_right_that_may_not_be_is_refused(company: Company, login: str, role: str, branch: str, kind):
    refused(company, kind, grant(company, login, role, branch))
    assert stated(company, "seat") == []


def test_nobody_gives_rights_beyond_their_own_branches(company: Company):
    refused(company, PersonNotFound, grant(company, "custodian", "archivist", "north"), "north-administrator")
    refused(company, BranchNotFound, grant(company, "nobody", "archivist", "south"), "north-administrator")
    for login in ("clerk", "officer", "auditor"):
        refused(company, PersonNotFound, grant(company, "nobody", "archivist", "north"), login)


def test_a_right_begins_and_ends_on_its_days(company: Company):
    now = company.database.clock.now()
    tomorrow, later = now + timedelta(days=1), now + timedelta(days=3)
    refused(company, DatesWrong, grant(company, "nobody", "archivist", "north", since=later, until=tomorrow))
    refused(company, DatesWrong, grant(company, "nobody", "archivist", "north", until=now))
    do(company, grant(company, "nobody", "archivist", "north", since=tomorrow, until=later))
    assert company.roles("nobody") == set()
    clock_of(company.database).advance(86_400)
    assert company.roles("nobody") == {("archivist", "north")}
    clock_of(company.database).advance(2 * 86_400)
    assert company.roles("nobody") == set()


def test_ending_a_seat_works_at_once_and_is_stated(company: Company):
    with company.database.reading() as work:
        (right,) = rights_of(work, company.people["approver"])
    do(company, lambda work, actor: people_changes.end_right(work, actor, Word(), right.id, reason="moved on"))
    assert company.roles("approver") == set()
    (body,) = stated(company, "unseat")
    assert (body["role"], body["path"]) == ("approver", company.path("north"))
    assert do(company, grant(company, "approver", "archivist", "north")).done


def leave(company: Company, login: str) -> Outcome:
    def act(work: Work, actor: Actor) -> Outcome:
        user_id = company.people[login]
        return people_changes.leave(work, actor, Word(), user_id, reason="retired", handover=Handover())

    outcome: Outcome = do(company, act)
    return outcome


def test_a_leaver_who_helped_to_seal_is_barred_and_unseated(company: Company):
    assert len(leave(company, "approver").statements) == 2
    assert stated(company, "bar")[0]["person_id"] == str(company.people["approver"])
    assert stated(company, "unseat")[0]["role"] == "approver"
    assert leave(company, "clerk").statements == ()


def test_who_is_barred_comes_back_by_two_officers_alone(company: Company):
    def freeze(work: Work, actor: Actor) -> Outcome:
        return people_changes.freeze_person(work, actor, Word(), company.people["approver"], reason="why")

    def unfreeze(work: Work, actor: Actor) -> Outcome:
        return people_changes.unfreeze_person(work, actor, Word(), company.people["approver"], reason="why")

    def frozen() -> bool:
        with company.database.reading() as work:
            return work.session.get_one(User, company.people["approver"]).frozen

    assert do(company, freeze).done
    assert frozen()
    outcome = do(company, unfreeze)
    assert not outcome.done
    assert do(company, unfreeze).statements == outcome.statements
    assert frozen()
    register(company, "unbar")
    assert not frozen()


def test_a_moved_branch_keeps_ordinary_rights_and_asks_for_its_seats_anew(company: Company):
    old = company.path("north")
    do(
        company,
        lambda work, actor: people_changes.move_branch(
            work, actor, Word(), company.branches["north"], parent_id=company.branches["south"], reason="merged"
        ),
    )
    assert company.roles("clerk") == {("clerk", "north")}
    assert company.roles("approver") == set()
    assert stated(company, "unseat")[0]["path"] == old
    register(company, "seat")
    assert company.roles("approver") == {("approver", "north")}


def test_a_second_account_helps_nobody_to_seal(company: Company):
    with cheap_passwords():
        new = NewPerson(company.branches["north"], "9", "second", "second", company.people["nobody"])
        made = do(company, lambda work, actor: create_person(work, actor, new, secrets=SECRETS))
    wide = Company(company.database, company.organisation_id, company.branches, {**company.people, "second": made.id})
    refused(wide, SecondAccount, grant(wide, "second", "approver", "north"))
    do(wide, grant(wide, "second", "clerk", "north"))
    refused(wide, RolesIncompatible, grant(wide, "nobody", "approver", "north"))


def test_rows_that_call_an_account_an_approvers_let_nobody_sign_as_the_approver(company: Company):
    """Somebody who writes rows makes the own account another person's, and gives it that person's role and place."""
    with company.database.work() as work:
        mine, approver = company.people["nobody"], company.people["approver"]
        work.session.execute(update(User).where(User.id == mine).values(person_id=approver))
        work.session.execute(update(RoleBinding).where(RoleBinding.user_id == approver).values(user_id=mine))
    assert company.roles("nobody") == set()
    refused(company, RoleNotHeld, delegation(company, "seals", "approver"), "nobody")


def delegation(company: Company, deputy: str, role: str, days: int = 5) -> Callable[[Work, Actor], Outcome]:
    def act(work: Work, actor: Actor) -> Outcome:
        since = work.now()
        new = NewDelegation(company.people[deputy], role, since, since + timedelta(days=days), "holidays")
        return people_changes.name_deputy(work, actor, Word(), new)

    return act


def test_a_deputy_acts_for_the_principal_once_the_register_has_the_word(company: Company):
    assert not do(company, delegation(company, "nobody", "approver"), "approver").done
    assert company.roles("nobody") == set()
    register(company, "delegation")
    with company.database.reading() as work:
        (lent,) = company.actor(work, "nobody").grants
        assert (lent.role, lent.acts_for) == ("approver", company.people["approver"])
        assert principals_of(work, company.people["nobody"], "approver") == (company.people["approver"],)
    refused(company, RolesIncompatible, grant(company, "nobody", "clerk", "north"))
    clock_of(company.database).advance(5 * 86_400)
    assert company.roles("nobody") == set()


def test_a_frozen_principal_lends_nothing(company: Company):
    do(company, delegation(company, "nobody", "approver"), "approver")
    register(company, "delegation")
    do(
        company,
        lambda work, actor: people_changes.freeze_person(work, actor, Word(), company.people["approver"], reason="why"),
    )
    assert company.roles("nobody") == set()


@pytest.mark.parametrize("login", ["approver", "nobody", "administrator"])
def test_a_deputyship_is_ended_by_principal_deputy_or_administrator(company: Company, login: str):
    do(company, delegation(company, "nobody", "approver"), "approver")
    register(company, "delegation")
    with company.database.reading() as work:
        (one,) = my_delegations(work, company.actor(work, "approver"))

    def end(work: Work, actor: Actor) -> Outcome:
        return people_changes.end_deputyship(work, actor, Word(), one.id)

    refused(company, DelegationNotFound, end, "clerk")
    do(company, end, login)
    assert company.roles("nobody") == set()
    (body,) = stated(company, "delegation-end")
    assert body == {k: v for k, v in stated(company, "delegation")[0].items() if k in body}


def test_what_cannot_be_lent_is_refused(company: Company):
    for login, deputy, role, days, kind in (
        ("approver", "clerk", "approver", 5, RolesIncompatible),
        ("approver", "nobody", "custodian", 5, RoleNotHeld),
        ("officer", "nobody", "key-officer", 5, RoleNotDelegable),
        ("administrator", "nobody", "system-administrator", 5, RoleNotDelegable),
        ("approver", "approver", "approver", 5, DeputyUnfit),
        ("approver", "nobody", "approver", 200, DelegationTooLong),
    ):
        refused(company, kind, delegation(company, deputy, role, days), login)
    do(company, delegation(company, "nobody", "approver"), "approver")
    register(company, "delegation")
    refused(company, RoleNotHeld, delegation(company, "auditor", "approver"), "nobody")


def test_a_role_of_our_own_grants_what_it_says_until_it_is_retired(company: Company):
    names = {"name_zh": "前台", "name_en": "front desk"}

    def make(*permissions: str, code: str = "front-desk") -> Callable[[Work, Actor], UUID]:
        return lambda work, actor: create_custom_role(work, actor, code=code, permissions=permissions, **names)

    for permission in ("approve-request", "confirm-seal-use", "confirm-statements", "manage-keys", "manage-people"):
        refused(company, RoleReserved, make(permission))
    refused(company, RolesIncompatible, make("read-audit", "settle-copies"))
    refused(company, RoleCodeTaken, make("read-returns", code="clerk"))
    refused(company, WholeOrganisationNeeded, make("read-returns"), "north-administrator")
    refused(company, Forbidden, make("read-returns"), "clerk")
    role_id = do(company, make("read-returns"))
    do(company, grant(company, "approver", "front-desk", "north"))
    with company.database.reading() as work:
        assert company.actor(work, "approver").may(Permission.READ_RETURNS, company.path("team"))
    refused(
        company,
        RolesIncompatible,
        lambda work, actor: change_custom_role(work, actor, role_id, permissions=["create-request"], **names),
    )
    do(company, lambda work, actor: retire_custom_role(work, actor, role_id))
    assert company.roles("approver") == {("approver", "north")}


def test_a_custom_role_that_rows_say_more_of_grants_no_more(company: Company):
    """Somebody who writes rows makes nobody an approver by a custom role."""
    names = {"name_zh": "前台", "name_en": "front desk"}
    do(
        company,
        lambda w, a: create_custom_role(w, a, code="front-desk", permissions=["read-returns"], **names),
    )
    do(company, grant(company, "nobody", "front-desk", "north"))
    with company.database.work() as work:
        work.session.execute(update(CustomRole).values(permissions=["approve-request", "manage-people", "nonsense"]))
        assert company.actor(work, "nobody").grants == ()
        work.session.execute(update(CustomRole).values(code="approver"))
        work.session.execute(
            update(RoleBinding).where(RoleBinding.user_id == company.people["nobody"]).values(role="emperor")
        )
        assert company.actor(work, "nobody").grants == ()


def test_a_foreign_companys_administrator_finds_nothing(company: Company):
    foreign = found(company.database, 2)
    with company.database.work() as work:
        stranger = foreign.actor(work)
        with pytest.raises(BranchNotFound):
            branch_for(work, stranger, company.branches["head"], Permission.MANAGE_PEOPLE)
        with pytest.raises(PersonNotFound):
            people_changes.freeze_person(work, stranger, Word(), company.people["clerk"], reason="why")
    assert Role.CLERK in {role for role, _branch in company.roles("clerk")}
