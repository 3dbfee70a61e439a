"""What is sealed of a proof: shown to whom it concerns and its stewards, each time on record; erased by two persons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from printserver.audit.log import append
from printserver.foundation.errors import TransitionRefused
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, within
from printserver.organisations.identity_proof import ProofAction, ProofState, next_state
from printserver.organisations.identity_proof_errors import (
    IdentityErased,
    IdentityProofNotFound,
    IdentityRetained,
)
from printserver.organisations.identity_proof_events import (
    IdentityErasureAsked,
    IdentityErasureDropped,
    IdentityMoved,
    IdentityViewed,
)
from printserver.organisations.identity_proof_models import IdentityEvidence, IdentityProof, IdentityStep
from printserver.organisations.identity_proof_policy import policy_of
from printserver.organisations.identity_proof_queries import reachable
from printserver.organisations.identity_proof_steps import note_step
from printserver.organisations.models import Branch, User
from printserver.organisations.permissions import Permission
from printserver.organisations.stewards import AnotherPersonNeeded, is_one_of


@dataclass(frozen=True)
class ViewedNumber:
    organisation_id: UUID
    proof_id: UUID
    sealed_number: str
    wrapped_key: bytes


@dataclass(frozen=True)
class ViewedFile:
    organisation_id: UUID
    evidence_id: UUID
    object_sha256: str
    wrapped_key: bytes


def view_number(work: Work, actor: Actor, proof_id: UUID) -> ViewedNumber:
    """On record before anything is opened.   Raises: IdentityProofNotFound, IdentityErased."""
    proof = _proof(work, actor, proof_id)
    if proof.sealed_number is None or proof.wrapped_key is None:
        raise IdentityErased("this proof is erased")
    append(work, actor.by, IdentityViewed(id=proof.id, evidence_id=None))
    return ViewedNumber(proof.organisation_id, proof.id, proof.sealed_number, proof.wrapped_key)


def view_evidence(work: Work, actor: Actor, proof_id: UUID, evidence_id: UUID) -> ViewedFile:
    """On record before anything is opened.   Raises: IdentityProofNotFound, IdentityErased."""
    proof = _proof(work, actor, proof_id)
    row = work.session.get(IdentityEvidence, evidence_id)
    if row is None or row.proof_id != proof.id:
        raise IdentityProofNotFound("there is no such evidence")
    if row.wrapped_key is None:
        raise IdentityErased("this proof is erased")
    append(work, actor.by, IdentityViewed(id=proof.id, evidence_id=row.id))
    return ViewedFile(proof.organisation_id, row.id, row.object_sha256, row.wrapped_key)


def erasable_from(work: Work, proof_id: UUID) -> datetime | None:
    """When its retention ends; None before its end has come, and when nothing is left to erase."""
    proof = work.session.get_one(IdentityProof, proof_id)
    if proof.ended_at is None or ProofState(proof.state) is ProofState.ERASED:
        return None
    return proof.ended_at + timedelta(days=policy_of(work, proof.organisation_id).retention_days)


def may_erase(work: Work, actor: Actor, proof_id: UUID) -> bool:
    return (
        work.session.scalar(select(IdentityProof.id).where(IdentityProof.id == proof_id, _administered(actor)))
        is not None
    )


def ask_erasure(work: Work, actor: Actor, proof_id: UUID) -> None:
    """The first of two persons.   Raises: IdentityProofNotFound, TransitionRefused, IdentityRetained."""
    proof = _erasable(work, actor, proof_id)
    if proof.erasure_asked_by is not None:
        raise TransitionRefused("somebody has asked for this already")
    proof.erasure_asked_by, proof.erasure_asked_at = actor.person_id, work.now()
    append(work, actor.by, IdentityErasureAsked(id=proof.id))


def drop_erasure(work: Work, actor: Actor, proof_id: UUID) -> None:
    """It is not erased after all.   Raises: IdentityProofNotFound, TransitionRefused."""
    proof = _administered_proof(work, actor, proof_id)
    if proof.erasure_asked_by is None or ProofState(proof.state) is ProofState.ERASED:
        raise TransitionRefused("nobody has asked for this")
    proof.erasure_asked_by = proof.erasure_asked_at = None
    append(work, actor.by, IdentityErasureDropped(id=proof.id))


def erase(work: Work, actor: Actor, proof_id: UUID) -> None:
    """The second person's word. The keys are forgotten, names and remarks blanked; that it was, stays.

    Raises: IdentityProofNotFound, TransitionRefused, IdentityRetained, AnotherPersonNeeded.
    """
    proof = _erasable(work, actor, proof_id)
    before, after = ProofState(proof.state), next_state(ProofState(proof.state), ProofAction.ERASE)
    if proof.erasure_asked_by is None:
        raise TransitionRefused("nobody has asked for this")
    if is_one_of(work, actor, proof.erasure_asked_by, proof.person_id):
        raise AnotherPersonNeeded("another administrator says the second word")
    erased = work.session.execute(
        update(IdentityProof)
        .where(IdentityProof.id == proof.id, IdentityProof.state == before, IdentityProof.erasure_asked_by.is_not(None))
        .values(
            state=after,
            name="",
            legal_representative="",
            number_masked="",
            number_digest="",
            sealed_number=None,
            wrapped_key=None,
        )
        .returning(IdentityProof.id)
    ).one_or_none()
    if erased is None:
        raise TransitionRefused("the proof has just changed; please look at it again")
    work.session.execute(
        update(IdentityEvidence).where(IdentityEvidence.proof_id == proof.id).values(filename="", wrapped_key=None)
    )
    work.session.execute(update(IdentityStep).where(IdentityStep.proof_id == proof.id).values(remark=""))
    way = (ProofAction.ERASE, before, after)
    note_step(work, proof.id, way, person_id=actor.person_id)
    append(work, actor.by, IdentityMoved(id=proof.id, action=way[0], before=before, after=after, method=""))


def _proof(work: Work, actor: Actor, proof_id: UUID) -> IdentityProof:
    proof = work.session.scalar(select(IdentityProof).where(IdentityProof.id == proof_id, reachable(actor)))
    if proof is None:
        raise IdentityProofNotFound("there is no such proof of identity")
    return proof


def _administered(actor: Actor) -> ColumnElement[bool]:
    people = select(User.id).where(within(User.branch_id, actor, Permission.MANAGE_PEOPLE))
    branches = select(Branch.id).where(within(Branch.id, actor, Permission.MANAGE_PEOPLE))
    return IdentityProof.person_id.in_(people) | IdentityProof.branch_id.in_(branches)


def _administered_proof(work: Work, actor: Actor, proof_id: UUID) -> IdentityProof:
    proof = work.session.scalar(
        select(IdentityProof).where(IdentityProof.id == proof_id, _administered(actor)).with_for_update()
    )
    if proof is None:
        raise IdentityProofNotFound("there is no such proof of identity")
    return proof


def _erasable(work: Work, actor: Actor, proof_id: UUID) -> IdentityProof:
    proof = _administered_proof(work, actor, proof_id)
    next_state(ProofState(proof.state), ProofAction.ERASE)
    over = erasable_from(work, proof.id)
    if over is None or over > work.now():
        raise IdentityRetained("it is kept for a while after its end, as the organisation's policy says")
    return proof
