"""A request with several seals: each has its places, its custodian's confirmation and its own count of uses."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import update

from printserver.foundation.errors import NotFound, PrintServerError
from printserver.organisations.permissions import Role
from printserver.print_requests import copy_service, drafts, flows
from printserver.print_requests.application import ApplicationMalformed, check_application
from printserver.print_requests.as_approved import RowsDiffer, require_as_approved
from printserver.print_requests.models import PrintRequest, RequestSeal
from printserver.print_requests.queries import request_details, waiting_for
from printserver.print_requests.request_seals import SealWanted, seals_of_request
from printserver.print_requests.seal_uses import seal_uses
from printserver.print_requests.states import CopyState, RequestState
from printserver.print_requests.steps import frozen_flow
from printserver.rendering.places import AtKeyword, OnPage, Straddle
from printserver.seals.errors import SealNotUsable, SealUsedUp
from printserver.seals.models import Seal
from printserver.seals.queries import seal_facts
from printserver.seals.states import SealState
from tests.world import World
from tests.world_building import Office


def second(world: World) -> SealWanted:
    """The head office's seal, at the text of every page and across both."""
    return SealWanted(world.home.head.seal_id, (AtKeyword("Page 1", 1, 10_000, 60_000), Straddle(at_um=150_000)))


def confirm(world: World, request_id: UUID, office: object) -> PrintRequest:
    digest = world.manifest_sha256(request_id)
    with world.database.work() as work:
        actor = world.actor(work, Role.CUSTODIAN, office)  # type: ignore[arg-type]
        return flows.confirm_seal_use(work, actor, world.adapters.attestor, request_id, manifest_sha256=digest)


def uses(world: World) -> tuple[int, int]:
    with world.database.reading() as work:
        return tuple(seal_facts(work, office.seal_id).uses for office in (world.home.north, world.home.head))  # type: ignore[return-value]


def waits_for_custodian(world: World, request_id: UUID, office: object) -> bool:
    with world.database.reading() as work:
        found = waiting_for(work, world.actor(work, Role.CUSTODIAN, office))  # type: ignore[arg-type]
    return request_id in {each.id for each in found}


def change_seal(world: World, seal_id: UUID, **values: object) -> None:
    with world.database.work() as work:
        work.session.execute(update(Seal).where(Seal.id == seal_id).values(**values))


def test_each_seals_custodian_confirms_and_only_the_last_word_authorises(world: World):
    request_id, home = world.in_custody(copies=2, further=(second(world),)), world.home
    assert waits_for_custodian(world, request_id, home.north)
    assert not waits_for_custodian(world, request_id, home.head)
    with pytest.raises(NotFound):
        confirm(world, request_id, home.head)
    assert confirm(world, request_id, home.north).state == RequestState.PENDING_CUSTODY
    assert {copy.state for copy in world.copies(request_id)} == {CopyState.RENDERED}
    assert uses(world) == (0, 0)
    assert waits_for_custodian(world, request_id, home.head)
    assert not waits_for_custodian(world, request_id, home.north)
    assert confirm(world, request_id, home.head).state == RequestState.APPROVED
    assert {copy.state for copy in world.copies(request_id)} == {CopyState.AUTHORISED}
    assert uses(world) == (2, 2)


def test_whoever_keeps_both_seals_confirms_the_use_of_each(world: World):
    keeper = world.person(Role.CUSTODIAN).id
    change_seal(world, world.home.head.seal_id, custodian_id=keeper)
    request_id = world.in_custody(further=(second(world),))
    assert confirm(world, request_id, world.home.north).state == RequestState.PENDING_CUSTODY
    assert confirm(world, request_id, world.home.north).state == RequestState.APPROVED


def test_what_was_wanted_is_drawn_named_in_the_manifest_and_shown(world: World):
    request_id = world.pending(further=(second(world),))
    with world.database.reading() as work:
        details = request_details(work, world.actor(work, Role.APPROVER), request_id)
        require_as_approved(work, world.adapters.objects, request_id)
    first, other = details.seals
    assert first.places == first.wanted
    assert other.places is not None
    assert [place["page"] for place in other.places] == [1, 1, 2]
    assert [bool(place.get("part")) for place in other.places] == [False, True, True]
    assert sum(place["part"]["width_um"] for place in other.places[1:]) == 40_000
    assert [step.step.name for step in details.particulars.steps][1:] == [
        f"custody:{office.seal_id}" for office in (world.home.north, world.home.head)
    ]


def test_a_changed_place_of_any_seal_is_found_before_somebody_decides(world: World):
    request_id = world.pending(further=(second(world),))
    with world.database.work() as work:
        moved = [{"page": 1, "x_um": 1, "y_um": 1}]
        work.session.execute(
            update(RequestSeal)
            .where(RequestSeal.request_id == request_id, RequestSeal.position == 2)
            .values(places=moved)
        )
    with world.database.reading() as work, pytest.raises(RowsDiffer):
        require_as_approved(work, world.adapters.objects, request_id)


@pytest.mark.parametrize(
    ("values", "problem"),
    [({"state": SealState.SUSPENDED}, SealNotUsable), ({"uses_limit": 1}, SealUsedUp)],
)
def test_one_unusable_seal_stops_the_whole_request(
    world: World, values: dict[str, object], problem: type[PrintServerError]
):
    request_id = world.in_custody(copies=2, further=(second(world),))
    confirm(world, request_id, world.home.north)
    change_seal(world, world.home.head.seal_id, **values)
    before = world.row_counts(), world.events()
    with pytest.raises(problem):
        confirm(world, request_id, world.home.head)
    with pytest.raises(problem):
        world.submitted(copies=2, further=(second(world),))
    assert (world.row_counts(), world.events()) == before
    assert uses(world) == (0, 0)


def test_a_stopped_second_seal_keeps_copies_from_being_released(world: World):
    request_id = world.in_custody(further=(second(world),))
    for office in (world.home.north, world.home.head):
        confirm(world, request_id, office)
    change_seal(world, world.home.head.seal_id, state=SealState.SUSPENDED)
    with world.database.work() as work, pytest.raises(SealNotUsable):
        copy_service.release_copies(work, world.actor(work, Role.CLERK), request_id)


def test_a_seal_is_named_once_and_has_a_place(world: World):
    north = world.home.north.seal_id
    for further in (
        (SealWanted(north, (OnPage(1, 100_000, 100_000),)),),
        (SealWanted(world.home.head.seal_id, ()),),
    ):
        application = world.application(further=further)
        with world.database.reading() as work, pytest.raises(ApplicationMalformed):
            check_application(work, world.actor(work, Role.CLERK), application, most_copies=9)


def test_both_seals_are_in_the_draft_of_a_recalled_request_and_in_the_log_of_uses(world: World):
    request_id = world.pending(further=(second(world),))
    with world.database.work() as work:
        clerk = world.actor(work, Role.CLERK)
        draft = drafts.draft_facts(work, clerk, drafts.recall_to_draft(work, clerk, request_id))
        used = [
            seal_uses(work, world.actor(work, Role.CUSTODIAN, office), office.seal_id) for office in _offices(world)
        ]
    assert [seal["seal_id"] for seal in draft.fields["seals"]] == [str(office.seal_id) for office in _offices(world)]
    assert draft.fields["seals"][1]["places"][1]["straddle"] == "right"
    assert [[use.id for use in each] for each in used] == [[request_id], [request_id]]


def test_a_replacement_bears_the_same_seals(world: World):
    request_id = world.pending(further=(second(world),))
    with world.database.work() as work:
        copy = world.copies(request_id)[0]
        later = copy_service.request_replacement(work, world.actor(work, Role.CLERK).by, copy)
        kept = seals_of_request(work, later)
        assert [seal.wanted for seal in kept] == [
            seal.wanted for seal in seals_of_request(work, work.session.get_one(PrintRequest, request_id))
        ]
        flow = frozen_flow(later)
        assert flow is not None
        assert flow.steps
        assert [step["name"] for step in later.steps or ()][-1] == f"custody:{world.home.head.seal_id}"


def _offices(world: World) -> tuple[Office, Office]:
    return world.home.north, world.home.head


def seal_by_hand(world: World, request_id: UUID, office: Office, papers: int) -> str:
    with world.database.work() as work:
        custodian = world.actor(work, Role.CUSTODIAN, office)
        request = flows.record_sealing_by_hand(work, custodian, request_id, papers=papers, sealed_at=work.now())
        return request.state


def test_several_seals_are_put_on_by_hand_and_recorded_one_custodian_after_the_other(world: World):
    home = world.home
    request_id = world.pending(class_code="marriage", further=(second(world),))
    digest = world.manifest_sha256(request_id)
    with world.database.work() as work:
        approver = world.actor(work, Role.APPROVER)
        flows.approve_request(work, approver, world.adapters.attestor, request_id, manifest_sha256=digest)
    world.clock.advance(60)
    with pytest.raises(NotFound):
        seal_by_hand(world, request_id, home.head, 2)
    assert seal_by_hand(world, request_id, home.north, 2) == RequestState.PHYSICAL_SEAL
    assert waits_for_custodian(world, request_id, home.head)
    with pytest.raises(NotFound):
        seal_by_hand(world, request_id, home.north, 2)
    assert seal_by_hand(world, request_id, home.head, 1) == RequestState.SEALED_BY_HAND
    with world.database.reading() as work:
        more = request_details(work, world.actor(work, Role.CLERK), request_id).particulars
    assert [(wet.seal_id, wet.papers) for wet in more.wet_seals] == [(home.north.seal_id, 2), (home.head.seal_id, 1)]
    assert [step.done for step in more.steps] == [True, True, True]
    assert world.events().count("SealedByHand") == 2
