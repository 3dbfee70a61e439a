"""Decisions of a flow: each is recorded once a person, with signed evidence over the manifest's digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy import Uuid, literal, select
from sqlalchemy.exc import IntegrityError

from printserver.approvals.events import RequestDecided
from printserver.approvals.models import Approval
from printserver.approvals.rules import PersonCountsOnce, Taken
from printserver.audit.log import append
from printserver.audit.queries import has_fact
from printserver.foundation.errors import Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.signing.evidence import Decision, EvidenceClaims
from printserver.signing.passkey_evidence import is_passkey_evidence

PATIENCE: Final = timedelta(minutes=10)
"""How old a decision may be when its evidence comes from elsewhere."""
PASSKEY: Final = "passkey"


class PasskeyEvidenceNeeded(Refused):
    """The policy of the seal, or of the officers, takes a passkey's word alone."""

    code = "passkey-evidence-needed"


class EvidenceNotFitting(Refused):
    """The signed words are not those of this decision."""

    code = "evidence-not-fitting"


class Attestor(Protocol):
    """The web process's key, which lies outside the database."""

    def attest(self, claims: EvidenceClaims) -> str:
        """A compact JWS over `claims`, or passkey evidence."""


@dataclass(frozen=True)
class SignedElsewhere:
    """Evidence that a passkey or another system signed, proved by whoever hands it over.   kind: passkey or system."""

    text: str
    claims: EvidenceClaims
    kind: str


@dataclass(frozen=True)
class Subject:
    """What is decided on. `organisation`: the u32 of verification codes.   passkeys_only: the policy of its seals."""

    request_id: UUID
    organisation: int
    manifest_sha256: str
    passkeys_only: bool = False


@dataclass(frozen=True)
class Word:
    """What a person says.   to: who must agree as well, or decides instead.   acts_for: whose place is taken."""

    person_id: UUID
    step: str
    decision: Decision
    reason: str = ""
    acts_for: UUID | None = None
    to: UUID | None = None


@dataclass(frozen=True)
class DecisionView:
    """`kind`: attested, passkey or system."""

    person_id: UUID
    step: str
    decision: str
    reason: str
    decided_at: datetime
    acts_for: UUID | None
    to_id: UUID | None
    kind: str


def claims_of(subject: Subject, word: Word, decided_at: datetime) -> EvidenceClaims:
    """What is signed.   decided_at: cut to whole seconds."""
    return EvidenceClaims(
        manifest_sha256=subject.manifest_sha256,
        request_id=str(subject.request_id),
        person_id=str(word.person_id),
        step=word.step,
        decision=word.decision,
        decided_at=decided_at.replace(microsecond=0),
        organisation=subject.organisation,
        acts_for=str(word.acts_for or ""),
        to=str(word.to or ""),
    )


def record_decision(
    work: Work, actor: Actor, attestor: Attestor, subject: Subject, word: Word, signed: SignedElsewhere | None = None
) -> Taken:
    """signed: instead of the attestor's word.   Raises: PersonCountsOnce, EvidenceNotFitting, PasskeyEvidenceNeeded."""
    claims = claims_of(subject, word, work.now() if signed is None else signed.claims.decided_at)
    if signed is not None:
        require_fitting(work, claims, signed)
    evidence = attestor.attest(claims) if signed is None else signed.text
    kind = _kind_of(evidence, signed)
    if subject.passkeys_only and word.decision is not Decision.REFUSED and kind != PASSKEY:
        raise PasskeyEvidenceNeeded("this seal takes a passkey's word alone")
    approval = Approval(
        id=new_id(),
        request_id=subject.request_id,
        person_id=word.person_id,
        step=word.step,
        decision=word.decision,
        reason=word.reason,
        manifest_sha256=subject.manifest_sha256,
        evidence=evidence,
        decided_at=claims.decided_at,
        acts_for=word.acts_for,
        to_id=word.to,
        kind=kind,
    )
    try:
        with work.session.begin_nested():
            work.session.add(approval)
    except IntegrityError:
        raise PersonCountsOnce("you have decided on this request already") from None
    append(
        work,
        actor.by,
        RequestDecided(
            id=subject.request_id,
            step=word.step,
            decision=word.decision,
            reason=word.reason,
            manifest_sha256=subject.manifest_sha256,
            acts_for=word.acts_for,
            to=word.to,
            kind=approval.kind,
        ),
    )
    return Taken(word.person_id, word.step, word.decision, word.acts_for, word.to)


def decisions_taken(work: Work, request_id: UUID, manifest_sha256: str) -> tuple[Taken, ...]:
    """In the order in which they were taken; those on another manifest do not count."""
    rows = work.session.scalars(
        select(Approval)
        .where(Approval.request_id == request_id, Approval.manifest_sha256 == manifest_sha256)
        .order_by(Approval.id)
    )
    return tuple(Taken(row.person_id, row.step, Decision(row.decision), row.acts_for, row.to_id) for row in rows)


def was_refused(work: Work, request_id: UUID) -> bool:
    """By the log, which forgets nothing; a row of a decision can be taken away."""
    said = has_fact(literal(request_id, Uuid()), RequestDecided.__name__, "decision", {Decision.REFUSED.value})
    return bool(work.session.scalar(select(said)))


def decided_by(work: Work, person_id: UUID, request_ids: Sequence[UUID]) -> set[UUID]:
    """Those of `request_ids` in which the person has counted, or somebody in that person's place."""
    found = work.session.scalars(
        select(Approval.request_id).where(
            Approval.request_id.in_(request_ids),
            (Approval.person_id == person_id) | (Approval.acts_for == person_id),
        )
    )
    return set(found)


def evidence_of(work: Work, request_id: UUID, manifest_sha256: str) -> tuple[str, ...]:
    """The signed words about this manifest, for whoever checks them."""
    rows = (
        select(Approval.evidence)
        .where(Approval.request_id == request_id, Approval.manifest_sha256 == manifest_sha256)
        .order_by(Approval.id)
    )
    return tuple(work.session.scalars(rows))


def decisions(work: Work, request_id: UUID) -> tuple[DecisionView, ...]:
    rows = work.session.scalars(select(Approval).where(Approval.request_id == request_id).order_by(Approval.id))
    return tuple(
        DecisionView(
            row.person_id, row.step, row.decision, row.reason, row.decided_at, row.acts_for, row.to_id, row.kind
        )
        for row in rows
    )


def require_fitting(work: Work, claims: EvidenceClaims, signed: SignedElsewhere) -> None:
    """Raises: EvidenceNotFitting unless these very claims were signed just now."""
    age = work.now() - signed.claims.decided_at
    if signed.claims != claims:
        raise EvidenceNotFitting("the signed words are not those of this decision; please look at the request again")
    if not timedelta(minutes=-1) <= age <= PATIENCE:
        raise EvidenceNotFitting("the decision was signed too long ago, or not yet; please decide again")


def _kind_of(evidence: str, signed: SignedElsewhere | None) -> str:
    if is_passkey_evidence(evidence):
        return PASSKEY
    return "attested" if signed is None else signed.kind
