"""Statements to the signer's register: what waits for officers, and their signatures."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.approvals import statement_queries, statements
from printserver.approvals.statement_states import StatementState
from printserver.foundation.errors import Forbidden
from printserver.http_edge.declarations import requires, signed_in
from printserver.http_edge.work import CurrentActor, CurrentAdapters, CurrentWork
from printserver.organisations.access import require
from printserver.organisations.permissions import Permission
from printserver.signing.statements import StatementKind

router = api_router("/statements", "statements")

PROPOSED_HERE: Final = {
    StatementKind.SYSTEM: Permission.MANAGE_INTEGRATIONS,
    StatementKind.UNSYSTEM: Permission.MANAGE_INTEGRATIONS,
    StatementKind.POLICY: Permission.CONFIRM_STATEMENTS,
}
"""Of the other kinds, people's, seals' and flows' own pages and resources make statements."""


class StatementSignature(View):
    """`as_officer`: whether it counts among the officers' signatures."""

    person_id: UUID
    as_officer: bool
    signed_at: datetime


class Statement(View):
    """`sha256`: of the canonical statement; it is what people sign.   `refusal`: an officer's or the signer's words."""

    id: UUID
    kind: StatementKind
    subject_id: UUID | None
    body: dict[str, Any]
    sha256: str
    state: StatementState
    reason: str
    refusal: str
    proposed_by: UUID
    made_at: datetime
    registered_at: datetime | None
    signatures: list[StatementSignature]
    officers_needed: int


class NewStatement(View):
    kind: Annotated[StatementKind, Field(examples=["policy"])]
    body: Annotated[dict[str, Any], Field(examples=[{"officer_evidence": "passkey"}])]
    reason: Annotated[str, Field(max_length=500)] = ""


class Signing(View):
    sha256: Annotated[
        str,
        Field(
            pattern=r"^[0-9a-f]{64}$",
            description="Of the statement that you looked at; another one is not signed.",
            examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
        ),
    ]


class StatementRefusal(View):
    reason: Annotated[str, Field(min_length=1, max_length=500, examples=["not the person we agreed on"])]


@router.get("", summary="Statements, newest first")
@signed_in(any_token=True)
def list_statements(
    actor: CurrentActor,
    work: CurrentWork,
    state: StatementState | None = None,
    kind: StatementKind | None = None,
    subject_id: UUID | None = None,
) -> list[Statement]:
    """Officers and auditors see all of the organisation, everybody else those of the own making or about oneself."""
    found = statement_queries.statements(work, actor, state=state, kind=kind, subject_id=subject_id)
    return [Statement.model_validate(each) for each in found]


@router.post("", status_code=201, summary="State that a system's key counts, or what officers sign with")
@requires(Permission.MANAGE_INTEGRATIONS, Permission.CONFIRM_STATEMENTS, step_up=True)
def create_statement(new: NewStatement, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters) -> Statement:
    needed = PROPOSED_HERE.get(new.kind)
    if needed is None:
        raise Forbidden("statements of this kind are made with what they are about")
    require(actor, needed)
    made = statements.propose(work, actor, adapters.attestor, new.kind, new.body, reason=new.reason)
    return Statement.model_validate(statement_queries.statement_facts(work, made))


@router.get("/{statement_id}", summary="One statement")
@signed_in(any_token=True)
def read_statement(statement_id: UUID, actor: CurrentActor, work: CurrentWork) -> Statement:
    return Statement.model_validate(statement_queries.readable_statement(work, actor, statement_id))


@router.post("/{statement_id}/signatures", status_code=201, summary="Sign a statement as an officer")
@requires(Permission.CONFIRM_STATEMENTS, step_up=True)
def create_signature(
    statement_id: UUID, body: Signing, actor: CurrentActor, work: CurrentWork, adapters: CurrentAdapters
) -> Statement:
    """With the last signature that is needed, the signer is asked to take the statement up."""
    facts = statements.confirm(work, actor, adapters.attestor, statement_id, sha256=body.sha256)
    return Statement.model_validate(facts)


@router.post("/{statement_id}/refusals", status_code=201, summary="Refuse a statement as an officer")
@requires(Permission.CONFIRM_STATEMENTS)
def create_refusal(statement_id: UUID, body: StatementRefusal, actor: CurrentActor, work: CurrentWork) -> Statement:
    statements.refuse(work, actor, statement_id, reason=body.reason)
    return Statement.model_validate(statement_queries.statement_facts(work, statement_id))


@router.post("/{statement_id}/withdrawals", status_code=201, summary="Take back a statement of one's own making")
@signed_in()
def create_withdrawal(statement_id: UUID, actor: CurrentActor, work: CurrentWork) -> Statement:
    statements.withdraw(work, actor, statement_id)
    return Statement.model_validate(statement_queries.statement_facts(work, statement_id))
