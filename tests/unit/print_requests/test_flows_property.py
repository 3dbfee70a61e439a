"""Whatever rights people have and whatever they try, no authorisation comes without a rightful quorum."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from printserver.approvals.models import Approval, Authorisation
from printserver.foundation.errors import PrintServerError
from printserver.organisations.access import Actor, Grant
from printserver.organisations.permissions import Role
from printserver.print_requests import drafts, flows
from printserver.signing.evidence import CUSTODY_PREFIX
from tests.unit.print_requests.test_flows import flow_of, say, take_up
from tests.world import World

ACTIONS = ("approve", "countersign", "forward", "refuse", "confirm", "recall", "resubmit")


@dataclass(frozen=True)
class Try:
    """`who`, `to`, `behind`: numbers of people.   behind: in whose place, with the seat of the try."""

    who: int
    action: str
    seat: int
    to: int
    behind: int | None


tries = st.builds(
    Try,
    st.integers(0, 5),
    st.sampled_from(ACTIONS[:5]) | st.sampled_from(ACTIONS),
    st.integers(0, 3),
    st.integers(0, 5),
    st.none() | st.integers(0, 5),
)


def _people(world: World) -> list[UUID]:
    north, head, south = world.home.north.staff, world.home.head.staff, world.home.south.staff
    return [
        north[Role.CLERK].id,
        north[Role.APPROVER].id,
        head[Role.APPROVER].id,
        south[Role.APPROVER].id,
        north[Role.CUSTODIAN].id,
        head[Role.CUSTODIAN].id,
    ]


def _actor(world: World, people: list[UUID], one: Try) -> Actor:
    with world.database.reading() as work:
        clerk = world.actor(work, Role.CLERK)
        north = clerk.grants[0].path
    head = "/" + north.strip("/").split("/")[0] + "/"
    seats = [
        Grant(Role.APPROVER, north),
        Grant(Role.APPROVER, head),
        Grant(Role.CUSTODIAN, head),
        Grant(Role.CLERK, north),
    ]
    behind = None if one.behind is None else people[one.behind]
    grants = (replace(seats[one.seat], acts_for=behind), Grant(Role.CLERK, north))
    return replace(clerk, id=people[one.who], grants=grants)


def _do(world: World, people: list[UUID], request_id: UUID, one: Try) -> UUID:
    actor, to = _actor(world, people, one), people[one.to]
    match one.action:
        case "approve":
            say(world, actor, request_id)
        case "countersign":
            say(world, actor, request_id, to=to)
        case "forward":
            say(world, actor, request_id, flows.forward_request, to=to)
        case "refuse":
            say(world, actor, request_id, flows.refuse_request, reason="no")
        case "confirm":
            say(world, actor, request_id, flows.confirm_seal_use)
        case "recall":
            with world.database.work() as work:
                drafts.recall_to_draft(work, replace(actor, id=people[0]), request_id)
        case _:
            return world.pending(earlier_id=request_id)
    return request_id


def _authorised(world: World) -> Iterator[UUID]:
    with world.database.reading() as work:
        yield from set(work.session.scalars(select(Authorisation.request_id)))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(tries, min_size=4, max_size=14))
def test_no_sequence_of_deeds_authorises_without_a_rightful_quorum(world: World, said: list[Try]):
    people, version = _people(world), len(world.events()) + 2
    steps = ({"name": "first", "roles": ["approver"]}, {"name": "second", "quorum": 2, "roles": ["approver"]})
    take_up(world, flow_of("general", *steps, version=version))
    request_id = world.pending()
    for one in said:
        with contextlib.suppress(PrintServerError):
            request_id = _do(world, people, request_id, one)
    for authorised in _authorised(world):
        with world.database.reading() as work:
            rows = work.session.scalars(select(Approval).where(Approval.request_id == authorised)).all()
        counted = [person for row in rows for person in (row.person_id, row.acts_for) if person is not None]
        assert len(set(counted)) == len(counted)
        assert people[0] not in counted
        assert {row.manifest_sha256 for row in rows} == {world.manifest_sha256(authorised)}
        asked = {row.to_id for row in rows if row.decision == "approved" and row.to_id}
        approved = {row.person_id: row.step for row in rows if row.decision == "approved"}
        assert asked <= set(approved)
        for step, quorum in (("first", 1), ("second", 2)):
            assert len([1 for person, at in approved.items() if at == step and person not in asked]) >= quorum
        custody = [row for row in rows if row.step.startswith(CUSTODY_PREFIX)]
        keeper = world.person(Role.CUSTODIAN).id
        assert [(row.acts_for or row.person_id) for row in custody] == [keeper]
        assert custody[0].id == max(row.id for row in rows)
