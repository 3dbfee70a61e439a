"""A seal object of another maker is filed when the maker is trusted, and stays marked as filed."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from printserver.foundation.errors import NotFound
from printserver.organisations.permissions import Role
from printserver.rendering.seal_artwork import draw_company_seal
from printserver.seals.errors import SealCustodianRefused
from printserver.seals.filing import FiledObject, Filing, SealFiledAlready, file_seal, read_filed
from printserver.seals.queries import seal_facts
from printserver.seals.states import SealAction, SealState
from printserver.signing.errors import SealMakerUnknown, SealObjectMalformed
from tests.unit.seals.officers import taken
from tests.world import World
from tests.world_building import publish_keys, world_settings


@pytest.fixture
def foreign_object(world: World, tmp_path: Path) -> bytes:
    """Made by a maker of its own, whom this installation pins."""
    maker = publish_keys(world_settings(tmp_path / "maker"), world.clock.now())
    folder = world.adapters.settings.seal_makers
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "maker.pem").write_bytes(maker.certificate.public_bytes(Encoding.PEM))
    return maker.seal_object("外单位公司", "0123456789ab", draw_company_seal("外单位公司", "440300"))


def read(world: World, der: bytes) -> FiledObject:
    adapters = world.adapters
    return read_filed(adapters.objects, der, adapters.load_seal_makers(), world.home.id, at=world.clock.now())


def filing(world: World, role: Role = Role.CUSTODIAN) -> Filing:
    return Filing(world.home.north.branch_id, "company", (world.person(role).id,), "kept for a partner")


def test_a_trusted_makers_seal_is_filed_and_put_into_use_by_two_officers(world: World, foreign_object: bytes):
    filed = read(world, foreign_object)
    with world.database.work() as work:
        seal_id = file_seal(work, world.actor(work, Role.SEAL_ADMINISTRATOR), filing(world), filed)
    with world.database.reading() as work:
        facts = seal_facts(work, seal_id)
    assert (facts.state, facts.origin, facts.name) == (SealState.MADE, "filed", "外单位公司")
    assert world.adapters.objects.get(facts.object_sha256, world.home.id) == foreign_object
    assert facts.artwork_sha256 is not None
    taken(world, seal_id, SealAction.ACTIVATE)
    with world.database.reading() as work:
        assert seal_facts(work, seal_id).state is SealState.ACTIVE
        assert seal_facts(work, seal_id).origin == "filed"


def test_a_seal_is_filed_once_by_those_who_keep_the_register_for_a_custodian(world: World, foreign_object: bytes):
    filed = read(world, foreign_object)
    for role, keeper, kind in (
        (Role.KEY_OFFICER, Role.CUSTODIAN, NotFound),
        (Role.SEAL_ADMINISTRATOR, Role.CLERK, SealCustodianRefused),
    ):
        before = world.row_counts()
        with pytest.raises(kind), world.database.work() as work:
            file_seal(work, world.actor(work, role), filing(world, keeper), filed)
        assert world.row_counts() == before
    with world.database.work() as work:
        file_seal(work, world.actor(work, Role.SEAL_ADMINISTRATOR), filing(world), filed)
    with pytest.raises(SealFiledAlready), world.database.work() as work:
        file_seal(work, world.actor(work, Role.SEAL_ADMINISTRATOR), filing(world), filed)


def test_a_strangers_seal_and_what_is_none_are_refused(world: World, foreign_object: bytes):
    (world.adapters.settings.seal_makers / "maker.pem").unlink()
    before = world.object_count()
    with pytest.raises(SealMakerUnknown):
        read(world, foreign_object)
    with pytest.raises(SealObjectMalformed):
        read(world, b"no seal")
    assert world.object_count() == before
