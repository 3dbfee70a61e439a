"""What others may know of seals, and whether one may be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path, within, within_or_above
from printserver.organisations.frozen_places import is_frozen
from printserver.organisations.permissions import Permission
from printserver.seals.errors import SealNotFound, SealNotUsable, SealUsedUp
from printserver.seals.models import Seal, SealCustodian, SealPermit
from printserver.seals.states import SealState

PERSON: Final = "person"
BRANCH: Final = "branch"


@dataclass(frozen=True)
class SealFacts:
    """Sizes in micrometres; `code_id`: 12 hexadecimal digits.   custodians: persons, at least one, the first one first.

    owner_id: of a personal seal.   classes: of documents, empty for all.   uses: copies authorised so far.
    origin: `internal` or `filed`.   object_sha256: empty before the seal is made.
    """

    id: UUID
    organisation_id: UUID
    branch_id: UUID
    custodian_id: UUID
    code_id: str
    name: str
    type: str
    state: SealState
    width_um: int
    height_um: int
    object_sha256: str
    valid_from: datetime
    valid_until: datetime
    created_at: datetime
    registration_number: str
    origin: str
    artwork_source: str
    artwork_sha256: str | None
    purpose: str
    applicant_id: UUID | None
    owner_id: UUID | None
    replaces_id: UUID | None
    custodians: tuple[UUID, ...]
    classes: tuple[str, ...]
    evidence: str
    uses: int
    uses_limit: int | None

    @property
    def uses_left(self) -> int | None:
        return None if self.uses_limit is None else max(0, self.uses_limit - self.uses)


@dataclass(frozen=True)
class Permits:
    """Who may ask for a seal; none at all means everybody whom it serves."""

    people: tuple[UUID, ...]
    branches: tuple[UUID, ...]


@dataclass(frozen=True)
class SealOnPaper:
    """What a paper shows of its seal. Sizes in micrometres; `code_id`: 12 hexadecimal digits."""

    name: str
    origin: str
    state: SealState
    code_id: str
    width_um: int
    height_um: int


def seal_on_paper(work: Work, seal_id: UUID) -> SealOnPaper:
    """For verification: without regard to anybody's rights, and without its people.   Raises: SealNotFound."""
    seal = work.session.get(Seal, seal_id)
    if seal is None:
        raise SealNotFound("there is no such seal")
    return SealOnPaper(seal.name, seal.origin, SealState(seal.state), seal.code_id, seal.width_um, seal.height_um)


def seal_facts(work: Work, seal_id: UUID) -> SealFacts:
    """Without regard to anybody's rights.   Raises: SealNotFound."""
    seal = work.session.get(Seal, seal_id)
    if seal is None:
        raise SealNotFound("there is no such seal")
    return facts_of(work, [seal])[0]


def seal_of_code(work: Work, code_id: str) -> SealFacts | None:
    """Without regard to anybody's rights.   code_id: 12 hexadecimal digits."""
    rows = work.session.scalars(select(Seal).where(Seal.code_id == code_id)).all()
    return facts_of(work, rows)[0] if rows else None


def seal_names(work: Work, seal_ids: set[UUID]) -> dict[UUID, str]:
    """Of those of `seal_ids` that exist."""
    rows = work.session.execute(select(Seal.id, Seal.name).where(Seal.id.in_(seal_ids))).all()
    return dict(rows)


def seals_of(work: Work, organisation_id: UUID) -> tuple[SealFacts, ...]:
    """Without regard to anybody's rights."""
    rows = work.session.scalars(select(Seal).where(Seal.organisation_id == organisation_id).order_by(Seal.id)).all()
    return facts_of(work, rows)


def seals(work: Work, actor: Actor) -> tuple[SealFacts, ...]:
    """Those that `actor` may ask for or read."""
    rows = work.session.scalars(select(Seal).where(readable(actor)).order_by(Seal.name, Seal.id)).all()
    return facts_of(work, rows)


def readable_seal(work: Work, actor: Actor, seal_id: UUID) -> SealFacts:
    """Raises: SealNotFound, also for one out of the actor's reach."""
    seal = work.session.scalar(select(Seal).where(Seal.id == seal_id, readable(actor)))
    if seal is None:
        raise SealNotFound("there is no such seal")
    return facts_of(work, [seal])[0]


def askable_seals(work: Work, actor: Actor, *, document_class: str = "") -> tuple[SealFacts, ...]:
    """Those that `actor` may ask for now."""
    rows = work.session.scalars(
        select(Seal).where(_askable(actor), Seal.state == SealState.ACTIVE).order_by(Seal.name, Seal.id)
    ).all()
    return tuple(
        facts for facts in facts_of(work, rows) if not _obstacle(work, actor, facts, document_class=document_class)
    )


def usable_seal(work: Work, actor: Actor, seal_id: UUID, *, copies: int = 0, document_class: str = "") -> SealFacts:
    """A seal that `actor` may ask for and that can be used now.

    copies: how many are asked for; none of them is counted yet.   document_class: empty when there is none.
    Raises: SealNotFound, SealNotUsable, SealUsedUp.
    """
    seal = work.session.scalar(select(Seal).where(Seal.id == seal_id, _askable(actor)))
    if seal is None:
        raise SealNotFound("there is no such seal")
    facts = facts_of(work, [seal])[0]
    require_usable(work, facts, copies=copies)
    problem = _obstacle(work, actor, facts, document_class=document_class)
    if problem is not None:
        raise problem
    return facts


def require_usable(work: Work, seal: SealFacts, *, copies: int = 0) -> None:
    """copies: how many more are about to be sealed.   Raises: SealNotUsable, SealUsedUp."""
    if seal.state is not SealState.ACTIVE:
        raise SealNotUsable(f"the seal {seal.name} is {seal.state}")
    if is_frozen(work, seal.organisation_id, (seal.branch_id,)):
        raise SealNotUsable(f"the branch of the seal {seal.name} is frozen")
    if not seal.valid_from <= work.now() <= seal.valid_until:
        raise SealNotUsable(f"the seal {seal.name} is not valid at present")
    if seal.uses_left is not None and copies > seal.uses_left:
        raise SealUsedUp(f"the seal {seal.name} may be used {seal.uses_left} times more")


def is_custodian(work: Work, seal_id: UUID, person_id: UUID) -> bool:
    """Of a personal seal its owner alone; whether somebody deputises for her is the caller's question."""
    return person_id in seal_facts(work, seal_id).custodians


def seals_in_custody(work: Work, actor: Actor) -> tuple[UUID, ...]:
    """Those that the person behind `actor` keeps herself."""
    return seals_kept_by(work, (actor.person_id,))


def seals_kept_by(work: Work, person_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """A personal seal only for its owner."""
    further = select(SealCustodian.seal_id).where(
        SealCustodian.person_id.in_(person_ids), SealCustodian.ended_at.is_(None)
    )
    kept = or_(Seal.custodian_id.in_(person_ids), Seal.id.in_(further))
    of_others = Seal.owner_id.is_not(None) & Seal.owner_id.not_in(person_ids)
    return tuple(work.session.scalars(select(Seal.id).where(kept, ~of_others).order_by(Seal.id)))


def permits_of(work: Work, seal_id: UUID) -> Permits:
    rows = work.session.scalars(
        select(SealPermit)
        .where(SealPermit.seal_id == seal_id, SealPermit.ended_at.is_(None))
        .order_by(SealPermit.target_id)
    ).all()
    return Permits(
        tuple(row.target_id for row in rows if row.kind == PERSON),
        tuple(row.target_id for row in rows if row.kind == BRANCH),
    )


def readable(actor: Actor) -> ColumnElement[bool]:
    """Seals that serve the branches; what is only applied for, who keeps the register and the applicant."""
    reach = within_or_above(Seal.branch_id, actor, Permission.READ_SEALS)
    open_to_all = Seal.state.not_in((SealState.APPLIED, SealState.REFUSED, SealState.WITHDRAWN, SealState.APPROVED))
    keeps = or_(
        within(Seal.branch_id, actor, Permission.MANAGE_SEALS),
        within(Seal.branch_id, actor, Permission.CONFIRM_STATEMENTS),
        within(Seal.branch_id, actor, Permission.READ_AUDIT),
    )
    return or_(reach & or_(open_to_all, keeps), Seal.applicant_id == actor.person_id)


def facts_of(work: Work, rows: Sequence[Seal]) -> tuple[SealFacts, ...]:
    further: dict[UUID, list[UUID]] = {row.id: [] for row in rows}
    found = work.session.execute(
        select(SealCustodian.seal_id, SealCustodian.person_id)
        .where(SealCustodian.seal_id.in_(further), SealCustodian.ended_at.is_(None))
        .order_by(SealCustodian.person_id)
    )
    for seal_id, person_id in found:
        further[seal_id].append(person_id)
    return tuple(_facts(row, further[row.id]) for row in rows)


def _askable(actor: Actor) -> ColumnElement[bool]:
    return within_or_above(Seal.branch_id, actor, Permission.CREATE_REQUEST)


def _obstacle(work: Work, actor: Actor, seal: SealFacts, *, document_class: str) -> SealNotUsable | None:
    """Why this person may not ask for the seal, or not for this class of documents."""
    if document_class and seal.classes and document_class not in seal.classes:
        return SealNotUsable(f"the seal {seal.name} is not for documents of this class")
    permits = permits_of(work, seal.id)
    if not permits.people and not permits.branches:
        return None
    if actor.person_id in permits.people:
        return None
    above = {UUID(part) for part in branch_path(work, actor.branch_id).strip("/").split("/")}
    if above & set(permits.branches):
        return None
    return SealNotUsable(f"the seal {seal.name} may be asked for by certain people and branches alone")


def _facts(seal: Seal, further: Sequence[UUID]) -> SealFacts:
    custodians = dict.fromkeys((seal.custodian_id, *further))
    if seal.owner_id is not None:
        custodians = dict.fromkeys((seal.owner_id,))
    return SealFacts(
        id=seal.id,
        organisation_id=seal.organisation_id,
        branch_id=seal.branch_id,
        custodian_id=seal.custodian_id,
        code_id=seal.code_id,
        name=seal.name,
        type=seal.type,
        state=SealState(seal.state),
        width_um=seal.width_um,
        height_um=seal.height_um,
        object_sha256=seal.object_sha256,
        valid_from=seal.valid_from,
        valid_until=seal.valid_until,
        created_at=seal.created_at,
        registration_number=seal.registration_number,
        origin=seal.origin,
        artwork_source=seal.artwork_source,
        artwork_sha256=seal.artwork_sha256,
        purpose=seal.purpose,
        applicant_id=seal.applicant_id,
        owner_id=seal.owner_id,
        replaces_id=seal.replaces_id,
        custodians=tuple(custodians),
        classes=tuple(seal.classes),
        evidence=seal.evidence,
        uses=seal.uses,
        uses_limit=seal.uses_limit,
    )
