"""A frozen branch or organisation: nobody of it comes in, nothing is decided there, and it ends as it began."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from printserver.approvals import people_changes, place_changes, statement_queries, statements
from printserver.approvals.models import StatementRow
from printserver.approvals.people_changes import NewRight, Outcome
from printserver.approvals.place_changes import PlaceIsTheTop, apply_unfreeze
from printserver.approvals.statement_states import StatementState
from printserver.audit.log import By
from printserver.foundation.database import Base
from printserver.foundation.errors import PrintServerError, Unauthenticated
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import TO_UNFREEZE, Actor
from printserver.organisations.branches import BranchNotFound, move_branch
from printserver.organisations.credentials import check_password
from printserver.organisations.delegations import principals_of
from printserver.organisations.freezing import NobodyToUnfreeze, frozen_list
from printserver.organisations.frozen_places import PlaceFrozen
from printserver.organisations.permissions import Permission, Role
from printserver.organisations.register_effects import apply_delegation
from printserver.organisations.roles import WholeOrganisationNeeded
from printserver.organisations.sessions import open_session, person_of_session
from printserver.print_requests import copy_service, flows
from printserver.print_requests.queries import request_details
from printserver.print_requests.release import make_release_code
from printserver.printing.ports import PrinterBusy
from printserver.seals.errors import SealNotUsable
from printserver.seals.queries import require_usable, seal_facts
from printserver.signing.statements import StatementKind
from tests.people_scene import PASSWORD, SECRETS, Company, Word, found
from tests.world import World

BY_REGISTER = By(process="register")
WHERE = ("north", "south", "team", None)


@pytest.fixture
def company(any_database: Database) -> Company:
    return found(any_database)


def do(company: Company, act: Callable[[Work, Actor], Any], login: str = "officer") -> Any:
    with company.database.work() as work:
        return act(work, company.actor(work, login))


def freeze(company: Company, place: str | None, login: str = "officer") -> Outcome:
    branch_id = None if place is None else company.branches[place]

    def act(work: Work, actor: Actor) -> Outcome:
        return place_changes.freeze_place(work, actor, Word(), branch_id, reason="a break-in")

    outcome: Outcome = do(company, act, login)
    return outcome


def ask_to_unfreeze(company: Company, place: str | None, login: str = "officer") -> Outcome:
    branch_id = None if place is None else company.branches[place]

    def act(work: Work, actor: Actor) -> Outcome:
        return place_changes.unfreeze_place(work, actor, Word(), branch_id, reason="all is well")

    outcome: Outcome = do(company, act, login)
    return outcome


def unfrozen_by_the_signer(company: Company, place: str | None) -> None:
    path = None if place is None else company.path(place)
    with company.database.work() as work:
        apply_unfreeze(work, BY_REGISTER.within(company.organisation_id), company.organisation_id, path)


def rows(company: Company) -> dict[str, list[str]]:
    """Of everything that people hold; statements and the log go on."""
    left_out = ("audit_", "statement", "place_freeze")
    with company.database.reading() as work:
        return {
            table.name: sorted(str(tuple(row)) for row in work.session.execute(select(table)))
            for table in Base.metadata.sorted_tables
            if not table.name.startswith(left_out)
        }


def rights(company: Company) -> dict[str, object]:
    with company.database.reading() as work:
        actors = {login: company.actor(work, login) for login in company.people}
    return {login: (actor.grants, actor.shut_out) for login, actor in actors.items()}


def may_sign_in(company: Company, login: str) -> bool:
    with company.database.work() as work:
        return check_password(work, SECRETS, login=f"{login}-1", password=PASSWORD) is not None


def refused(company: Company, kind: type[PrintServerError], act: Callable[[], object]) -> None:
    before = rows(company), company.events()
    with pytest.raises(kind):
        act()
    assert (rows(company), company.events()) == before


def test_the_people_of_a_frozen_branch_and_of_all_below_it_are_out(company: Company):
    assert freeze(company, "north").done
    assert {login for login in company.people if not may_sign_in(company, login)} == {
        "north-administrator",
        "clerk",
        "approver",
        "nobody",
    }
    with company.database.reading() as work:
        (place,) = frozen_list(work, company.actor(work))
    assert (place.branch_id, place.branch, place.reason) == (company.branches["north"], "north", "a break-in")


def test_an_open_session_is_refused_and_goes_on_afterwards(company: Company):
    with company.database.work() as work:
        secret = open_session(work, SECRETS, company.actor(work, "clerk"), hours=8).secret
    freeze(company, "north")
    with company.database.reading() as work, pytest.raises(Unauthenticated):
        person_of_session(work, SECRETS, secret)
    unfrozen_by_the_signer(company, "north")
    with company.database.reading() as work:
        assert person_of_session(work, SECRETS, secret).actor.id == company.people["clerk"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(WHERE), already=st.sets(st.sampled_from(WHERE), max_size=2))
def test_unfreezing_gives_back_exactly_what_was(company: Company, place: str | None, already: set[str | None]):
    for other in already - {place, None}:
        freeze(company, other)
    was = rows(company), rights(company)
    freeze(company, place)
    assert (rights(company) == was[1]) == (place == "team")  # where nobody belongs
    unfrozen_by_the_signer(company, place)
    assert (rows(company), rights(company)) == was
    for other in already - {place, None}:
        unfrozen_by_the_signer(company, other)


def test_rights_at_a_frozen_branch_are_none_and_all_others_stay(company: Company):
    do(company, grant(company, "nobody", "archivist", "south"), "administrator")
    freeze(company, "south")
    assert company.roles("custodian") == set()
    assert company.roles("nobody") == set()
    assert company.roles("clerk") == {("clerk", "north")}


def grant(company: Company, login: str, role: str, branch: str) -> Callable[[Work, Actor], Outcome]:
    new = NewRight(role, company.branches[branch])
    return lambda work, actor: people_changes.grant_right(work, actor, Word(), company.people[login], new)


def test_a_deputy_of_somebody_at_a_frozen_branch_holds_nothing(company: Company):
    now = company.database.clock.now()
    body = {
        "principal": str(company.people["custodian"]),
        "deputy": str(company.people["auditor"]),
        "role": "custodian",
        "from": now.isoformat(),
        "until": now.replace(year=now.year + 1).isoformat(),
    }
    body["deputy"] = str(company.people["nobody"])
    with company.database.work() as work:
        apply_delegation(work, BY_REGISTER.within(company.organisation_id), body)
    assert company.roles("nobody") == {("custodian", "south")}
    freeze(company, "south")
    assert company.roles("nobody") == set()
    with company.database.reading() as work:
        assert principals_of(work, company.people["nobody"], "custodian") == ()


def test_of_a_frozen_organisation_only_its_officers_come_in_to_unfreeze_it(company: Company):
    freeze(company, None)
    assert {login for login in company.people if may_sign_in(company, login)} == {"officer", "seals"}
    with company.database.reading() as work:
        for login in ("officer", "seals"):
            actor = company.actor(work, login)
            assert {one for one in Permission if actor.may(one)} == TO_UNFREEZE
    first = ask_to_unfreeze(company, None)
    assert not first.done
    assert ask_to_unfreeze(company, None, "seals").statements == first.statements
    with company.database.work() as work:
        facts = statement_queries.statement_facts(work, first.statements[0])
        after = statements.confirm(work, company.actor(work, "seals"), Word(), facts.id, sha256=facts.sha256)
        assert (after.state, after.officers_needed) == (StatementState.CONFIRMED, 2)


def test_one_officer_alone_unfreezes_nothing(company: Company):
    freeze(company, "north")
    outcome = ask_to_unfreeze(company, "north")
    assert not outcome.done
    assert not may_sign_in(company, "clerk")
    with company.database.reading() as work:
        kept = work.session.get_one(StatementRow, outcome.statements[0])
        assert (kept.kind, kept.state, kept.path) == (StatementKind.UNFREEZE, "proposed", company.path("north"))


def test_freezing_again_says_nothing_more(company: Company):
    first = freeze(company, "north")
    assert len(first.statements) == 1
    before = company.events()
    assert freeze(company, "north") == Outcome(done=True)
    assert ask_to_unfreeze(company, "south") == Outcome(done=True)
    assert company.events() == before


def test_an_administrator_freezes_the_own_branches_and_no_others(company: Company):
    assert freeze(company, "team", "north-administrator").done
    refused(company, BranchNotFound, lambda: freeze(company, "south", "north-administrator"))
    refused(company, WholeOrganisationNeeded, lambda: freeze(company, None, "north-administrator"))
    for login in ("clerk", "approver", "auditor", "nobody"):
        refused(company, BranchNotFound, partial(freeze, company, "south", login))
        refused(company, BranchNotFound, partial(ask_to_unfreeze, company, "team", login))


def test_the_branch_above_all_others_is_frozen_as_the_organisation(company: Company):
    refused(company, PlaceIsTheTop, lambda: freeze(company, "head"))


def test_nothing_is_frozen_that_nobody_could_unfreeze(company: Company):
    def leave(work: Work, actor: Actor) -> None:
        people_changes.freeze_person(work, actor, Word(), company.people["seals"], reason="away")

    do(company, leave, "administrator")
    for place in ("north", None):
        refused(company, NobodyToUnfreeze, partial(freeze, company, place))


def test_nobody_and_nothing_is_moved_out_of_a_frozen_branch(company: Company):
    freeze(company, "north")

    def person(work: Work, actor: Actor) -> None:
        to = company.branches["south"]
        people_changes.move_person(work, actor, Word(), company.people["nobody"], branch_id=to, reason="moved")

    def branch(work: Work, actor: Actor) -> None:
        move_branch(work, actor, company.branches["team"], parent_id=company.branches["south"])

    for act in (person, branch, grant(company, "nobody", "approver", "team")):
        refused(company, PlaceFrozen, partial(do, company, act, "administrator"))


def test_what_is_stated_of_a_frozen_place_waits(company: Company):
    outcome = do(company, grant(company, "nobody", "approver", "team"), "administrator")
    freeze(company, "north")

    def sign(work: Work, actor: Actor) -> None:
        facts = statement_queries.statement_facts(work, outcome.statements[0])
        statements.confirm(work, actor, Word(), facts.id, sha256=facts.sha256)

    refused(company, PlaceFrozen, lambda: do(company, sign))
    unfrozen_by_the_signer(company, "north")
    do(company, sign)


def freeze_north(world: World) -> None:
    with world.database.work() as work:
        officer = world.actor(work, Role.KEY_OFFICER, world.home.head)
        place_changes.freeze_place(work, officer, world.adapters.attestor, world.home.north.branch_id, reason="stop")


def unfreeze_north(world: World) -> None:
    with world.database.work() as work:
        path = str(work.session.get_one(StatementRow, frozen_by(work)).body["path"])
        apply_unfreeze(work, BY_REGISTER.within(world.home.id), world.home.id, path)


def frozen_by(work: Work) -> UUID:
    return work.session.scalars(select(StatementRow.id).where(StatementRow.kind == StatementKind.FREEZE)).one()


def head_actor(world: World, role: Role) -> Callable[[Work], Actor]:
    return lambda work: world.actor(work, role, world.home.head)


def test_somebody_from_above_decides_and_releases_nothing_at_a_frozen_branch(world: World):
    pending, in_custody, issued = world.pending(), world.in_custody(), world.issued()
    attestor = world.adapters.attestor

    def approve(work: Work) -> None:
        digest = world.manifest_sha256(pending)
        actor = head_actor(world, Role.APPROVER)(work)
        flows.approve_request(work, actor, attestor, pending, manifest_sha256=digest)

    def refuse(work: Work) -> None:
        digest = world.manifest_sha256(pending)
        actor = head_actor(world, Role.APPROVER)(work)
        flows.refuse_request(work, actor, attestor, pending, manifest_sha256=digest, reason="no")

    def release(work: Work) -> None:
        copy_service.release_copies(work, head_actor(world, Role.CLERK)(work), issued)

    def code(work: Work) -> None:
        make_release_code(work, head_actor(world, Role.CLERK)(work), issued)

    freeze_north(world)
    for act in (approve, refuse, code):
        with pytest.raises(PlaceFrozen), world.database.work() as work:
            act(work)
    with pytest.raises((PlaceFrozen, SealNotUsable)), world.database.work() as work:
        release(work)
    with world.database.reading() as work:
        shown = request_details(work, head_actor(world, Role.AUDITOR)(work), issued)
        assert isinstance(shown.obstacle, PlaceFrozen)
        assert request_details(work, head_actor(world, Role.AUDITOR)(work), in_custody).summary.id == in_custody
    with pytest.raises(Unauthenticated):
        world.submitted()
    unfreeze_north(world)
    for act in (approve, code, release):
        with world.database.work() as work:
            act(work)


def test_a_seal_of_a_frozen_branch_is_used_by_nobody(world: World):
    def use() -> None:
        with world.database.reading() as work:
            require_usable(work, seal_facts(work, world.home.north.seal_id))

    use()
    freeze_north(world)
    with pytest.raises(SealNotUsable):
        use()
    unfreeze_north(world)
    use()


def test_a_copy_that_was_released_waits_at_its_printer_until_the_branch_is_unfrozen(world: World):
    world.released()
    backend = world.taken_up(world.home.north.printer_id)
    freeze_north(world)
    with pytest.raises(PrinterBusy):
        backend.redeem()
    unfreeze_north(world)
    backend.redeem()
