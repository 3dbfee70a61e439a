"""A person, a branch and rights at the home's north that nobody else of the scene needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from printserver.organisations.delegations import NewDelegation, write_delegation
from printserver.organisations.models import Branch, Organisation
from printserver.organisations.permissions import Role
from printserver.organisations.rights_review import open_review, review_lines
from printserver.organisations.roles import bind
from printserver.organisations.service import create_branch, create_user
from printserver.print_requests.seal_rights import all_rights
from tests.world import World
from tests.world_building import BY_SETUP, PASSWORD, cheap_passwords


@dataclass(frozen=True)
class PeopleThings:
    """`newcomer`: a person of the north with one right; `team`: an empty branch below it; a review of the company."""

    newcomer: UUID
    right: UUID
    team: UUID
    delegation: UUID
    review: UUID
    review_line: UUID


def people_at(world: World) -> PeopleThings:
    north, head = world.home.north, world.home.head
    with cheap_passwords(), world.database.work() as work:
        branch = work.session.get_one(Branch, north.branch_id)
        organisation = work.session.get_one(Organisation, world.home.id)
        team = create_branch(work, BY_SETUP, organisation, name="team", parent_id=branch.id)
        newcomer = create_user(
            work,
            BY_SETUP,
            branch,
            login="newcomer",
            staff_number="newcomer",
            name="newcomer",
            password=PASSWORD,
            secrets=world.secrets,
            must_change=False,
        )
        right = bind(work, BY_SETUP, newcomer.id, Role.ARCHIVIST, branch.id)
        deputy, now = head.staff[Role.APPROVER].id, work.now()
        lent = NewDelegation(deputy, Role.APPROVER, now, now + timedelta(days=60))
        delegation = write_delegation(work, BY_SETUP, north.staff[Role.APPROVER].id, lent)
        reviewer = world.actor(work, Role.SEAL_ADMINISTRATOR, head)
        review = open_review(work, reviewer, period="2026", days=30, lines=all_rights(work, reviewer))
        work.session.flush()
        line = review_lines(work, reviewer, review)[0].id
    return PeopleThings(newcomer.id, right, team.id, delegation, review, line)
