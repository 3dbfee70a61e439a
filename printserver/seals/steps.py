"""Steps of a seal's life: proposed with a form, a reason and an attachment, then taken by two officers' statement."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import rfc8785
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from printserver.approvals.flows import Attestor
from printserver.approvals.statement_queries import StatementFacts, statement_facts
from printserver.approvals.statement_states import StatementState
from printserver.approvals.statements import propose
from printserver.audit.log import By, append
from printserver.foundation.clock import as_text
from printserver.foundation.errors import NotFound, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.permissions import Permission
from printserver.seals.custody import require_custodians
from printserver.seals.errors import SealNotFound, SealReasonMissing, SealStepOpen, SealWitnessMissing
from printserver.seals.events import SealStepDropped, SealStepProposed
from printserver.seals.models import Seal, SealCustodian, SealPermit, SealStep
from printserver.seals.queries import BRANCH, PERSON, SealFacts, readable_seal
from printserver.seals.states import (
    FORMS,
    MEANS,
    REASON_NEEDED,
    Means,
    SealAction,
    SealState,
    next_state,
)
from printserver.signing.statements import StatementKind

LONGEST_REASON: Final = 500
UM_PER_MM: Final = 1_000
OPEN, DONE, DROPPED = "open", "done", "dropped"


@dataclass(frozen=True)
class NewStep:
    """form: the fields that `states.FORMS` names for the action, as JSON; others are refused.

    attachment: digest and file name of an object that is stored already.
    """

    action: SealAction
    reason: str = ""
    form: Mapping[str, Any] = field(default_factory=dict)
    attachment: tuple[str, str] | None = None


@dataclass(frozen=True)
class Done:
    """A step that was taken without officers' statement."""

    action: SealAction
    before: SealState
    after: SealState
    reason: str
    person_id: UUID | None


@dataclass(frozen=True)
class OpenStep:
    action: str
    reason: str
    form: Mapping[str, Any]
    attachment_sha256: str | None


@dataclass(frozen=True)
class StepFacts:
    """`outcome`: open, done or dropped.   statement: of the officers, as it stands."""

    id: UUID
    action: SealAction
    before: SealState
    after: SealState
    outcome: str
    reason: str
    form: Mapping[str, Any]
    attachment_sha256: str | None
    attachment_name: str
    person_id: UUID | None
    statement: StatementFacts | None
    at: datetime
    done_at: datetime | None


def propose_step(work: Work, actor: Actor, attestor: Attestor, seal_id: UUID, step: NewStep) -> UUID:
    """Ask for what two officers decide; an officer's own word counts at once. Answers the statement's id.

    By those who keep the seals of the branch, or its officers.
    Raises: SealNotFound, TransitionRefused, SealStepOpen, SealReasonMissing, SealWitnessMissing,
    SealCustodianRefused, StatementMalformed.
    """
    seal = readable_seal(work, actor, seal_id)
    if not may_propose(work, actor, seal):
        raise SealNotFound("there is no such seal")
    after = next_state(seal.state, step.action)
    _check_form(work, seal, step)
    forget_refused(work, actor.by, seal_id)
    kind, body = _statement(work, seal, step, after)
    statement_id = propose(work, actor, attestor, kind, body, subject_id=seal_id, reason=step.reason)
    digest, name = step.attachment or (None, "")
    row = SealStep(
        id=new_id(),
        seal_id=seal_id,
        action=step.action,
        before=seal.state,
        after=after,
        outcome=OPEN,
        reason=step.reason[:LONGEST_REASON],
        form=dict(step.form),
        attachment_sha256=digest,
        attachment_name=name,
        person_id=actor.id,
        statement_id=statement_id,
        body_sha256=_digest(body),
        at=work.now(),
        done_at=None,
    )
    try:
        with work.session.begin_nested():
            work.session.add(row)
    except IntegrityError:
        raise SealStepOpen("another step of this seal waits for officers; it is settled first") from None
    append(
        work,
        actor.by,
        SealStepProposed(
            id=seal_id,
            action=step.action,
            reason=row.reason,
            statement_id=statement_id,
            form=row.form,
            attachment_sha256=digest,
        ),
    )
    return statement_id


def may_propose(work: Work, actor: Actor, seal: SealFacts) -> bool:
    path = branch_path(work, seal.branch_id)
    return actor.may(Permission.MANAGE_SEALS, path) or actor.may(Permission.CONFIRM_STATEMENTS, path)


def steps_of(work: Work, seal_id: UUID) -> tuple[StepFacts, ...]:
    """Oldest first, without regard to anybody's rights."""
    rows = work.session.scalars(select(SealStep).where(SealStep.seal_id == seal_id).order_by(SealStep.id))
    return tuple(_facts(work, row) for row in rows)


def step_attachment(work: Work, actor: Actor, seal_id: UUID, step_id: UUID) -> tuple[str, str]:
    """Digest and file name, for those who may read the seal.   Raises: SealNotFound, NotFound."""
    readable_seal(work, actor, seal_id)
    row = work.session.get(SealStep, step_id)
    if row is None or row.seal_id != seal_id or row.attachment_sha256 is None:
        raise NotFound("this step has no attachment")
    return row.attachment_sha256, row.attachment_name


def record(
    work: Work, seal_id: UUID, done: Done, *, form: Mapping[str, Any] | None = None, statement_id: UUID | None = None
) -> None:
    work.session.add(
        SealStep(
            id=new_id(),
            seal_id=seal_id,
            action=done.action,
            before=done.before,
            after=done.after,
            outcome=DONE,
            reason=done.reason[:LONGEST_REASON],
            form=dict(form or {}),
            attachment_sha256=None,
            attachment_name="",
            person_id=done.person_id,
            statement_id=statement_id,
            body_sha256=None,
            at=work.now(),
            done_at=work.now(),
        )
    )


def move_row(work: Work, seal_id: UUID, before: SealState, after: SealState, **values: Any) -> None:
    """Raises: TransitionRefused when somebody else was faster."""
    moved = work.session.scalar(
        update(Seal).where(Seal.id == seal_id, Seal.state == before).values(state=after, **values).returning(Seal.id)
    )
    if moved is None:
        raise TransitionRefused("the seal has just changed; please look at it again")


def close(work: Work, seal_id: UUID, body: Mapping[str, Any]) -> OpenStep | None:
    """The open step that waited for exactly this statement is done; None when there is none."""
    row = work.session.scalar(
        select(SealStep).where(
            SealStep.seal_id == seal_id, SealStep.outcome == OPEN, SealStep.body_sha256 == _digest(body)
        )
    )
    if row is None:
        return None
    row.outcome, row.done_at = DONE, work.now()
    work.session.flush()
    return OpenStep(row.action, row.reason, row.form, row.attachment_sha256)


def drop(work: Work, by: By, seal_id: UUID, reason: str) -> None:
    """What is open will not be done."""
    dropped = work.session.scalars(
        update(SealStep)
        .where(SealStep.seal_id == seal_id, SealStep.outcome == OPEN)
        .values(outcome=DROPPED, done_at=work.now())
        .returning(SealStep.action)
    ).all()
    for action in dropped:
        append(work, by, SealStepDropped(id=seal_id, action=action, reason=reason))


def forget_refused(work: Work, by: By, seal_id: UUID) -> None:
    """An open step whose statement was refused or taken back makes room for another one."""
    statement_id = work.session.scalar(
        select(SealStep.statement_id).where(SealStep.seal_id == seal_id, SealStep.outcome == OPEN)
    )
    if statement_id is not None:
        state = statement_facts(work, statement_id).state
        if state in (StatementState.REFUSED, StatementState.WITHDRAWN):
            drop(work, by, seal_id, f"its statement was {state}")


def set_custodians(work: Work, seal_id: UUID, person_ids: Sequence[UUID]) -> None:
    """Whoever is not named keeps the seal no longer; nobody named leaves them as they are."""
    if not person_ids:
        return
    rows = {
        row.person_id: row
        for row in work.session.scalars(select(SealCustodian).where(SealCustodian.seal_id == seal_id))
    }
    for person_id, row in rows.items():
        row.ended_at = None if person_id in person_ids else row.ended_at or work.now()
    for person_id in person_ids:
        if person_id not in rows:
            work.session.add(SealCustodian(seal_id=seal_id, person_id=person_id, ended_at=None))
    work.session.flush()


def set_permits(work: Work, seal_id: UUID, form: Mapping[str, Any]) -> None:
    """By the step's form; what it does not name stays as it is."""
    for name, kind in (("people", PERSON), ("branches", BRANCH)):
        if name in form:
            _set_permits(work, seal_id, kind, {UUID(each) for each in form[name]})
    work.session.flush()


def _set_permits(work: Work, seal_id: UUID, kind: str, wanted: set[UUID]) -> None:
    rows = work.session.scalars(select(SealPermit).where(SealPermit.seal_id == seal_id, SealPermit.kind == kind)).all()
    for row in rows:
        row.ended_at = None if row.target_id in wanted else row.ended_at or work.now()
    for target_id in sorted(wanted - {row.target_id for row in rows}):
        work.session.add(SealPermit(seal_id=seal_id, kind=kind, target_id=target_id, ended_at=None))


def _check_form(work: Work, seal: SealFacts, step: NewStep) -> None:
    if MEANS[step.action] not in (Means.ORDER, Means.STATEMENT) or set(step.form) - set(FORMS.get(step.action, ())):
        raise SealNotFound("this step has another form")
    if step.action in REASON_NEEDED and not step.reason.strip():
        raise SealReasonMissing("say why; it goes into the log")
    if step.action is SealAction.DESTROY and not str(step.form.get("witness", "")).strip():
        raise SealWitnessMissing("say who sees the seal being destroyed")
    if "custodians" in step.form:
        require_custodians(work, seal, _ids(step.form["custodians"]))


def _statement(work: Work, seal: SealFacts, step: NewStep, after: SealState) -> tuple[StatementKind, dict[str, Any]]:
    if step.action is SealAction.APPROVE:
        return StatementKind.SEAL_ORDER, order_body(work, seal)
    return StatementKind.SEAL, seal_body(work, seal, after, step.form)


def order_body(work: Work, seal: SealFacts) -> dict[str, Any]:
    """What is to be made."""
    return {
        "seal_id": str(seal.id),
        "code_id": seal.code_id,
        "name": seal.name,
        "type": seal.type,
        "artwork_sha256": seal.artwork_sha256,
        "width_mm": seal.width_um // UM_PER_MM,
        "height_mm": seal.height_um // UM_PER_MM,
        "valid_from": as_text(seal.valid_from),
        "valid_until": as_text(seal.valid_until),
        "path": branch_path(work, seal.branch_id),
        "registration_number": seal.registration_number,
        "data": {"artwork_source": seal.artwork_source, "purpose": seal.purpose[:200]},
    }


def seal_body(work: Work, seal: SealFacts, after: SealState, form: Mapping[str, Any]) -> dict[str, Any]:
    """The whole description of the seal once the step is taken."""
    custodians = _ids(form["custodians"]) if "custodians" in form else seal.custodians
    return {
        "seal_id": str(seal.id),
        "code_id": seal.code_id,
        "object_sha256": seal.object_sha256,
        "type": seal.type,
        "custodians": [str(each) for each in custodians],
        "owner": None if seal.owner_id is None else str(seal.owner_id),
        "state": after.value,
        "evidence": form.get("evidence", seal.evidence),
        "classes": list(form.get("classes", seal.classes)),
        "uses_limit": form.get("uses_limit", seal.uses_limit),
        "path": branch_path(work, seal.branch_id),
    }


def _ids(given: Iterable[Any]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(UUID(str(each)) for each in given))


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(rfc8785.dumps(dict(body))).hexdigest()


def _facts(work: Work, row: SealStep) -> StepFacts:
    return StepFacts(
        id=row.id,
        action=SealAction(row.action),
        before=SealState(row.before),
        after=SealState(row.after),
        outcome=row.outcome,
        reason=row.reason,
        form=row.form,
        attachment_sha256=row.attachment_sha256,
        attachment_name=row.attachment_name,
        person_id=row.person_id,
        statement=None if row.statement_id is None else statement_facts(work, row.statement_id),
        at=row.at,
        done_at=row.done_at,
    )
