"""Seals of rubber and metal in the register: who keeps each, where it lies, what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update

from printserver.audit.log import append
from printserver.foundation.errors import NotFound, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path, within, within_or_above
from printserver.organisations.permissions import Permission
from printserver.seals.custody import require_person
from printserver.seals.errors import (
    SealApplicationMalformed,
    SealNotFound,
    SealReasonMissing,
    SealWitnessMissing,
)
from printserver.seals.events import PhysicalSealMoved, PhysicalSealRecorded
from printserver.seals.models import PhysicalSeal, PhysicalSealStep
from printserver.seals.states import PhysicalAction, PhysicalState, next_physical_state

LONGEST_TEXT: Final = 200
WITNESSED: Final = frozenset({PhysicalAction.HAND_OVER, PhysicalAction.DESTROY})


@dataclass(frozen=True)
class NewPhysicalSeal:
    """keeper_id: a person of the organisation.   place: where it lies, for people."""

    branch_id: UUID
    name: str
    type: str
    keeper_id: UUID
    place: str
    registration_number: str = ""


@dataclass(frozen=True)
class PhysicalStep:
    """witness_id: needed for handing over and destroying, and another person.   keeper_id, place: None as before."""

    action: PhysicalAction
    reason: str
    keeper_id: UUID | None = None
    place: str | None = None
    witness_id: UUID | None = None


@dataclass(frozen=True)
class PhysicalSealFacts:
    id: UUID
    organisation_id: UUID
    branch_id: UUID
    keeper_id: UUID
    name: str
    type: str
    registration_number: str
    place: str
    state: PhysicalState
    created_at: datetime


@dataclass(frozen=True)
class PhysicalStepFacts:
    action: PhysicalAction
    before: PhysicalState
    after: PhysicalState
    reason: str
    keeper_id: UUID
    place: str
    witness_id: UUID | None
    person_id: UUID
    at: datetime


def record_physical_seal(work: Work, actor: Actor, new: NewPhysicalSeal) -> UUID:
    """Raises: NotFound for a branch out of reach, SealApplicationMalformed, SealCustodianRefused."""
    if not actor.may(Permission.MANAGE_SEALS, branch_path(work, new.branch_id)):
        raise NotFound("there is no such branch")
    texts = (new.name, new.type, new.place)
    if not all(0 < len(text.strip()) <= LONGEST_TEXT for text in texts) or len(new.registration_number) > LONGEST_TEXT:
        raise SealApplicationMalformed("a physical seal has a name, a type and a place")
    require_person(work, actor.organisation_id, new.keeper_id)
    row = PhysicalSeal(
        id=new_id(),
        organisation_id=actor.organisation_id,
        branch_id=new.branch_id,
        keeper_id=new.keeper_id,
        name=new.name.strip(),
        type=new.type.strip(),
        registration_number=new.registration_number.strip(),
        place=new.place.strip(),
        state=PhysicalState.IN_USE,
        created_at=work.now(),
    )
    work.session.add(row)
    work.session.flush()
    append(
        work,
        actor.by,
        PhysicalSealRecorded(id=row.id, name=row.name, type=row.type, keeper_id=row.keeper_id, place=row.place),
    )
    return row.id


def take_physical_step(work: Work, actor: Actor, seal_id: UUID, step: PhysicalStep) -> None:
    """Raises: SealNotFound, TransitionRefused, SealReasonMissing, SealWitnessMissing, SealCustodianRefused."""
    row = _managed(work, actor, seal_id)
    before = PhysicalState(row.state)
    after = next_physical_state(before, step.action)
    if not step.reason.strip():
        raise SealReasonMissing("say why; it goes into the log")
    keeper_id = step.keeper_id or row.keeper_id
    _check_people(work, actor, row, step, keeper_id)
    place = (step.place or "").strip()[:LONGEST_TEXT] or row.place
    moved = work.session.scalar(
        update(PhysicalSeal)
        .where(PhysicalSeal.id == row.id, PhysicalSeal.state == before)
        .values(state=after, keeper_id=keeper_id, place=place)
        .returning(PhysicalSeal.id)
    )
    if moved is None:
        raise TransitionRefused("the seal has just changed; please look at it again")
    work.session.add(
        PhysicalSealStep(
            id=new_id(),
            seal_id=row.id,
            action=step.action,
            before=before,
            after=after,
            reason=step.reason.strip()[:500],
            keeper_id=keeper_id,
            place=place,
            witness_id=step.witness_id,
            person_id=actor.id,
            at=work.now(),
        )
    )
    append(
        work,
        actor.by,
        PhysicalSealMoved(
            id=row.id,
            action=step.action,
            before=before,
            after=after,
            reason=step.reason,
            keeper_id=keeper_id,
            place=place,
            witness_id=step.witness_id,
        ),
    )


def physical_seals(work: Work, actor: Actor) -> tuple[PhysicalSealFacts, ...]:
    rows = work.session.scalars(
        select(PhysicalSeal).where(_readable(actor)).order_by(PhysicalSeal.name, PhysicalSeal.id)
    )
    return tuple(_facts(row) for row in rows)


def physical_seal(work: Work, actor: Actor, seal_id: UUID) -> PhysicalSealFacts:
    """Raises: SealNotFound."""
    row = work.session.scalar(select(PhysicalSeal).where(PhysicalSeal.id == seal_id, _readable(actor)))
    if row is None:
        raise SealNotFound("there is no such seal")
    return _facts(row)


def physical_steps(work: Work, seal_id: UUID) -> Sequence[PhysicalStepFacts]:
    """Oldest first, without regard to anybody's rights."""
    rows = work.session.scalars(
        select(PhysicalSealStep).where(PhysicalSealStep.seal_id == seal_id).order_by(PhysicalSealStep.id)
    )
    return [
        PhysicalStepFacts(
            action=PhysicalAction(row.action),
            before=PhysicalState(row.before),
            after=PhysicalState(row.after),
            reason=row.reason,
            keeper_id=row.keeper_id,
            place=row.place,
            witness_id=row.witness_id,
            person_id=row.person_id,
            at=row.at,
        )
        for row in rows
    ]


def _check_people(work: Work, actor: Actor, row: PhysicalSeal, step: PhysicalStep, keeper_id: UUID) -> None:
    """A witness is neither who records the step nor who kept the seal before."""
    if step.action in WITNESSED:
        if step.witness_id is None or step.witness_id in (actor.person_id, row.keeper_id):
            raise SealWitnessMissing("name a second person who saw it, neither its keeper nor yourself")
        require_person(work, row.organisation_id, step.witness_id)
    require_person(work, row.organisation_id, keeper_id)


def _managed(work: Work, actor: Actor, seal_id: UUID) -> PhysicalSeal:
    managed = within(PhysicalSeal.branch_id, actor, Permission.MANAGE_SEALS)
    row = work.session.scalar(select(PhysicalSeal).where(PhysicalSeal.id == seal_id, managed))
    if row is None:
        raise SealNotFound("there is no such seal")
    return row


def _readable(actor: Actor) -> ColumnElement[bool]:
    reach = within_or_above(PhysicalSeal.branch_id, actor, Permission.READ_SEALS)
    return or_(reach, PhysicalSeal.keeper_id == actor.person_id)


def _facts(row: PhysicalSeal) -> PhysicalSealFacts:
    return PhysicalSealFacts(
        id=row.id,
        organisation_id=row.organisation_id,
        branch_id=row.branch_id,
        keeper_id=row.keeper_id,
        name=row.name,
        type=row.type,
        registration_number=row.registration_number,
        place=row.place,
        state=PhysicalState(row.state),
        created_at=row.created_at,
    )
