"""Propose, sign and withdraw statements: what the signer's register shall hold about people, seals and flows.

The rows are where signatures are collected and lists are read from; the signer judges by the signed words alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, update
from sqlalchemy.exc import IntegrityError

from printserver.approvals.flows import Attestor
from printserver.approvals.models import StatementRow, StatementSignature
from printserver.approvals.rules import PersonCountsOnce
from printserver.approvals.statement_events import StatementMoved, StatementProposed, StatementSigned
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
from printserver.signing.statements import Statement, StatementKind, reach_of

LONGEST_REASON: Final = 500
MOST_LISTED: Final = 500


class SubjectMayNotSign(Refused):
    """Whoever gains by a statement does not vouch for it."""

    code = "subject-may-not-sign"


class StatementChanged(Refused):
    """What the person looked at is not what the statement says."""

    code = "statement-changed"


class StatementReasonMissing(Malformed):
    code = "statement-reason-missing"


@dataclass(frozen=True)
class Signature:
    person_id: UUID
    as_officer: bool
    signed_at: datetime


@dataclass(frozen=True)
class StatementFacts:
    """`sha256`: what people sign.   officers_needed: how many officers must."""

    id: UUID
    organisation_id: UUID
    kind: StatementKind
    subject_id: UUID | None
    body: Mapping[str, Any]
    sha256: str
    state: StatementState
    reason: str
    refusal: str
    proposed_by: UUID
    made_at: datetime
    registered_at: datetime | None
    signatures: tuple[Signature, ...]
    officers_needed: int

    @property
    def signers(self) -> frozenset[UUID]:
        return frozenset(signature.person_id for signature in self.signatures)


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
    row = _row(work, actor, statement_id, office=True)
    next_statement_state(StatementState(row.state), StatementAction.SIGN)
    statement = _statement(work, row)
    if _digest(statement) != sha256:
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
    _move(work, actor.by, _row(work, actor, statement_id, office=True), StatementAction.REFUSE, reason)


def withdraw(work: Work, actor: Actor, statement_id: UUID) -> None:
    """Whoever proposed it takes it back.   Raises: NotFound, TransitionRefused."""
    row = _row(work, actor, statement_id)
    if row.proposed_by != actor.id:
        raise NotFound("there is no such statement")
    _move(work, actor.by, row, StatementAction.WITHDRAW, "")


def move_statement(work: Work, by: By, statement_id: UUID, action: StatementAction, reason: str = "") -> None:
    """For the worker, which knows what the signer said.   Raises: NotFound, TransitionRefused."""
    row = work.session.get(StatementRow, statement_id)
    if row is None:
        raise NotFound("there is no such statement")
    _move(work, by, row, action, reason)


def statement_facts(work: Work, statement_id: UUID) -> StatementFacts:
    """Without regard to anybody's rights.   Raises: NotFound."""
    row = work.session.get(StatementRow, statement_id)
    if row is None:
        raise NotFound("there is no such statement")
    return _facts(work, [row])[0]


def statements(
    work: Work,
    actor: Actor,
    *,
    state: StatementState | None = None,
    kind: StatementKind | None = None,
    subject_id: UUID | None = None,
) -> tuple[StatementFacts, ...]:
    """Of the own organisation for officers and auditors, else those that `actor` proposed or that are about `actor`;
    newest first, at most 500."""
    wanted = [_readable(actor)]
    wanted += [] if state is None else [StatementRow.state == state]
    wanted += [] if kind is None else [StatementRow.kind == kind]
    wanted += [] if subject_id is None else [StatementRow.subject_id == subject_id]
    rows = work.session.scalars(
        select(StatementRow).where(*wanted).order_by(StatementRow.id.desc()).limit(MOST_LISTED)
    ).all()
    return tuple(_facts(work, list(rows)))


def signed_statement(work: Work, statement_id: UUID) -> tuple[Statement, tuple[str, ...]]:
    """What people signed and their signed words, for the signer.   Raises: NotFound."""
    row = work.session.get(StatementRow, statement_id)
    if row is None:
        raise NotFound("there is no such statement")
    evidence = work.session.scalars(
        select(StatementSignature.evidence)
        .where(StatementSignature.statement_id == row.id)
        .order_by(StatementSignature.id)
    )
    return _statement(work, row), tuple(evidence)


def readable_statement(work: Work, actor: Actor, statement_id: UUID) -> StatementFacts:
    """Raises: NotFound."""
    return _facts(work, [_row(work, actor, statement_id)])[0]


def officer_evidence(work: Work, organisation_id: UUID) -> str:
    """What the signer asks of officers: `passkey` alone, or `attested` as well."""
    newest = (
        select(StatementRow.body)
        .where(
            StatementRow.organisation_id == organisation_id,
            StatementRow.kind == StatementKind.POLICY,
            StatementRow.state == StatementState.REGISTERED,
        )
        .order_by(StatementRow.registered_at.desc(), StatementRow.id.desc())
        .limit(1)
    )
    body = work.session.scalar(newest)
    return "attested" if body is None else str(body["officer_evidence"])


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


def _row(work: Work, actor: Actor, statement_id: UUID, *, office: bool = False) -> StatementRow:
    """office: only one that `actor` may sign by an office."""
    visible = _in_office(actor, Permission.CONFIRM_STATEMENTS) if office else _readable(actor)
    row = work.session.scalar(select(StatementRow).where(StatementRow.id == statement_id, visible))
    if row is None:
        raise NotFound("there is no such statement")
    return row


def _readable(actor: Actor) -> ColumnElement[bool]:
    own = StatementRow.organisation_id == actor.organisation_id
    about_oneself = or_(StatementRow.proposed_by == actor.id, StatementRow.subject_id == actor.id)
    offices = (_in_office(actor, each) for each in (Permission.CONFIRM_STATEMENTS, Permission.READ_AUDIT))
    return or_(own & about_oneself, *offices)


def _in_office(actor: Actor, permission: Permission) -> ColumnElement[bool]:
    """About the branches where `actor` holds the permission; about the whole organisation only from its top."""
    covered = [StatementRow.path.startswith(path, autoescape=True) for path in actor.paths(permission)]
    covered += [StatementRow.path == "" for path in actor.paths(permission) if office_covers(path, "")]
    return (StatementRow.organisation_id == actor.organisation_id) & or_(false(), *covered)


def _statement(work: Work, row: StatementRow) -> Statement:
    number = organisation(work, row.organisation_id).number
    return Statement(str(row.id), number, StatementKind(row.kind), row.body, row.made_at)


def _digest(statement: Statement) -> str:
    """Of what the row says now, never the row's word for it: what is shown and what is signed are one thing.

    Empty for what has no canonical form, which nobody can sign.
    """
    try:
        return statement.digest()
    except (ValueError, TypeError, OverflowError, RecursionError):
        return ""


def _facts(work: Work, rows: list[StatementRow]) -> list[StatementFacts]:
    signed: dict[UUID, list[Signature]] = {row.id: [] for row in rows}
    found = work.session.scalars(
        select(StatementSignature).where(StatementSignature.statement_id.in_(signed)).order_by(StatementSignature.id)
    )
    for each in found:
        signed[each.statement_id].append(Signature(each.person_id, each.as_officer, each.signed_at))
    return [
        StatementFacts(
            id=row.id,
            organisation_id=row.organisation_id,
            kind=StatementKind(row.kind),
            subject_id=row.subject_id,
            body=row.body,
            sha256=_digest(_statement(work, row)),
            state=StatementState(row.state),
            reason=row.reason,
            refusal=row.refusal,
            proposed_by=row.proposed_by,
            made_at=row.made_at,
            registered_at=row.registered_at,
            signatures=tuple(signed[row.id]),
            officers_needed=officers_needed(_statement(work, row)),
        )
        for row in rows
    ]
