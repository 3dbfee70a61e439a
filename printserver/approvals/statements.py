"""Propose, sign and withdraw statements: what the signer's register shall hold about people, seals and flows.

The rows are where signatures are collected and lists are read from; the signer judges by the signed words alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from printserver.approvals.flows import Attestor
from printserver.approvals.models import StatementRow, StatementSignature
from printserver.approvals.rules import PersonCountsOnce
from printserver.approvals.statement_events import StatementMoved, StatementProposed, StatementSigned
from printserver.approvals.statement_queries import (
    UNREADABLE,
    StatementFacts,
    digest_of,
    officer_evidence,
    row_for,
    statement_facts,
    statement_of,
)
from printserver.approvals.statement_states import StatementAction, StatementState, next_statement_state
from printserver.audit.log import By, append
from printserver.foundation.errors import Malformed, NotFound, Refused, TransitionRefused
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import Job
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor, require
from printserver.organisations.frozen_places import PlaceFrozen, frozen_places
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import organisation
from printserver.signing.evidence import Decision, EvidenceClaims
from printserver.signing.signatories import STOPPING, concerned, office_covers, officers_needed
from printserver.signing.statements import (
    Statement,
    StatementKind,
    reach_of,
)

LONGEST_REASON: Final = 500


class SubjectMayNotSign(Refused):
    """Whoever gains by a statement does not vouch for it."""

    code = "subject-may-not-sign"


class StatementChanged(Refused):
    """What the person looked at is not what the statement says."""

    code = "statement-changed"


class StatementReasonMissing(Malformed):
    code = "statement-reason-missing"


def propose(
    work: Work,
    actor: Actor,
    attestor: Attestor,
    kind: StatementKind,
    body: Mapping[str, Any],
    *,
    subject_id: UUID | None = None,
    reason: str = "",
) -> UUID:
    """Make a statement and answer its id. The caller has checked that `actor` may ask for this at all.

    The proposer signs at once where the own word counts: as an officer whom it does not concern (unless officers sign
    with passkeys alone), as the principal of a delegation, or when it only stops something. With enough signatures the
    signer is asked to take it up.
    Raises: StatementMalformed; PlaceFrozen for what gives something at a frozen place.
    """
    statement = Statement(
        str(new_id()), organisation(work, actor.organisation_id).number, StatementKind(kind), dict(body), work.now()
    )
    _require_open(work, actor.organisation_id, statement)
    row = StatementRow(
        id=UUID(statement.id),
        organisation_id=actor.organisation_id,
        kind=statement.kind,
        path=reach_of(statement.parsed()),
        subject_id=subject_id,
        body=dict(body),
        sha256=statement.digest(),
        state=StatementState.PROPOSED,
        reason=reason[:LONGEST_REASON],
        refusal="",
        proposed_by=actor.id,
        made_at=statement.made_at,
    )
    work.session.add(row)
    work.session.flush()
    append(
        work,
        actor.by,
        StatementProposed(
            id=row.id, kind=row.kind, about=subject_id, body=row.body, sha256=row.sha256, reason=row.reason
        ),
    )
    if _own_word_counts(work, actor, statement):
        _sign(work, actor, attestor, row, statement)
    return row.id


def confirm(work: Work, actor: Actor, attestor: Attestor, statement_id: UUID, *, sha256: str) -> StatementFacts:
    """An officer's yes to the very statement of `sha256`.

    Raises: Forbidden, NotFound, TransitionRefused, StatementChanged, PlaceFrozen, SubjectMayNotSign, PersonCountsOnce,
    and whatever the attestor will not sign.
    """
    require(actor, Permission.CONFIRM_STATEMENTS)
    row = row_for(work, actor, statement_id, office=True)
    next_statement_state(StatementState(row.state), StatementAction.SIGN)
    statement = statement_of(work, row)
    if digest_of(statement) != sha256:
        raise StatementChanged("this is not what the statement says; please look at it again")
    _require_open(work, actor.organisation_id, statement)
    if str(actor.person_id) in concerned(statement.parsed()):
        raise SubjectMayNotSign("this statement is about yourself; other officers sign it")
    _sign(work, actor, attestor, row, statement)
    return statement_facts(work, row.id)


def refuse(work: Work, actor: Actor, statement_id: UUID, *, reason: str) -> None:
    """An officer's no ends it.   Raises: Forbidden, NotFound, TransitionRefused, StatementReasonMissing."""
    require(actor, Permission.CONFIRM_STATEMENTS)
    if not reason.strip():
        raise StatementReasonMissing("a refusal needs a reason")
    _move(work, actor.by, row_for(work, actor, statement_id, office=True), StatementAction.REFUSE, reason)


def withdraw(work: Work, actor: Actor, statement_id: UUID) -> None:
    """Whoever proposed it takes it back.   Raises: NotFound, TransitionRefused."""
    row = row_for(work, actor, statement_id)
    if row.proposed_by != actor.id:
        raise NotFound("there is no such statement")
    _move(work, actor.by, row, StatementAction.WITHDRAW, "")


def move_statement(work: Work, by: By, statement_id: UUID, action: StatementAction, reason: str = "") -> None:
    """For the worker, which knows what the signer said.   Raises: NotFound, TransitionRefused."""
    row = work.session.get(StatementRow, statement_id)
    if row is None:
        raise NotFound("there is no such statement")
    _move(work, by, row, action, reason)


def refuse_unreadable(work: Work, by: By, statement_id: UUID) -> None:
    """End a confirmed statement that cannot be read, without reading it: the signer would not have it either."""
    before = StatementState.CONFIRMED
    after = next_statement_state(before, StatementAction.REFUSE)
    values: dict[str, Any] = {"state": after, "refusal": UNREADABLE}
    ended = work.session.execute(
        update(StatementRow)
        .where(StatementRow.id == statement_id, StatementRow.state == before)
        .values(**values)
        .returning(StatementRow.organisation_id)
    ).one_or_none()
    if ended is not None:
        moved = StatementMoved(id=statement_id, before=before, after=after, reason=UNREADABLE)
        append(work, by.within(ended.organisation_id), moved)


def _require_open(work: Work, organisation_id: UUID, statement: Statement) -> None:
    """As the signer asks: at a frozen place only what stops something, and what unfreezes it."""
    if statement.kind in STOPPING or statement.kind is StatementKind.UNFREEZE:
        return
    if frozen_places(work, organisation_id).covers(reach_of(statement.parsed())):
        raise PlaceFrozen("this is about a place that is frozen; nothing is given there until it is unfrozen")


def _own_word_counts(work: Work, actor: Actor, statement: Statement) -> bool:
    """Where officers sign with passkeys alone, the proposer signs on the statement's page as the others do."""
    needed = officers_needed(statement)
    if needed == 0 or statement.kind is StatementKind.DELEGATION:
        return True
    return _signs_as_officer(actor, statement) and officer_evidence(work, actor.organisation_id) != "passkey"


def _signs_as_officer(actor: Actor, statement: Statement) -> bool:
    body = statement.parsed()
    offices = actor.paths(Permission.CONFIRM_STATEMENTS)
    return any(office_covers(path, reach_of(body)) for path in offices) and str(actor.person_id) not in concerned(body)


def _sign(work: Work, actor: Actor, attestor: Attestor, row: StatementRow, statement: Statement) -> None:
    claims = _claims(work, actor, statement)
    as_officer = _signs_as_officer(actor, statement)
    signature = StatementSignature(
        id=new_id(),
        statement_id=row.id,
        person_id=actor.person_id,
        as_officer=as_officer,
        evidence=attestor.attest(claims),
        signed_at=claims.decided_at,
    )
    # Signatures of one statement take turns here, so that the last one sees the others.
    work.session.execute(select(StatementRow.id).where(StatementRow.id == row.id).with_for_update())
    try:
        with work.session.begin_nested():
            work.session.add(signature)
    except IntegrityError:
        raise PersonCountsOnce("you have signed this statement already; another officer must") from None
    append(work, actor.by, StatementSigned(id=row.id, sha256=row.sha256, as_officer=as_officer))
    counted = work.session.scalars(
        select(StatementSignature.as_officer).where(StatementSignature.statement_id == row.id)
    ).all()
    if sum(counted) >= officers_needed(statement):
        _move(work, actor.by, row, StatementAction.CONFIRM, "")
        job = Job("register-statement", f"register-statement-{row.id}", (str(row.id),))
        work.jobs.enqueue(work.session, job)


def _claims(work: Work, actor: Actor, statement: Statement) -> EvidenceClaims:
    return EvidenceClaims(
        manifest_sha256=statement.digest(),
        request_id=statement.id,
        person_id=str(actor.person_id),
        step=statement.step,
        decision=Decision.APPROVED,
        decided_at=work.now().replace(microsecond=0),
        organisation=statement.organisation,
    )


def _move(work: Work, by: By, row: StatementRow, action: StatementAction, reason: str) -> None:
    before = StatementState(row.state)
    after = next_statement_state(before, action)
    values: dict[str, Any] = {"state": after}
    if after is StatementState.REFUSED:
        values["refusal"] = reason[:LONGEST_REASON]
    if after is StatementState.REGISTERED:
        values["registered_at"] = work.now()
    moved = work.session.scalar(
        update(StatementRow)
        .where(StatementRow.id == row.id, StatementRow.state == before)
        .values(**values)
        .returning(StatementRow.id)
    )
    if moved is None:
        raise TransitionRefused("the statement has just changed; please look at it again")
    append(
        work,
        by.within(row.organisation_id),
        StatementMoved(id=row.id, before=before, after=after, reason=reason[:LONGEST_REASON]),
    )
