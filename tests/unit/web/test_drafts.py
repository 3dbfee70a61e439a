"""A draft opens for its person alone, and its reference opens nothing else."""

from __future__ import annotations

import pytest

from printserver.documents.handing_in import HandedIn
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Role
from printserver.web.drafts import Draft, DraftNotFound, keep_draft, open_draft
from tests.world import World


def _actor(world: World, role: Role) -> Actor:
    with world.database.reading() as work:
        return world.actor(work, role)


@pytest.fixture
def draft(world: World) -> Draft:
    return keep_draft(world.adapters, _actor(world, Role.CLERK), HandedIn(world.taken.safe), "contract.pdf")


def test_a_draft_is_found_again_by_its_person(world: World, draft: Draft):
    found = open_draft(world.adapters, _actor(world, Role.CLERK), draft.token)
    assert found == draft
    assert (found.filename, found.pages) == ("contract.pdf", len(world.taken.safe.pages))
    assert found.original_sha256 == world.taken.safe.original_sha256
    assert world.adapters.objects.get(found.safe_sha256, world.home.id) == world.taken.safe.pdf


def test_somebody_elses_draft_is_not_found(world: World, draft: Draft):
    with pytest.raises(DraftNotFound):
        open_draft(world.adapters, _actor(world, Role.APPROVER), draft.token)


@pytest.mark.parametrize("place", [0, 63, 64, 127])
def test_a_changed_reference_is_not_found(world: World, draft: Draft, place: int):
    other = "1" if draft.token[place] == "0" else "0"
    with pytest.raises(DraftNotFound):
        open_draft(world.adapters, _actor(world, Role.CLERK), draft.token[:place] + other + draft.token[place + 1 :])


def test_an_objects_digest_alone_opens_nothing(world: World, draft: Draft):
    for token in (draft.safe_sha256, draft.safe_sha256 + draft.token[64:], "", "x" * 128, draft.token + "0"):
        with pytest.raises(DraftNotFound):
            open_draft(world.adapters, _actor(world, Role.CLERK), token)
