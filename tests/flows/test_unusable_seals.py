"""A tampered, forged, foreign, expired, exchanged or suspended seal is used nowhere: not asked for, drawn or signed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from printserver.documents.intake import IntakeLimits
from printserver.foundation.errors import PrintServerError
from printserver.organisations.permissions import Role
from printserver.print_requests import pipeline
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.states import RequestState
from printserver.rendering.seal_artwork import draw_company_seal
from printserver.seals.models import Seal
from printserver.seals.queries import seal_facts
from printserver.seals.service import SealNotUsable
from printserver.seals.states import SealState
from printserver.signing.p256 import software_sign
from printserver.signing.published_key import KeyUsage
from printserver.signing.seal_object import SealFacts, SealPicture, make_seal_object
from tests.flows.refusing import by_sql, change, damaged, one_authorisation, refuses
from tests.signing_world import SigningWorld
from tests.world_building import contract

Spoil = Callable[[SigningWorld], None]
DAY = timedelta(days=1)


def code_id(signed: SigningWorld) -> str:
    with signed.database.reading() as work:
        return seal_facts(work, signed.world.home.north.seal_id).code_id


def put_in_place(signed: SigningWorld, der: bytes) -> None:
    """As somebody with the database's password and the object store would."""
    now = signed.database.clock.now()
    values = {"object_sha256": signed.objects.put(der, signed.world.home.id), "valid_until": now + 1000 * DAY}
    by_sql(signed, change(Seal, id=signed.world.home.north.seal_id, **values))


def made(signed: SigningWorld, *, number: str = "", days: int = 300, stranger: bool = False) -> bytes:
    now = signed.database.clock.now().replace(microsecond=0)
    facts = SealFacts(number or code_id(signed), "tests", 1, "合同专用章", now - DAY, now - DAY, now + DAY * days)
    if days <= 0:
        facts = SealFacts(facts.seal_id, "tests", 1, "合同专用章", now - 9 * DAY, now - 9 * DAY, now - DAY)
    keys = signed.ceremony.keys
    holder = keys.key_list.of_usage(KeyUsage.SEAL)[0].x509_certificate()
    maker, sign = strangers_maker(signed) if stranger else keys.seal_maker()
    picture = SealPicture(draw_company_seal("示例合同有限公司", "3100000000001"), 40, 40)
    return make_seal_object(facts, picture, [holder], maker, sign)


def strangers_maker(signed: SigningWorld):
    key, now = ec.generate_private_key(ec.SECP256R1()), signed.database.clock.now()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - 100 * DAY)
        .not_valid_after(now + 100 * DAY)
        .sign(key, hashes.SHA256())
    )
    return certificate, software_sign(key)


def tampered(signed: SigningWorld) -> None:
    with signed.database.reading() as work:
        damaged(signed.object_file(seal_facts(work, signed.world.home.north.seal_id).object_sha256))


def lost(signed: SigningWorld) -> None:
    with signed.database.reading() as work:
        signed.object_file(seal_facts(work, signed.world.home.north.seal_id).object_sha256).unlink()


def forged(signed: SigningWorld) -> None:
    put_in_place(signed, made(signed).replace("合同专用章".encode(), "财务专用章".encode()))


def foreign(signed: SigningWorld) -> None:
    put_in_place(signed, made(signed, stranger=True))


def expired(signed: SigningWorld) -> None:
    put_in_place(signed, made(signed, days=0))


def exchanged(signed: SigningWorld) -> None:
    put_in_place(signed, made(signed, number="fedcba987654"))


def picture_alone(signed: SigningWorld) -> None:
    put_in_place(signed, draw_company_seal("示例合同有限公司", "3100000000001"))


def in_state(state: SealState) -> Spoil:
    return lambda signed: by_sql(signed, change(Seal, id=signed.world.home.north.seal_id, state=state))


SPOILED = [tampered, lost, forged, foreign, expired, exchanged, picture_alone]
STATES = [pytest.param(in_state(state), id=state) for state in (SealState.MADE, SealState.SUSPENDED)]


@pytest.mark.parametrize("spoil", [*SPOILED, *STATES])
def test_it_is_not_asked_for(sqlite_signing_world: SigningWorld, spoil: Spoil):
    signed = sqlite_signing_world
    spoil(signed)
    world = signed.world
    with world.database.reading() as work:
        clerk = world.actor(work, Role.CLERK)
    with signed.nothing_changes(), pytest.raises(SealNotUsable):
        pipeline.take_in(
            world.database,
            world.adapters.objects,
            clerk,
            world.application(),
            contract(),
            makers=world.adapters.load_key_list(),
            limits=IntakeLimits(),
            most_copies=100,
        )


@pytest.mark.parametrize("spoil", [*SPOILED, *STATES])
def test_it_is_not_drawn_on_a_copy(sqlite_signing_world: SigningWorld, spoil: Spoil):
    signed = sqlite_signing_world
    request_id = signed.world.submitted()
    spoil(signed)
    objects = signed.stored()
    signed.world.prepare(request_id)
    with signed.database.reading() as work:
        request = work.session.get_one(PrintRequest, request_id)
    assert (request.state, signed.world.copies(request_id)) == (RequestState.FAILED, [])
    assert "seal" in request.failure
    assert signed.stored() == objects


@pytest.mark.parametrize("spoil", [*SPOILED, *STATES])
def test_it_signs_no_copy_that_was_approved_before(sqlite_signing_world: SigningWorld, spoil: Spoil):
    authorisation = one_authorisation(sqlite_signing_world)
    spoil(sqlite_signing_world)
    refuses(sqlite_signing_world, authorisation.id, PrintServerError)
