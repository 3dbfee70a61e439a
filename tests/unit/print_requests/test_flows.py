"""Requests on their way through the steps of their class, with everybody who may have a say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from printserver.approvals.classes import apply_flow
from printserver.approvals.models import Authorisation
from printserver.approvals.rules import (
    ApplicantMayNotDecide,
    ColleagueNotPossible,
    NotThisPersonsTurn,
    PersonCountsOnce,
)
from printserver.audit.log import By
from printserver.foundation.errors import NotFound, PrintServerError, TransitionRefused
from printserver.organisations.access import Actor, Grant
from printserver.organisations.models import User
from printserver.organisations.permissions import Role
from printserver.print_requests import drafts, flows, service
from printserver.print_requests.application import LONGEST_TEXT, ConsentMissing
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.money import Money
from printserver.print_requests.parties import Party, PartyKind
from printserver.print_requests.queries import request_details, requests, waiting_for
from printserver.print_requests.search import Search
from printserver.print_requests.states import CopyState
from tests.world import World
from tests.world_building import Office


def flow_of(code: str, *steps: dict[str, Any], sealing: str = "electronic", version: int = 2) -> dict[str, Any]:
    return {"class": code, "version": version, "sealing": sealing, "steps": list(steps)}


def take_up(world: World, flow: dict[str, Any]) -> None:
    with world.database.work() as work:
        apply_flow(work, By(world.home.id, process="tests"), {"flow": flow})


def approver(world: World, office: Office) -> Actor:
    with world.database.reading() as work:
        return world.actor(work, Role.APPROVER, office)


def say(world: World, actor: Actor, request_id: UUID, how: Any = flows.approve_request, **more: Any) -> PrintRequest:
    digest = world.manifest_sha256(request_id)
    with world.database.work() as work:
        request: PrintRequest = how(work, actor, world.adapters.attestor, request_id, manifest_sha256=digest, **more)
        return request


def refused(world: World, kind: type[PrintServerError], actor: Actor, request_id: UUID, **more: Any) -> None:
    before = world.row_counts(), world.events()
    with pytest.raises(kind):
        say(world, actor, request_id, **more)
    assert (world.row_counts(), world.events()) == before


def state(world: World, request_id: UUID) -> tuple[str, str]:
    """And the step that waits."""
    with world.database.reading() as work:
        request = work.session.get_one(PrintRequest, request_id)
        return request.state, request.step


def waits_for(world: World, actor: Actor, request_id: UUID) -> bool:
    with world.database.reading() as work:
        return request_id in {each.id for each in waiting_for(work, actor)}


def both(world: World) -> Sequence[Actor]:
    return approver(world, world.home.north), approver(world, world.home.head)


def deputy_of(principal: Actor, actor: Actor) -> Actor:
    lent = tuple(replace(grant, acts_for=principal.person_id) for grant in principal.grants)
    return replace(actor, grants=lent)


TWO_STEPS = (
    {"name": "department", "roles": ["approver"], "scope": "branch"},
    {"name": "board", "roles": ["approver"], "scope": "above", "when": [{"field": "amount", "op": "ge", "value": 100}]},
)


def test_steps_go_on_in_order_and_conditions_decide_which(world: World):
    take_up(world, flow_of("general", *TWO_STEPS))
    north, head = both(world)
    small, large = world.pending(amount=Money(99)), world.pending(amount=Money(100))
    assert state(world, large) == ("pending-approval", "department")
    assert waits_for(world, north, large)
    assert not waits_for(world, head, large)
    refused(world, NotThisPersonsTurn, head, large)
    say(world, north, small)
    assert state(world, small)[0] == "pending-custody"
    say(world, north, large)
    assert state(world, large) == ("pending-approval", "board")
    assert waits_for(world, head, large)
    assert not waits_for(world, north, large)
    refused(world, PersonCountsOnce, north, large)
    say(world, head, large)
    assert state(world, large)[0] == "pending-custody"


def test_a_request_keeps_the_flow_with_which_it_was_handed_in(world: World):
    before = world.pending()
    take_up(world, flow_of("general", {"name": "both", "quorum": 2, "roles": ["approver"]}))
    after, (north, head) = world.pending(), both(world)
    say(world, north, before)
    assert state(world, before)[0] == "pending-custody"
    say(world, north, after)
    assert state(world, after) == ("pending-approval", "both")
    say(world, head, after)
    assert state(world, after)[0] == "pending-custody"


def test_a_countersignature_is_waited_for_and_may_come_from_anywhere(world: World):
    request_id, (north, _head), south = world.pending(), both(world), approver(world, world.home.south)
    refused(world, NotFound, south, request_id)
    refused(world, ColleagueNotPossible, north, request_id, to=north.person_id)
    refused(world, ColleagueNotPossible, north, request_id, to=world.person(Role.CLERK).id)
    say(world, north, request_id, to=south.person_id)
    assert state(world, request_id) == ("pending-approval", "approval")
    assert waits_for(world, south, request_id)
    with world.database.reading() as work:
        assert request_details(work, south, request_id).particulars.steps[0].asked == (south.person_id,)
    say(world, south, request_id)
    assert state(world, request_id)[0] == "pending-custody"


def test_who_was_handed_the_step_decides_instead(world: World):
    request_id, (north, _head), south = world.pending(), both(world), approver(world, world.home.south)
    say(world, north, request_id, flows.forward_request, to=south.person_id)
    assert state(world, request_id) == ("pending-approval", "approval")
    refused(world, PersonCountsOnce, north, request_id)
    say(world, south, request_id)
    assert state(world, request_id)[0] == "pending-custody"


def test_a_deputy_takes_the_principals_place_and_both_count_once(world: World):
    take_up(world, flow_of("general", {"name": "both", "quorum": 2, "roles": ["approver"]}))
    request_id, (north, head), south = world.pending(), both(world), approver(world, world.home.south)
    say(world, deputy_of(north, south), request_id)
    with world.database.reading() as work:
        assert request_details(work, head, request_id).decisions[0].acts_for == north.person_id
    refused(world, PersonCountsOnce, north, request_id)
    refused(world, PersonCountsOnce, deputy_of(head, south), request_id)
    say(world, head, request_id)
    assert state(world, request_id)[0] == "pending-custody"


def test_no_account_of_the_applicant_decides_nor_anybody_in_the_applicants_place(world: World):
    request_id, (north, _head) = world.pending(), both(world)
    clerk = world.person(Role.CLERK).id
    refused(world, ApplicantMayNotDecide, replace(north, counts_as=clerk), request_id)
    behind = replace(north, grants=tuple(Grant(grant.role, grant.path, acts_for=clerk) for grant in north.grants))
    refused(world, NotThisPersonsTurn, behind, request_id)


def test_a_recalled_request_becomes_a_draft_whose_decisions_no_longer_count(world: World):
    take_up(world, flow_of("general", {"name": "both", "quorum": 2, "roles": ["approver"]}))
    request_id, (north, head) = world.pending(own_reference="OA-1", amount=Money(1_234)), both(world)
    say(world, north, request_id)
    with world.database.work() as work:
        clerk = world.actor(work, Role.CLERK)
        draft = drafts.recall_to_draft(work, clerk, request_id)
        fields = drafts.draft_facts(work, clerk, draft).fields
    assert state(world, request_id)[0] == "recalled"
    assert {copy.state for copy in world.copies(request_id)} == {CopyState.VOID}
    assert (fields["own_reference"], fields["amount"]) == ("OA-1", {"minor": 1_234, "currency": "CNY"})
    refused(world, TransitionRefused, head, request_id)
    again = world.pending(own_reference="OA-1", amount=Money(99), earlier_id=request_id)
    say(world, head, again)
    assert state(world, again) == ("pending-approval", "both")
    with world.database.reading() as work:
        more = request_details(work, head, again).particulars
    assert more.differences is not None
    assert [change.name for change in more.differences.fields] == ["amount"]
    assert more.differences.pages == ()


def test_a_callers_own_number_is_taken_once_and_a_resubmission_takes_it_over(world: World):
    request_id = world.pending(own_reference="OA-7")
    before = world.row_counts(), world.events()
    with pytest.raises(service.ReferenceTaken) as taken:
        world.submitted(own_reference="OA-7")
    assert taken.value.request_id == request_id
    assert (world.row_counts(), world.events()) == before
    world.submitted(own_reference="OA-7", office=world.home.south)
    with pytest.raises(TransitionRefused):
        world.submitted(own_reference="OA-7", earlier_id=request_id)
    with world.database.work() as work:
        service.withdraw_request(work, world.actor(work, Role.CLERK), request_id)
    world.submitted(own_reference="OA-7", earlier_id=request_id)
    with pytest.raises(service.ReferenceTaken):
        world.submitted(own_reference="OA-7")


def test_whoever_has_the_step_is_reminded_at_most_once_an_hour(world: World):
    request_id = world.pending()

    def urge() -> None:
        with world.database.work() as work:
            service.urge_request(work, world.actor(work, Role.CLERK), request_id)

    urge()
    with pytest.raises(service.UrgedAlready):
        urge()
    world.clock.advance(3_600)
    urge()
    assert world.events().count("RequestUrged") == 2


def test_a_class_that_the_law_keeps_off_electronic_sealing_ends_in_a_seal_put_on_by_hand(world: World):
    request_id = world.pending(class_code="marriage")
    assert world.copies(request_id) == []
    say(world, approver(world, world.home.north), request_id)
    assert state(world, request_id)[0] == "physical-seal"
    with world.database.reading() as work:
        custodian = world.actor(work, Role.CUSTODIAN)
    assert waits_for(world, custodian, request_id)
    with pytest.raises(TransitionRefused):
        say(world, custodian, request_id, flows.confirm_seal_use)
    world.clock.advance(60)
    with world.database.work() as work:
        flows.record_sealing_by_hand(work, custodian, request_id, papers=2, sealed_at=work.now())
    assert state(world, request_id)[0] == "sealed-by-hand"
    with world.database.reading() as work:
        (wet,) = request_details(work, custodian, request_id).particulars.wet_seals
        assert work.session.scalar(select(func.count()).select_from(Authorisation)) == 0
    assert wet.papers == 2


def test_a_sealing_by_hand_says_how_many_papers_and_when_as_it_can_have_been(world: World):
    request_id = world.pending(class_code="marriage")
    say(world, approver(world, world.home.north), request_id)
    handed_in = world.clock.now()
    world.clock.advance(3_600)
    now, before = world.clock.now(), world.row_counts()
    with world.database.reading() as work:
        custodian = world.actor(work, Role.CUSTODIAN)
    for papers, sealed_at, note in (
        (0, now, ""),
        (flows.MOST_PAPERS + 1, now, ""),
        (2, handed_in - timedelta(seconds=1), ""),
        (2, now + timedelta(minutes=6), ""),
        (2, now, "x" * (LONGEST_TEXT + 1)),
    ):
        with world.database.work() as work, pytest.raises(flows.WetSealMalformed):
            flows.record_sealing_by_hand(work, custodian, request_id, papers=papers, sealed_at=sealed_at, note=note)
    assert world.row_counts() == before
    assert state(world, request_id)[0] == "physical-seal"


def test_a_party_that_does_not_consent_is_not_sealed_electronically(world: World):
    party = Party(PartyKind.OTHER, "Acme", consents=False)
    with pytest.raises(ConsentMissing):
        world.submitted(parties=(party,))
    request_id = world.submitted(parties=(party,), class_code="marriage")
    with world.database.reading() as work:
        assert work.session.get_one(PrintRequest, request_id).class_code == "marriage"


def test_requests_are_found_by_what_they_say_and_readers_see_theirs(world: World):
    reader = approver(world, world.home.south)
    party = Party(PartyKind.OTHER, "示例 Acme")
    found = world.pending(amount=Money(500), parties=(party,), copy_to=(reader.person_id,), title="Loan of 2026")
    other = world.pending(amount=Money(5))
    searches = (
        Search(title="loan"),
        Search(party="acme"),
        Search(least_minor=100, currency="CNY"),
    )
    with world.database.reading() as work:
        clerk = world.actor(work, Role.CLERK)
        for search in searches:
            assert [each.id for each in requests(work, clerk, search)] == [found]
        assert [each.id for each in requests(work, reader, Search(copied=True))] == [found]
        assert {each.id for each in requests(work, clerk, Search(class_code="general"))} >= {found, other}
        assert requests(work, clerk, Search(since=work.now() + timedelta(seconds=1))) == ()
        assert request_details(work, reader, found).summary.title == "Loan of 2026"
        with pytest.raises(NotFound):
            request_details(work, reader, other)


def test_a_second_account_of_one_person_takes_no_step_of_its_own(world: World):
    take_up(world, flow_of("general", {"name": "both", "quorum": 2, "roles": ["approver"]}))
    request_id, (north, head) = world.pending(), both(world)
    with world.database.work() as work:
        work.session.execute(update(User).where(User.id == head.id).values(person_id=north.id))
    say(world, north, request_id)
    refused(world, NotFound, approver(world, world.home.head), request_id)


def test_old_drafts_are_forgotten(world: World):
    request_id = world.pending()
    with world.database.work() as work:
        drafts.recall_to_draft(work, world.actor(work, Role.CLERK), request_id)
    assert drafts.forget_old_drafts(world.database) == 0
    world.clock.advance(91 * 86_400)
    assert drafts.forget_old_drafts(world.database) == 1
