"""Decisions of a flow: each is recorded once a person, with signed evidence over the manifest's digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from printserver.approvals.events import RequestDecided
from printserver.approvals.models import Approval
from printserver.approvals.rules import PersonCountsOnce, require_decider
from printserver.audit.log import append
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.signing.evidence import Decision, EvidenceClaims


class Attestor(Protocol):
    """The web process's key, which lies outside the database."""

    def attest(self, claims: EvidenceClaims) -> str:
        """A compact JWS over `claims`."""


@dataclass(frozen=True)
class Subject:
    """What is decided on. `organisation`: the u32 of verification codes."""

    request_id: UUID
    organisation: int
    applicant_id: UUID
    manifest_sha256: str


@dataclass(frozen=True)
class DecisionView:
    person_id: UUID
    step: str
    decision: str
    reason: str
    decided_at: datetime


def record_decision(
    work: Work, actor: Actor, attestor: Attestor, subject: Subject, *, step: str, decision: Decision, reason: str
) -> None:
    """Raises: ApplicantMayNotDecide, PersonCountsOnce."""
    require_decider(actor.id, applicant_id=subject.applicant_id, deciders=_deciders(work, subject.request_id))
    decided_at = work.now().replace(microsecond=0)
    claims = EvidenceClaims(
        manifest_sha256=subject.manifest_sha256,
        request_id=str(subject.request_id),
        person_id=str(actor.id),
        step=step,
        decision=decision,
        decided_at=decided_at,
        organisation=subject.organisation,
    )
    approval = Approval(
        id=new_id(),
        request_id=subject.request_id,
        person_id=actor.id,
        step=step,
        decision=decision,
        reason=reason,
        manifest_sha256=subject.manifest_sha256,
        evidence=attestor.attest(claims),
        decided_at=decided_at,
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
            step=step,
            decision=decision,
            reason=reason,
            manifest_sha256=subject.manifest_sha256,
        ),
    )


def evidence_of(work: Work, request_id: UUID) -> tuple[str, ...]:
    """The signed words themselves, for whoever checks them."""
    return tuple(
        work.session.scalars(select(Approval.evidence).where(Approval.request_id == request_id).order_by(Approval.id))
    )


def decisions(work: Work, request_id: UUID) -> tuple[DecisionView, ...]:
    rows = work.session.scalars(select(Approval).where(Approval.request_id == request_id).order_by(Approval.id))
    return tuple(DecisionView(row.person_id, row.step, row.decision, row.reason, row.decided_at) for row in rows)


def _deciders(work: Work, request_id: UUID) -> list[UUID]:
    return list(work.session.scalars(select(Approval.person_id).where(Approval.request_id == request_id)))
