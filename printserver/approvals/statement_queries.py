"""Read statements: their facts and signatures, lists for people, and what the signer reads. Rows prove nothing.

A row that somebody filled with what no statement ever held stops neither a list nor a job: it is said to be unreadable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.exc import DataError

from printserver.approvals.models import StatementRow, StatementSignature
from printserver.approvals.statement_states import StatementState
from printserver.foundation.errors import NotFound, Refused
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import organisation
from printserver.signing.signatories import office_covers, officers_needed
from printserver.signing.statements import PolicyBody, Statement, StatementKind, StatementMalformed, parse_body

UNREADABLE: Final = "its row holds what no statement ever held: somebody changed the database"
MOST_LISTED: Final = 500
_EARLIEST, _LATEST = 2000, 9000
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    KeyError,
    LookupError,
    OverflowError,
    RecursionError,
    DataError,
    StatementMalformed,
)
"""What reading a row raises that somebody filled with anything at all."""


class StatementUnreadable(Refused):
    """Its rows hold what no statement of ours ever held, such as a time without end: somebody changed the database."""

    code = "statement-unreadable"


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


@dataclass(frozen=True)
class StatementList:
    """`unreadable`: ids of those whose rows somebody changed into what cannot be read."""

    readable: tuple[StatementFacts, ...]
    unreadable: tuple[UUID, ...]


def statement_facts(work: Work, statement_id: UUID) -> StatementFacts:
    """Without regard to anybody's rights.   Raises: NotFound, StatementUnreadable."""
    with _reading(statement_id):
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
    newest first, at most 500; without those whose rows do not read, see `listed_statements`."""
    wanted = [_readable(actor)]
    wanted += [] if state is None else [StatementRow.state == state]
    wanted += [] if kind is None else [StatementRow.kind == kind]
    wanted += [] if subject_id is None else [StatementRow.subject_id == subject_id]
    return _listed(work, wanted).readable


def listed_statements(work: Work, actor: Actor, *, state: StatementState | None = None) -> StatementList:
    """As `statements`, with those that somebody made unreadable."""
    return _listed(work, [_readable(actor), *([] if state is None else [StatementRow.state == state])])


def waiting_statements(work: Work, organisation_id: UUID, kind: StatementKind) -> tuple[StatementFacts, ...]:
    """Those on their way into the register, without regard to anybody's rights."""
    waits = StatementRow.state.in_((StatementState.PROPOSED, StatementState.CONFIRMED))
    own = StatementRow.organisation_id == organisation_id
    return _listed(work, [own, waits, StatementRow.kind == kind]).readable


def readable_statement(work: Work, actor: Actor, statement_id: UUID) -> StatementFacts:
    """Raises: NotFound, StatementUnreadable."""
    with _reading(statement_id):
        return _facts(work, [row_for(work, actor, statement_id)])[0]


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
    return statement_of(work, row), tuple(evidence)


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
        .limit(MOST_LISTED)
    )
    for body in work.session.scalars(newest):
        with suppress(StatementMalformed):
            return PolicyBody.model_validate(parse_body(StatementKind.POLICY, body).model_dump()).officer_evidence
    return "attested"


def row_for(work: Work, actor: Actor, statement_id: UUID, *, office: bool = False) -> StatementRow:
    """office: only one that `actor` may sign by an office.   Raises: NotFound, StatementUnreadable."""
    visible = _in_office(actor, Permission.CONFIRM_STATEMENTS) if office else _readable(actor)
    with _reading(statement_id):
        row = work.session.scalar(select(StatementRow).where(StatementRow.id == statement_id, visible))
    if row is None:
        raise NotFound("there is no such statement")
    return row


def statement_of(work: Work, row: StatementRow) -> Statement:
    number = organisation(work, row.organisation_id).number
    return Statement(str(row.id), number, StatementKind(row.kind), row.body, row.made_at)


def digest_of(statement: Statement) -> str:
    """Of what the row says now, never the row's word for it: what is shown and what is signed are one thing.

    Empty for what has no canonical form, which nobody can sign.
    """
    try:
        return statement.digest()
    except (ValueError, TypeError, OverflowError, RecursionError):
        return ""


@contextmanager
def _reading(statement_id: UUID) -> Iterator[None]:
    """Raises: StatementUnreadable in place of whatever nonsense in a row raises."""
    try:
        yield
    except _UNREADABLE as problem:
        structlog.get_logger().error("a statement's rows do not read", statement_id=str(statement_id))
        raise StatementUnreadable(UNREADABLE) from problem


def _listed(work: Work, wanted: Sequence[ColumnElement[bool]]) -> StatementList:
    """All at once; one by one when a row among them does not read."""
    newest = select(StatementRow).where(*wanted).order_by(StatementRow.id.desc()).limit(MOST_LISTED)
    try:
        return StatementList(tuple(_facts(work, list(work.session.scalars(newest)))), ())
    except _UNREADABLE:
        structlog.get_logger().error("rows of statements do not read")
    readable, unreadable = [], []
    for statement_id in work.session.scalars(newest.with_only_columns(StatementRow.id)).all():
        try:
            readable.append(statement_facts(work, statement_id))
        except StatementUnreadable:
            unreadable.append(statement_id)
    return StatementList(tuple(readable), tuple(unreadable))


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


def _facts(work: Work, rows: list[StatementRow]) -> list[StatementFacts]:
    for row in rows:
        statement_of(work, row).parsed()
        _require_our_time(row.made_at, row.registered_at)
    signed: dict[UUID, list[Signature]] = {row.id: [] for row in rows}
    found = work.session.scalars(
        select(StatementSignature).where(StatementSignature.statement_id.in_(signed)).order_by(StatementSignature.id)
    )
    for each in found:
        _require_our_time(each.signed_at)
        signed[each.statement_id].append(Signature(each.person_id, each.as_officer, each.signed_at))
    return [
        StatementFacts(
            id=row.id,
            organisation_id=row.organisation_id,
            kind=StatementKind(row.kind),
            subject_id=row.subject_id,
            body=row.body,
            sha256=digest_of(statement_of(work, row)),
            state=StatementState(row.state),
            reason=row.reason,
            refusal=row.refusal,
            proposed_by=row.proposed_by,
            made_at=row.made_at,
            registered_at=row.registered_at,
            signatures=tuple(signed[row.id]),
            officers_needed=officers_needed(statement_of(work, row)),
        )
        for row in rows
    ]


def _require_our_time(*moments: datetime | None) -> None:
    """Raises: ValueError for one that cannot be shown in every time zone, or that was before there were computers."""
    if any(moment is not None and not _EARLIEST <= moment.year < _LATEST for moment in moments):
        raise ValueError("no statement of ours was ever made then")
