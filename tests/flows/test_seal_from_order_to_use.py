"""A seal's whole life with the real signer: applied for, ordered, made, used on a copy, revoked, its key destroyed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509

from printserver.approvals.registering import RegisterTools, register_statement
from printserver.approvals.statement_queries import statement_facts
from printserver.approvals.statements import confirm
from printserver.documents.intake import IntakeLimits
from printserver.organisations.permissions import Role
from printserver.print_requests import pipeline
from printserver.print_requests.copy_seals import seals_on
from printserver.rendering.seal_artwork_types import SealType
from printserver.seals.applications import SealApplication, apply_for_seal, draw_artwork
from printserver.seals.queries import SealFacts, seal_facts
from printserver.seals.service import SealNotUsable
from printserver.seals.states import SealAction, SealState
from printserver.seals.steps import NewStep, propose_step
from printserver.seals.workflows import SealTools, destroy_key, make_seal
from printserver.signer.keys import seal_label
from printserver.signer.seal_making import SealMaking
from printserver.signing.published_key import KeyUsage
from printserver.signing.seal_makers import Vouched
from printserver.signing.seal_signature import verify_seal_signature
from printserver.worker.effects import EFFECTS
from tests.signing_world import SigningWorld
from tests.world_building import contract

A = SealAction


@dataclass(frozen=True)
class SignerHere:
    """The signer, asked without a socket."""

    signed: SigningWorld

    def register(self, statement_id: UUID) -> Mapping[str, Any]:
        lines, head = self.signed.registering.take_up(statement_id)
        return {"lines": lines, "head": head}

    def make_seal(self, organisation: int, seal_id: UUID) -> str:
        return self._making.make(organisation, seal_id)

    def destroy_seal_key(self, organisation: int, seal_id: UUID) -> bool:
        return self._making.destroy_key(organisation, seal_id)

    @property
    def _making(self) -> SealMaking:
        signed = self.signed
        folder = signed.settings.made_seals
        keys, now, owner = signed.ceremony.keys, signed.database.clock.now, signed.world.home.id
        return SealMaking(signed.objects, keys, signed.register, folder, now, lambda _number: owner)


def applied(signed: SigningWorld) -> UUID:
    world, now = signed.world, signed.database.clock.now()
    wanted = SealApplication(
        branch_id=world.home.north.branch_id,
        type=SealType.CONTRACT,
        name="示例北方分公司",
        registration_number="1101080123456",
        valid_from=now,
        valid_until=now + timedelta(days=365),
        custodians=(world.person(Role.CUSTODIAN).id,),
        purpose="for contracts of the north",
    )
    artwork = draw_artwork(world.adapters.objects, wanted, world.home.id)
    with world.database.work() as work:
        return apply_for_seal(work, world.actor(work, Role.CLERK), wanted, artwork)


def step(signed: SigningWorld, seal_id: UUID, action: SealAction, **form: Any) -> None:
    """Two officers, the signer's register, and what follows from it."""
    world, attestor = signed.world, signed.world.adapters.attestor
    with world.database.work() as work:
        wanted = NewStep(action, reason="it is needed", form=form)
        statement_id = propose_step(work, world.actor(work, Role.SEAL_ADMINISTRATOR), attestor, seal_id, wanted)
    with world.database.work() as work:
        digest = statement_facts(work, statement_id).sha256
        confirm(work, world.actor(work, Role.KEY_OFFICER), attestor, statement_id, sha256=digest)
    register_statement(RegisterTools(signed.database, SignerHere(signed), EFFECTS), statement_id)


def facts(signed: SigningWorld, seal_id: UUID) -> SealFacts:
    with signed.database.reading() as work:
        return seal_facts(work, seal_id)


def jobs(signed: SigningWorld, workflow: str) -> list[tuple[Any, ...]]:
    return [job.arguments for job in signed.world.jobs.jobs if job.workflow == workflow]


def test_two_officers_have_a_seal_made_used_and_destroyed(sqlite_signing_world: SigningWorld):
    signed, world = sqlite_signing_world, sqlite_signing_world.world
    seal_id, tools = applied(signed), SealTools(signed.database, SignerHere(signed))
    make_seal(tools, seal_id)
    assert facts(signed, seal_id).state is SealState.APPLIED

    step(signed, seal_id, A.APPROVE)
    assert jobs(signed, "make-seal") == [(str(seal_id),)]
    make_seal(tools, seal_id)
    seal = facts(signed, seal_id)
    assert (seal.state, seal_label(seal.code_id) in signed.hsm.labels()) == (SealState.MADE, True)
    step(signed, seal_id, A.ACTIVATE)
    assert facts(signed, seal_id).state is SealState.ACTIVE

    (authorisation,) = signed.authorisations(world.authorised(seal_id=seal_id))
    signed.issuing.issue(authorisation.id)
    (copy,) = world.copies(authorisation.request_id)
    with signed.database.reading() as work:
        (used,) = seals_on(work, copy.id)
    read = verify_seal_signature(
        signed.objects.get(used.signature_sha256, signed.world.home.id),
        data_digest=bytes.fromhex(copy.rendition_sha256),
        makers=signed.ceremony.keys.key_list,
    )
    assert (read.seal.facts.seal_id, read.seal.vouched) == (seal.code_id, Vouched.INTERNAL)
    (ca,) = signed.ceremony.keys.key_list.of_usage(KeyUsage.SEAL_CA)
    x509.load_der_x509_certificate(read.holder_certificate).verify_directly_issued_by(ca.x509_certificate())

    step(signed, seal_id, A.REVOKE)
    destroy_key(tools, seal_id)
    assert seal_label(seal.code_id) in signed.hsm.labels()
    step(signed, seal_id, A.DESTROY, witness=str(world.person(Role.AUDITOR).id))
    assert jobs(signed, "destroy-seal-key") == [(str(seal_id),)]
    destroy_key(tools, seal_id)
    assert seal_label(seal.code_id) not in signed.hsm.labels()
    assert signed.events().count("SealKeyDestroyed") == 1
    with signed.database.reading() as work:
        clerk = world.actor(work, Role.CLERK)
    with signed.nothing_changes(), pytest.raises(SealNotUsable):
        pipeline.take_in(
            world.database,
            world.adapters.objects,
            clerk,
            world.application(seal_id=seal_id),
            contract(),
            makers=world.adapters.load_key_list(),
            limits=IntakeLimits(),
            most_copies=100,
        )
