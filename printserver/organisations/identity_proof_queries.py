"""What is known of proofs of identity, by whoever they concern and the stewards of those."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.identity_proof import COUNTS, Document, Method, ProofAction, ProofState, counts
from printserver.organisations.identity_proof_errors import IdentityProofNotFound
from printserver.organisations.identity_proof_models import IdentityEvidence, IdentityProof, IdentityStep
from printserver.organisations.models import Branch, User
from printserver.organisations.stewards import own_accounts, stewarded_branches, stewarded_people

LONGEST_SEARCH: Final = 100


@dataclass(frozen=True)
class ProofFacts:
    """`subject`: the person's name here, or the branch's; `name`: as the document has it; empty once it is erased.

    `counts`: whether somebody is proved by it now.
    """

    id: UUID
    person_id: UUID | None
    branch_id: UUID | None
    subject: str
    document: Document
    name: str
    legal_representative: str
    number_masked: str
    valid_until: date | None
    state: ProofState
    counts: bool
    submitted_by: UUID
    submitted_at: datetime
    checked_by: UUID | None
    checked_at: datetime | None
    method: Method | None
    recheck_on: date | None
    ended_at: datetime | None
    erasure_asked_by: UUID | None


@dataclass(frozen=True)
class EvidenceFacts:
    """`readable`: until it is erased."""

    id: UUID
    position: int
    filename: str
    pages: int
    readable: bool


@dataclass(frozen=True)
class StepFacts:
    """`person_id`: None for what time alone did."""

    action: ProofAction
    before: ProofState
    after: ProofState
    method: Method | None
    remark: str
    person_id: UUID | None
    at: datetime


@dataclass(frozen=True)
class DueProof:
    """`path`: of the branch that it belongs to."""

    id: UUID
    organisation_id: UUID
    person_id: UUID | None
    path: str
    recheck_on: date


@dataclass(frozen=True)
class Standing:
    """Whether a person or company is proved.   proof_id, state: of the newest proof, if there is any."""

    proved: bool
    proof_id: UUID | None = None
    state: ProofState | None = None
    recheck_on: date | None = None
    valid_until: date | None = None


def reachable(actor: Actor) -> ColumnElement[bool]:
    """One's own, and those of the people and branches that one is a steward of."""
    return and_(
        IdentityProof.organisation_id == actor.organisation_id,
        or_(
            IdentityProof.person_id.in_(own_accounts(actor)),
            IdentityProof.person_id.in_(stewarded_people(actor)),
            IdentityProof.branch_id.in_(stewarded_branches(actor)),
        ),
    )


def list_proofs(
    work: Work,
    actor: Actor,
    *,
    text: str = "",
    state: ProofState | None = None,
    before: UUID | None = None,
    limit: int = 200,
) -> tuple[ProofFacts, ...]:
    """The newest first.   text: part of the person's or branch's name, or of the name on the document."""
    query = _proofs().where(reachable(actor))
    if text.strip():
        part = text.strip()[:LONGEST_SEARCH]
        found_in = (IdentityProof.name, User.name, Branch.name)
        query = query.where(or_(*(column.icontains(part, autoescape=True) for column in found_in)))
    if state is not None:
        query = query.where(IdentityProof.state == state)
    if before is not None:
        query = query.where(IdentityProof.id < before)
    return _read(work, query.order_by(IdentityProof.id.desc()).limit(limit))


def proof_facts(work: Work, actor: Actor, proof_id: UUID) -> ProofFacts:
    """Raises: IdentityProofNotFound."""
    found = _read(work, _proofs().where(reachable(actor), IdentityProof.id == proof_id))
    if not found:
        raise IdentityProofNotFound("there is no such proof of identity")
    return found[0]


def evidence_of(work: Work, proof_id: UUID) -> tuple[EvidenceFacts, ...]:
    """Without regard to anybody's rights."""
    rows = work.session.scalars(
        select(IdentityEvidence).where(IdentityEvidence.proof_id == proof_id).order_by(IdentityEvidence.position)
    )
    return tuple(
        EvidenceFacts(row.id, row.position, row.filename, row.pages, row.wrapped_key is not None) for row in rows
    )


def proof_steps(work: Work, proof_id: UUID) -> tuple[StepFacts, ...]:
    """Oldest first, without regard to anybody's rights."""
    rows = work.session.scalars(select(IdentityStep).where(IdentityStep.proof_id == proof_id).order_by(IdentityStep.id))
    return tuple(
        StepFacts(
            ProofAction(row.action),
            ProofState(row.before),
            ProofState(row.after),
            Method(row.method) if row.method else None,
            row.remark,
            row.person_id,
            row.at,
        )
        for row in rows
    )


def proofs_due(work: Work, *, within_days: int) -> tuple[DueProof, ...]:
    """Proofs that count and are to be checked again within so many days, or were already."""
    place = func.coalesce(User.branch_id, IdentityProof.branch_id)
    columns = (IdentityProof.id, IdentityProof.organisation_id, IdentityProof.person_id)
    rows = work.session.execute(
        select(*columns, Branch.path, IdentityProof.recheck_on)
        .outerjoin(User, User.id == IdentityProof.person_id)
        .join(Branch, Branch.id == place)
        .where(
            IdentityProof.state.in_(COUNTS),
            IdentityProof.recheck_on <= work.now().date() + timedelta(days=within_days),
        )
        .order_by(IdentityProof.id)
    )
    return tuple(
        DueProof(proof_id, organisation_id, person_id, path, recheck_on)
        for proof_id, organisation_id, person_id, path, recheck_on in rows
        if recheck_on is not None
    )


def people_proved(work: Work, person_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of them whose identity is proved now."""
    return frozenset(person_id for person_id, standing in standings(work, person_ids).items() if standing.proved)


def companies_proved(work: Work, branch_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of them that are a company whose licence is proved now."""
    rows = work.session.execute(
        select(IdentityProof.branch_id, IdentityProof.valid_until).where(
            IdentityProof.branch_id.in_(branch_ids), IdentityProof.state.in_(COUNTS)
        )
    ).all()
    today = work.now().date()
    return frozenset(each for each, until in rows if each is not None and (until is None or today <= until))


def standings(work: Work, person_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """Of each person, also of those who never handed anything in."""
    found = _standings(work, IdentityProof.person_id.in_(person_ids))
    return {person_id: found.get(person_id, Standing(proved=False)) for person_id in person_ids}


def company_standing(work: Work, branch_id: UUID) -> Standing:
    """Of the company that the branch belongs to: its own, or that of the nearest branch above."""
    upwards = [UUID(part) for part in reversed(branch_path(work, branch_id).strip("/").split("/"))]
    found = _standings(work, IdentityProof.branch_id.in_(upwards))
    known = [found[each] for each in upwards if each in found]
    return next((each for each in known if each.proved), known[0] if known else Standing(proved=False))


def _standings(work: Work, of_these: ColumnElement[bool]) -> dict[UUID, Standing]:
    """By person or branch: of the proof that counts, else of the newest."""
    today, best = work.now().date(), dict[UUID, Standing]()
    subject = func.coalesce(IdentityProof.person_id, IdentityProof.branch_id)
    columns = (IdentityProof.id, IdentityProof.state, IdentityProof.recheck_on, IdentityProof.valid_until)
    for whose, proof_id, state, recheck_on, valid_until in work.session.execute(
        select(subject, *columns).where(of_these).order_by(IdentityProof.id)
    ):
        proved = counts(ProofState(state), valid_until, today)
        if proved or not (whose in best and best[whose].proved):
            best[whose] = Standing(proved, proof_id, ProofState(state), recheck_on, valid_until)
    return best


def _proofs() -> Select[IdentityProof, str]:
    subject: ColumnElement[str] = func.coalesce(User.name, Branch.name)
    return (
        select(IdentityProof, subject)
        .outerjoin(User, User.id == IdentityProof.person_id)
        .outerjoin(Branch, Branch.id == IdentityProof.branch_id)
    )


def _read(work: Work, query: Select[IdentityProof, str]) -> tuple[ProofFacts, ...]:
    today = work.now().date()
    return tuple(_facts(row, subject, today) for row, subject in work.session.execute(query))


def _facts(row: IdentityProof, subject: str, today: date) -> ProofFacts:
    same: dict[str, Any] = {
        name: getattr(row, name)
        for name in (
            *("id", "person_id", "branch_id", "name", "legal_representative", "number_masked", "valid_until"),
            *("submitted_by", "submitted_at", "checked_by", "checked_at", "recheck_on", "ended_at"),
            "erasure_asked_by",
        )
    }
    state = ProofState(row.state)
    return ProofFacts(
        subject=subject,
        document=Document(row.document),
        state=state,
        counts=counts(state, row.valid_until, today),
        method=Method(row.method) if row.method else None,
        **same,
    )
