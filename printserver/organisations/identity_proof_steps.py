"""Steps in a proof's life: looked at by a second person, refused, withdrawn, due again by time alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, or_, select, update

from printserver.audit.log import By, append
from printserver.foundation.errors import TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Database, Work
from printserver.organisations.access import Actor
from printserver.organisations.holdings import person_of
from printserver.organisations.identity_proof import (
    BY_A_SECOND_PERSON,
    COUNTS,
    ENDED,
    LONGEST_RECHECK_DAYS,
    Method,
    ProofAction,
    ProofState,
    by_time,
    next_state,
    recheck_day,
)
from printserver.organisations.identity_proof_errors import (
    IdentityNumberTaken,
    IdentityProofMalformed,
    IdentityProofNotFound,
)
from printserver.organisations.identity_proof_events import IdentityMoved
from printserver.organisations.identity_proof_models import IdentityProof, IdentityStep
from printserver.organisations.identity_proof_policy import policy_of
from printserver.organisations.identity_proof_queries import reachable
from printserver.organisations.models import User
from printserver.organisations.people import LONGEST_REASON, required_reason
from printserver.organisations.stewards import AnotherPersonNeeded, is_one_of, stewarded_branches, stewarded_people

BY_PEOPLE: Final = (ProofAction.VERIFY, ProofAction.REVERIFY, ProofAction.REFUSE, ProofAction.WITHDRAW)
BY_WORKER: Final = By(process="worker")


@dataclass(frozen=True)
class ProofStep:
    """method: of a check.   remark: needed to refuse and withdraw.   recheck_on: sooner than the policy says."""

    action: ProofAction
    remark: str = ""
    method: Method | None = None
    recheck_on: date | None = None


def take_proof_step(work: Work, actor: Actor, proof_id: UUID, step: ProofStep) -> None:
    """Whose proof it is may withdraw it; everything else is a steward's, and a check a second person's.

    Raises: IdentityProofNotFound, TransitionRefused, AnotherPersonNeeded, IdentityProofMalformed, ReasonNeeded,
    IdentityNumberTaken.
    """
    proof = _proof_for(work, actor, proof_id, step.action)
    before = ProofState(proof.state)
    after = next_state(before, step.action)
    if step.action not in BY_PEOPLE:
        raise TransitionRefused(f"nobody can {step.action} a proof of identity by hand")
    changed: dict[str, Any] = {}
    if step.action in BY_A_SECOND_PERSON:
        changed = _checked(work, actor, proof, step)
    else:
        required_reason(step.remark)
        changed = {"ended_at": work.now()}
    _move(work, actor.by, proof.id, (step.action, before, after), changed, step, actor.person_id)
    if step.action is ProofAction.VERIFY:
        _replace_former(work, actor, proof)


def move_by_time(database: Database) -> int:
    """Proofs that fall due or are over today, and those of people who have left. How many."""
    with database.work() as work:
        today, moved = today_of(work), 0
        columns = (IdentityProof.id, IdentityProof.organisation_id, IdentityProof.state)
        open_states = (*COUNTS, ProofState.SUBMITTED)
        in_time = and_(
            IdentityProof.state.in_(COUNTS), or_(IdentityProof.recheck_on <= today, IdentityProof.valid_until < today)
        )
        rows = work.session.execute(
            select(*columns, IdentityProof.valid_until, IdentityProof.recheck_on, User.left_at)
            .outerjoin(User, User.id == IdentityProof.person_id)
            .where(IdentityProof.state.in_(open_states), or_(in_time, User.left_at.is_not(None)))
            .order_by(IdentityProof.id)
        ).all()
        for proof_id, organisation_id, state, valid_until, recheck_on, left_at in rows:
            before = ProofState(state)
            action = by_time(before, valid_until, recheck_on, today, gone=left_at is not None)
            if action is None:
                continue
            after = next_state(before, action)
            changed = {"ended_at": work.now()} if after in ENDED else {}
            by = BY_WORKER.within(organisation_id)
            _move(work, by, proof_id, (action, before, after), changed, ProofStep(action), None)
            moved += 1
        return moved


def today_of(work: Work) -> date:
    """In UTC, as everything that is stored."""
    return work.now().date()


def _proof_for(work: Work, actor: Actor, proof_id: UUID, action: ProofAction) -> IdentityProof:
    """Raises: IdentityProofNotFound."""
    proof = work.session.scalar(
        select(IdentityProof).where(IdentityProof.id == proof_id, reachable(actor)).with_for_update()
    )
    if proof is None:
        raise IdentityProofNotFound("there is no such proof of identity")
    mine = is_one_of(work, actor, proof.person_id)
    if mine and action is not ProofAction.WITHDRAW:
        raise AnotherPersonNeeded("nobody checks their own proof of identity; another person does")
    if not mine:
        require_steward_of(work, actor, proof)
    return proof


def require_steward_of(work: Work, actor: Actor, proof: IdentityProof) -> None:
    """Raises: IdentityProofNotFound."""
    people, branches = stewarded_people(actor), stewarded_branches(actor)
    of_mine = IdentityProof.person_id.in_(people) | IdentityProof.branch_id.in_(branches)
    if work.session.scalar(select(IdentityProof.id).where(IdentityProof.id == proof.id, of_mine)) is None:
        raise IdentityProofNotFound("there is no such proof of identity")


def _checked(work: Work, actor: Actor, proof: IdentityProof, step: ProofStep) -> dict[str, Any]:
    """What a check changes besides the state."""
    if is_one_of(work, actor, proof.person_id, proof.submitted_by):
        raise AnotherPersonNeeded("somebody else than who submitted it looks at it")
    if step.method is None:
        raise IdentityProofMalformed("say how you made sure")
    if proof.valid_until is not None and proof.valid_until < today_of(work):
        raise IdentityProofMalformed("this document is no longer valid; a new proof is needed")
    _require_no_other(work, proof)
    usual = recheck_day(today_of(work), proof.valid_until, policy_of(work, proof.organisation_id).recheck_days)
    wanted = step.recheck_on or usual
    longest = recheck_day(today_of(work), proof.valid_until, LONGEST_RECHECK_DAYS)
    if not today_of(work) < wanted + timedelta(days=1) <= longest + timedelta(days=1):
        raise IdentityProofMalformed("the next check lies between today and the document's last day, three years ahead")
    return {
        "checked_by": actor.person_id,
        "checked_at": work.now(),
        "method": step.method.value,
        "recheck_on": wanted,
    }


def _require_no_other(work: Work, proof: IdentityProof) -> None:
    """Raises: IdentityNumberTaken."""
    rows = work.session.execute(
        select(IdentityProof.person_id, IdentityProof.branch_id).where(
            IdentityProof.organisation_id == proof.organisation_id,
            IdentityProof.number_digest == proof.number_digest,
            IdentityProof.state.in_(COUNTS),
            IdentityProof.id != proof.id,
        )
    ).all()
    if any(_subject(work, *row) != _subject(work, proof.person_id, proof.branch_id) for row in rows):
        raise IdentityNumberTaken("somebody else is proved with this very number; look into that first")


def _subject(work: Work, person_id: UUID | None, branch_id: UUID | None) -> UUID | None:
    """The person, whatever account it was, or the branch."""
    return branch_id if person_id is None else person_of(work, person_id)


def _replace_former(work: Work, actor: Actor, proof: IdentityProof) -> None:
    """Whoever is proved anew is proved by the newer proof alone."""
    same = IdentityProof.person_id == proof.person_id if proof.person_id else IdentityProof.branch_id == proof.branch_id
    former = work.session.scalars(
        select(IdentityProof).where(same, IdentityProof.id != proof.id, IdentityProof.state.in_(COUNTS))
    ).all()
    for each in former:
        before, step = ProofState(each.state), ProofStep(ProofAction.REPLACE)
        after = next_state(before, step.action)
        changed = {"ended_at": work.now()}
        _move(work, actor.by, each.id, (step.action, before, after), changed, step, actor.person_id)


def _move(
    work: Work,
    by: By,
    proof_id: UUID,
    way: tuple[ProofAction, ProofState, ProofState],
    changed: dict[str, Any],
    step: ProofStep,
    person_id: UUID | None,
) -> None:
    """Decided by the database, so that two people do not both take a step.   Raises: TransitionRefused."""
    action, before, after = way
    moved = work.session.execute(
        update(IdentityProof)
        .where(IdentityProof.id == proof_id, IdentityProof.state == before)
        .values(state=after, **changed)
        .returning(IdentityProof.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if moved is None:
        raise TransitionRefused("the proof has just changed; please look at it again")
    method = "" if step.method is None else step.method.value
    note_step(work, proof_id, way, remark=step.remark, method=method, person_id=person_id)
    append(
        work,
        by,
        IdentityMoved(id=proof_id, action=action, before=before, after=after, method=method),
    )


def note_step(
    work: Work,
    proof_id: UUID,
    way: tuple[ProofAction, ProofState, ProofState],
    *,
    remark: str = "",
    method: str = "",
    person_id: UUID | None,
) -> None:
    """The remark stays here, where it can be erased; the log gets none."""
    action, before, after = way
    work.session.add(
        IdentityStep(
            id=new_id(),
            proof_id=proof_id,
            action=action,
            before=before,
            after=after,
            method=method or None,
            remark=remark.strip()[:LONGEST_REASON],
            person_id=person_id,
            at=work.now(),
        )
    )
