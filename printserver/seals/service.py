"""Register a seal, stop its use, count it; and what the signer's register has taken up becomes the seal's row.

Officers' statements make every other step (`seals.steps`). The functions that begin with `apply` and `record_made` are
called by the worker once the signer has spoken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, update

from printserver.approvals.flows import Attestor
from printserver.approvals.statements import propose
from printserver.audit.log import By, append
from printserver.foundation.errors import TransitionRefused
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, branch_path
from printserver.organisations.permissions import Permission
from printserver.seals import steps
from printserver.seals.errors import SealNotFound, SealNotUsable, SealReasonMissing, SealUsedUp
from printserver.seals.events import (
    SealRegistered,
    SealStatementIgnored,
    SealStepTaken,
    SealSuspended,
    SealUsesCounted,
)
from printserver.seals.jobs import destroy_key_job, make_seal_job
from printserver.seals.models import Seal
from printserver.seals.queries import is_custodian, readable_seal
from printserver.seals.states import SealAction, SealState, action_between, next_state
from printserver.signing.statements import StatementKind

__all__ = [
    "NewSeal", "SealNotUsable", "apply_seal", "apply_seal_order", "apply_seal_stop", "count_uses", "record_made",
    "register_seal", "suspend_seal",
]  # fmt: skip


@dataclass(frozen=True)
class NewSeal:
    """A seal whose signed object the seal maker has made already. Sizes in micrometres."""

    id: UUID
    organisation_id: UUID
    branch_id: UUID
    custodian_id: UUID
    code_id: str
    name: str
    type: str
    width_um: int
    height_um: int
    object_sha256: str
    valid_from: datetime
    valid_until: datetime
    registration_number: str = ""


def register_seal(work: Work, by: By, new: NewSeal) -> Seal:
    """By the ceremony alone: it begins active, because the register of the signer begins with it."""
    seal = Seal(**vars(new), state=SealState.ACTIVE, created_at=work.now())
    work.session.add(seal)
    work.session.flush()
    append(
        work,
        by,
        SealRegistered(
            id=seal.id,
            name=seal.name,
            type=seal.type,
            object_sha256=seal.object_sha256,
            custodian_id=seal.custodian_id,
        ),
    )
    return seal


def suspend_seal(work: Work, actor: Actor, attestor: Attestor, seal_id: UUID, *, reason: str) -> UUID:
    """Stop a seal at once, on one word: a custodian's or an officer's. Also: reported lost.

    The row is stopped before the signer knows; the statement that tells it is answered.
    Raises: SealNotFound for anybody else, TransitionRefused, SealReasonMissing.
    """
    facts = readable_seal(work, actor, seal_id)
    if not (is_custodian(work, seal_id, actor.person_id) or _is_officer(work, actor, facts.branch_id)):
        raise SealNotFound("there is no such seal")
    if not reason.strip():
        raise SealReasonMissing("say why; it goes into the log")
    _suspend(work, actor.by, seal_id, reason)
    body = {"seal_id": str(seal_id), "reason": reason[:500]}
    statement_id = propose(work, actor, attestor, StatementKind.SEAL_STOP, body, subject_id=seal_id, reason=reason)
    steps.record(work, seal_id, steps.Done(SealAction.SUSPEND, facts.state, SealState.SUSPENDED, reason, actor.id),
                 statement_id=statement_id)  # fmt: skip
    return statement_id


def count_uses(work: Work, by: By, seal_id: UUID, copies: int) -> None:
    """Take `copies` off what the seal may still seal, when its use is confirmed; parallel ones never exceed the limit.

    Raises: SealNotUsable, SealUsedUp.
    """
    uses = work.session.scalar(
        update(Seal)
        .where(
            Seal.id == seal_id,
            Seal.state == SealState.ACTIVE,
            or_(Seal.uses_limit.is_(None), Seal.uses + copies <= Seal.uses_limit),
        )
        .values(uses=Seal.uses + copies)
        .returning(Seal.uses)
    )
    if uses is None:
        seal = _row(work, seal_id)
        if seal.state != SealState.ACTIVE:
            raise SealNotUsable(f"the seal {seal.name} is {seal.state}")
        raise SealUsedUp(f"the seal {seal.name} may not be used {copies} times more")
    append(work, by, SealUsesCounted(id=seal_id, copies=copies, uses=uses))


def apply_seal_order(work: Work, by: By, body: Mapping[str, Any]) -> None:
    """Two officers have ordered the seal and the signer knows it: its application is approved."""
    seal = _known(work, by, body)
    if seal is None:
        return
    if seal.state != SealState.APPLIED:
        _ignore(work, by, seal, f"a seal that is {seal.state} was ordered")
        return
    _move(work, by, seal, SealAction.APPROVE, steps.close(work, seal.id, body))
    work.jobs.enqueue(work.session, make_seal_job(seal.id))


def record_made(work: Work, by: By, seal_id: UUID, object_sha256: str) -> None:
    """The signer has made the holder's key and the signed object. A second word about the same object changes nothing.

    Raises: SealNotFound, TransitionRefused.
    """
    seal = _row(work, seal_id)
    if seal.state == SealState.MADE and seal.object_sha256 == object_sha256:
        return
    next_state(SealState(seal.state), SealAction.MAKE)
    _move(work, by, seal, SealAction.MAKE, None, object_sha256=object_sha256)


def apply_seal(work: Work, by: By, body: Mapping[str, Any]) -> None:
    """The signer's register holds this description of the seal now: the row follows.

    Only what was proposed since the seal was stopped lets it be used again: a description that officers signed before
    somebody stopped the seal leaves it stopped here.
    """
    seal = _known(work, by, body)
    if seal is None:
        return
    before, after = SealState(seal.state), SealState(body["state"])
    step = steps.close(work, seal.id, body)
    if before in (SealState.APPLIED, SealState.APPROVED, SealState.REFUSED, SealState.WITHDRAWN):
        _ignore(work, by, seal, f"a seal that is {before} was described as {after}")
        return
    if step is None and after is SealState.ACTIVE and before is not SealState.ACTIVE:
        _ignore(work, by, seal, f"a seal that is {before} was described as active without a step to it")
        return
    if before in (SealState.REVOKED, SealState.DESTROYED) and after not in (before, SealState.DESTROYED):
        _ignore(work, by, seal, f"a seal that is {before} was described as {after}")
        return
    action = SealAction(step.action) if step is not None else _action(before, after)
    _move(work, by, seal, action, step, after=after, **_described(seal, body))
    steps.set_custodians(work, seal.id, [UUID(each) for each in body["custodians"]])
    if step is not None:
        steps.set_permits(work, seal.id, step.form)
    if after is SealState.DESTROYED:
        work.jobs.enqueue(work.session, destroy_key_job(seal.id))


def apply_seal_stop(work: Work, by: By, body: Mapping[str, Any]) -> None:
    """The signer knows that the seal is stopped; the row has known it since it was asked for, or learns it now."""
    seal = _known(work, by, body)
    if seal is not None and seal.state == SealState.ACTIVE:
        _suspend(work, by, seal.id, str(body.get("reason", "")))
        done = steps.Done(SealAction.SUSPEND, SealState.ACTIVE, SealState.SUSPENDED, str(body.get("reason", "")), None)
        steps.record(work, seal.id, done)


def _suspend(work: Work, by: By, seal_id: UUID, reason: str) -> None:
    """What waits for officers was meant for a seal that was not stopped: it falls."""
    seal = _row(work, seal_id)
    before = SealState(seal.state)
    after = next_state(before, SealAction.SUSPEND)
    steps.move_row(work, seal_id, before, after)
    steps.drop(work, by, seal_id, "the seal was stopped")
    append(work, by.within(seal.organisation_id), SealSuspended(id=seal_id, before=before, reason=reason))


def _move(
    work: Work,
    by: By,
    seal: Seal,
    action: SealAction,
    step: steps.OpenStep | None,
    *,
    after: SealState | None = None,
    **values: Any,
) -> None:
    before = SealState(seal.state)
    reached = next_state(before, action) if after is None else after
    former = {name: getattr(seal, name) for name in values}
    steps.move_row(work, seal.id, before, reached, **values)
    if step is None:
        steps.record(work, seal.id, steps.Done(action, before, reached, "", None))
    append(
        work,
        by.within(seal.organisation_id),
        SealStepTaken(
            id=seal.id,
            action=action,
            before=before,
            after=reached,
            reason="" if step is None else step.reason,
            attachment_sha256=None if step is None else step.attachment_sha256,
            facts_before=former,
            facts_after=values,
        ),
    )


def _described(seal: Seal, body: Mapping[str, Any]) -> dict[str, Any]:
    """What of the row differs from the registered description."""
    custodians = [UUID(each) for each in body["custodians"]]
    said: dict[str, Any] = {
        "object_sha256": body["object_sha256"],
        "owner_id": UUID(body["owner"]) if body.get("owner") else None,
        "evidence": body.get("evidence", "attested"),
        "classes": list(body.get("classes", ())),
        "uses_limit": body.get("uses_limit"),
    }
    if custodians:
        said["custodian_id"] = custodians[0]
    return {name: value for name, value in said.items() if getattr(seal, name) != value}


def _action(before: SealState, after: SealState) -> SealAction:
    try:
        return action_between(before, after)
    except TransitionRefused:
        return SealAction.CHANGE


def _known(work: Work, by: By, body: Mapping[str, Any]) -> Seal | None:
    """Raises nothing for a seal that has no row: the register may know more than the pages."""
    seal = work.session.get(Seal, UUID(body["seal_id"]))
    if seal is None:
        append(work, by, SealStatementIgnored(id=UUID(body["seal_id"]), reason="there is no such seal here"))
    return seal


def _ignore(work: Work, by: By, seal: Seal, reason: str) -> None:
    append(work, by.within(seal.organisation_id), SealStatementIgnored(id=seal.id, reason=reason))


def _is_officer(work: Work, actor: Actor, branch_id: UUID) -> bool:
    return actor.may(Permission.CONFIRM_STATEMENTS, branch_path(work, branch_id))


def _row(work: Work, seal_id: UUID) -> Seal:
    seal = work.session.get(Seal, seal_id)
    if seal is None:
        raise SealNotFound("there is no such seal")
    return seal
