"""An authorisation is used once, in time, and as it was read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from printserver.approvals.authorisation import (
    AuthorisationFacts,
    AuthorisationSpent,
    authorisation_facts,
    authorisations_of,
    redeem,
    redeemed_copies,
)
from printserver.audit.log import By
from printserver.foundation.errors import NotFound
from tests.world import World

BY = By(process="signer")


def granted(world: World, copies: int = 1) -> tuple[AuthorisationFacts, ...]:
    request_id = world.authorised(copies=copies)
    with world.database.reading() as work:
        return authorisations_of(work, request_id)


def test_every_copy_has_one_authorisation_of_its_own(world: World):
    facts = granted(world, copies=3)
    copies = {copy.id: copy.rendition_sha256 for copy in world.copies(facts[0].request_id)}
    assert {one.copy_id: one.content_sha256 for one in facts} == copies
    assert all(one.redeemed_at is None for one in facts)


def test_it_is_redeemed_once(world: World):
    (facts,) = granted(world)
    with world.database.work() as work:
        redeem(work, BY, facts)
    before = world.row_counts()
    with pytest.raises(AuthorisationSpent), world.database.work() as work:
        redeem(work, BY, facts)
    assert world.row_counts() == before
    with world.database.reading() as work:
        assert authorisation_facts(work, facts.id).redeemed_at == world.clock.now()
        assert redeemed_copies(work, {facts.copy_id}) == (facts.copy_id,)


@pytest.mark.parametrize("change", [{"content_sha256": "0" * 64}, {"manifest_sha256": "0" * 64}, {"id": uuid4()}])
def test_it_is_not_redeemed_otherwise_than_it_was_read(world: World, change: dict[str, Any]):
    (facts,) = granted(world)
    before = world.row_counts()
    with pytest.raises(AuthorisationSpent), world.database.work() as work:
        redeem(work, BY, replace(facts, **change))
    assert world.row_counts() == before
    with world.database.reading() as work:
        assert authorisation_facts(work, facts.id) == facts


@pytest.mark.parametrize(("seconds", "in_time"), [(-1, True), (0, False), (1, False)])
def test_it_is_redeemed_only_before_it_expires(world: World, seconds: int, in_time: bool):
    (facts,) = granted(world)
    world.clock.moment = facts.expires_at + timedelta(seconds=seconds)
    if in_time:
        with world.database.work() as work:
            redeem(work, BY, facts)
        return
    with pytest.raises(AuthorisationSpent), world.database.work() as work:
        redeem(work, BY, facts)


def test_a_redemption_that_is_rolled_back_has_not_happened(world: World):
    (facts,) = granted(world)

    def twice() -> None:
        with world.database.work() as work:
            redeem(work, BY, facts)
            redeem(work, BY, facts)

    with pytest.raises(AuthorisationSpent):
        twice()
    with world.database.reading() as work:
        assert authorisation_facts(work, facts.id).redeemed_at is None


def test_an_unknown_authorisation_is_not_found(world: World):
    with pytest.raises(NotFound), world.database.reading() as work:
        authorisation_facts(work, uuid4())
