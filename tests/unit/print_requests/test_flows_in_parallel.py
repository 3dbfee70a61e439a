"""Several people at once, on both databases: every word counts, and what is once is once."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from sqlalchemy import func, select

from printserver.approvals.models import Approval
from printserver.foundation.errors import PrintServerError
from printserver.organisations.permissions import Role
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.service import ReferenceTaken
from tests.signing_world import all_at_once
from tests.unit.print_requests.test_flows import approver, flow_of, say, state, take_up
from tests.world import World


def test_two_who_approve_at_once_complete_a_quorum_of_two(any_world: World):
    take_up(any_world, flow_of("general", {"name": "both", "quorum": 2, "roles": ["approver"]}))
    request_id = any_world.pending()
    people = [approver(any_world, office) for office in (any_world.home.north, any_world.home.head)]
    all_at_once([partial(say, any_world, person, request_id) for person in people], threads=2)
    assert state(any_world, request_id)[0] == "pending-custody"


def test_one_person_who_approves_often_at_once_counts_once(any_world: World):
    take_up(any_world, flow_of("general", {"name": "both", "quorum": 2, "roles": ["approver"]}))
    request_id, person = any_world.pending(), approver(any_world, any_world.home.north)
    said = all_at_once([partial(say, any_world, person, request_id)] * 6, threads=3)
    assert len([one for one in said if isinstance(one, PrintServerError)]) == 5
    with any_world.database.reading() as work:
        assert work.session.scalar(select(func.count()).select_from(Approval)) == 1
    assert state(any_world, request_id)[0] == "pending-approval"


def test_a_callers_own_number_is_taken_once_whoever_is_first(any_world: World):
    def submit() -> UUID:
        return any_world.submitted(own_reference="OA-9")

    made = all_at_once([submit] * 6, threads=3)
    refused = [one for one in made if isinstance(one, ReferenceTaken)]
    (request_id,) = (one for one in made if isinstance(one, UUID))
    assert {one.request_id for one in refused} == {request_id}
    assert len(refused) == 5
    with any_world.database.reading() as work:
        clerk = any_world.actor(work, Role.CLERK)
        mine = select(func.count()).where(PrintRequest.applicant_id == clerk.id)
        assert work.session.scalar(mine) == 1
