"""Several seals on one copy: each custodian's word, each seal's signature, the first seal's number in the codes."""

from __future__ import annotations

from uuid import UUID

from printserver.foundation.serials import CopySerial
from printserver.organisations.permissions import Role
from printserver.print_requests import flows
from printserver.print_requests.copy_seals import seals_on
from printserver.print_requests.request_seals import SealWanted
from printserver.print_requests.states import CopyState
from printserver.rendering.places import OnPage, Straddle
from printserver.seals.queries import seal_facts
from printserver.signing.seal_signature import verify_seal_signature
from tests.signing_world import SigningWorld
from tests.world_building import PAGES


def authorised(signed: SigningWorld) -> UUID:
    """Two seals, one of them across the pages' edge; both custodians have spoken."""
    world = signed.world
    wanted = SealWanted(world.home.head.seal_id, (OnPage(1, 120_000, 150_000), Straddle(at_um=240_000)))
    request_id = world.in_custody(further=(wanted,))
    for office in (world.home.north, world.home.head):
        digest = world.manifest_sha256(request_id)
        with world.database.work() as work:
            custodian = world.actor(work, Role.CUSTODIAN, office)
            flows.confirm_seal_use(work, custodian, world.adapters.attestor, request_id, manifest_sha256=digest)
    return request_id


def test_each_seal_signs_the_copy_once_and_its_signature_is_kept(sqlite_signing_world: SigningWorld):
    signed, world = sqlite_signing_world, sqlite_signing_world.world
    before = signed.hsm.signatures
    (authorisation,) = signed.authorisations(authorised(signed))
    signed.issuing.issue(authorisation.id)
    assert signed.hsm.signatures - before == 2 + PAGES + 1
    copy = world.copy_row(authorisation.copy_id)
    assert copy.state == CopyState.ISSUED
    with world.database.reading() as work:
        put_on = seals_on(work, copy.id)
        first = seal_facts(work, world.home.north.seal_id)
        approved = signed.issuing
    assert [seal.seal_id for seal in put_on] == [world.home.north.seal_id, world.home.head.seal_id]
    for seal in put_on:
        signature = signed.objects.get(seal.signature_sha256, signed.world.home.id)
        digest = bytes.fromhex(copy.rendition_sha256)
        verify_seal_signature(signature, data_digest=digest, makers=approved.keys.key_list)
    assert signed.journal.is_spent(CopySerial(copy.serial))
    assert first.code_id


def test_nothing_is_signed_while_one_custodian_has_not_spoken(sqlite_signing_world: SigningWorld):
    signed, world = sqlite_signing_world, sqlite_signing_world.world
    wanted = SealWanted(world.home.head.seal_id, (OnPage(1, 120_000, 150_000),))
    request_id = world.in_custody(further=(wanted,))
    before = signed.hsm.signatures
    digest = world.manifest_sha256(request_id)
    with world.database.work() as work:
        custodian = world.actor(work, Role.CUSTODIAN)
        flows.confirm_seal_use(work, custodian, world.adapters.attestor, request_id, manifest_sha256=digest)
    assert signed.authorisations(request_id) == ()
    assert {copy.state for copy in world.copies(request_id)} == {CopyState.RENDERED}
    assert signed.hsm.signatures == before
