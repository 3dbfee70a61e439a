"""A frozen branch by the signer's own register: no state of rows brings a signature, and unfreezing brings it back."""

from __future__ import annotations

from itertools import combinations
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from printserver.approvals import place_changes
from printserver.approvals.models import StatementRow
from printserver.approvals.registering import register_statement
from printserver.organisations.access import branch_path
from printserver.organisations.freeze_models import PlaceFreeze
from printserver.organisations.frozen_places import frozen_places
from printserver.organisations.models import Branch
from printserver.organisations.permissions import Role
from printserver.print_requests.models import PrintRequest
from printserver.signing.errors import EvidenceInsufficient
from tests.flows.refusing import by_sql, one_authorisation, refuses
from tests.signing_world import SigningWorld
from tests.statement_steps import confirmed, tools

PLACES = pytest.mark.parametrize("whole", [False, True], ids=["branch", "organisation"])


def freeze(signed: SigningWorld, branch_id: UUID | None) -> None:
    world = signed.world
    with world.database.work() as work:
        officer = world.actor(work, Role.KEY_OFFICER, world.home.head)
        done = place_changes.freeze_place(work, officer, world.adapters.attestor, branch_id, reason="a break-in")
    register_statement(tools(signed), done.statements[0])
    signed.world.clock.advance(60)


def unfreeze(signed: SigningWorld, branch_id: UUID | None) -> None:
    world = signed.world
    with world.database.work() as work:
        officer = world.actor(work, Role.KEY_OFFICER, world.home.head)
        asked = place_changes.unfreeze_place(work, officer, world.adapters.attestor, branch_id, reason="all is well")
    (statement_id,) = asked.statements
    confirmed(signed, statement_id, Role.SEAL_ADMINISTRATOR)
    register_statement(tools(signed), statement_id)


@PLACES
def test_no_state_of_rows_lets_the_signer_sign_for_a_frozen_place(sqlite_signing_world: SigningWorld, whole: bool):
    signed, home = sqlite_signing_world, sqlite_signing_world.world.home
    authorisation = one_authorisation(signed)
    with signed.database.reading() as work:
        south = branch_path(work, home.south.branch_id)
    place = None if whole else home.north.branch_id
    freeze(signed, place)
    refuses(signed, authorisation.id, EvidenceInsufficient)
    changes = (
        update(PlaceFreeze).values(ended_at=signed.world.clock.now()),
        delete(PlaceFreeze),
        update(Branch).where(Branch.id == home.north.branch_id).values(path=f"{south}{home.north.branch_id}/"),
        update(PrintRequest).values(branch_id=home.south.branch_id),
        update(StatementRow).values(state="refused"),
    )
    for some in (each for size in (1, 2, len(changes)) for each in combinations(changes, size)):
        by_sql(signed, *some)
        refuses(signed, authorisation.id, EvidenceInsufficient)


@PLACES
def test_unfreezing_by_two_officers_brings_back_exactly_what_was(sqlite_signing_world: SigningWorld, whole: bool):
    signed, home = sqlite_signing_world, sqlite_signing_world.world.home
    authorisation = one_authorisation(signed)
    was = signed.register.standing(home.number)
    place = None if whole else home.north.branch_id
    freeze(signed, place)
    assert signed.register.standing(home.number) != was
    unfreeze(signed, place)
    assert signed.register.standing(home.number) == was
    with signed.database.reading() as work:
        assert frozen_places(work, home.id).none
    signed.issuing.issue(authorisation.id)
    assert signed.events()[-1] == "CopySealed"


def test_rows_follow_the_register_when_somebody_took_the_freeze_out_of_them(sqlite_signing_world: SigningWorld):
    signed, home = sqlite_signing_world, sqlite_signing_world.world.home
    world = signed.world
    with world.database.work() as work:
        officer = world.actor(work, Role.KEY_OFFICER, home.head)
        done = place_changes.freeze_place(
            work, officer, world.adapters.attestor, home.north.branch_id, reason="a break-in"
        )
    by_sql(signed, delete(PlaceFreeze))
    register_statement(tools(signed), done.statements[0])
    with signed.database.reading() as work:
        assert not frozen_places(work, home.id).none
