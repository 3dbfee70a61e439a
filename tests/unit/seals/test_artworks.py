"""A cleaned picture of a seal is its owner's alone, and for the size that it was cleaned for."""

from __future__ import annotations

from uuid import UUID

import pytest

from printserver.foundation.errors import NotFound
from printserver.organisations.permissions import Role
from printserver.seals.applications import registered_artwork
from printserver.seals.artworks import StoredArtwork, artwork_facts, keep_artwork
from printserver.seals.errors import SealApplicationMalformed
from tests.unit.seals.officers import application
from tests.world import World

ARTWORK = "cd" * 32


@pytest.fixture
def artwork_id(world: World) -> UUID:
    """A clerk's, of 40 mm."""
    stored = StoredArtwork("ab" * 32, "bc" * 32, ARTWORK, 40_000, 40_000, 600)
    with world.database.work() as work:
        return keep_artwork(work, world.actor(work, Role.CLERK), stored, "ring.png")


def test_a_picture_is_used_by_whoever_handed_it_in_and_nobody_else(world: World, artwork_id: UUID):
    wanted = application(world, width_mm=40, height_mm=40)
    with world.database.reading() as work:
        clerk, other = world.actor(work, Role.CLERK), world.actor(work, Role.SEAL_ADMINISTRATOR)
        assert registered_artwork(work, clerk, artwork_id, wanted).sha256 == ARTWORK
        assert artwork_facts(work, clerk, artwork_id).stored.artwork_sha256 == ARTWORK
        with pytest.raises(NotFound):
            registered_artwork(work, other, artwork_id, wanted)
        with pytest.raises(NotFound):
            artwork_facts(work, other, artwork_id)


def test_a_picture_that_was_cleaned_for_another_size_is_handed_in_anew(world: World, artwork_id: UUID):
    with world.database.reading() as work, pytest.raises(SealApplicationMalformed):
        registered_artwork(work, world.actor(work, Role.CLERK), artwork_id, application(world, width_mm=38))


def test_that_a_picture_was_handed_in_stands_in_the_log(world: World, artwork_id: UUID):
    assert world.events()[-1] == "SealArtworkHandedIn"
