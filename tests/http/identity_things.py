"""A proof of identity and a key medium of the north's clerk, for tests that must not reach or change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from printserver.organisations.identity_proof import Document
from printserver.organisations.identity_proof_intake import EvidenceFile, NewProof, seal_proof, submit_proof
from printserver.organisations.identity_proof_queries import evidence_of
from printserver.organisations.key_media import MediumAction, MediumKind
from printserver.organisations.key_media_steps import MediumStep, NewMedium, apply_for_medium, take_medium_step
from printserver.organisations.permissions import Role
from tests.key_wrapping import SoftwareKeyWrapper
from tests.world import World

CITIZEN: Final = "11010519491231002X"


@dataclass(frozen=True)
class IdentityThings:
    """`medium`: in use; one administrator has asked for its unlocking."""

    proof: UUID
    evidence: UUID
    medium: UUID


def identity_at(world: World) -> IdentityThings:
    file = EvidenceFile("card.jpg", b"%PDF-1.7 a card", 1)
    sealed = seal_proof(world.adapters.objects, SoftwareKeyWrapper(), world.home.id, CITIZEN, [file])
    with world.database.work() as work:
        clerk, administrator = world.actor(work, Role.CLERK), world.actor(work, Role.SYSTEM_ADMINISTRATOR)
        new = NewProof(Document.RESIDENT_ID, "李四", CITIZEN, None, person_id=clerk.id)
        proof = submit_proof(work, clerk, new, sealed, world.secrets)
        medium = apply_for_medium(work, clerk, NewMedium(clerk.id, MediumKind.USB_KEY, "tax office"))
        take_medium_step(work, administrator, medium, MediumStep(MediumAction.APPROVE))
        handed = MediumStep(MediumAction.HAND_OUT, maker="Feitian", serial_number="K-0")
        take_medium_step(work, administrator, medium, handed)
        take_medium_step(work, clerk, medium, MediumStep(MediumAction.RECEIVE))
        take_medium_step(work, clerk, medium, MediumStep(MediumAction.LOCK, "wrong PIN"))
        take_medium_step(work, administrator, medium, MediumStep(MediumAction.UNLOCK, "new PIN"))
    with world.database.reading() as work:
        (evidence,) = evidence_of(work, proof)
    return IdentityThings(proof, evidence.id, medium)
