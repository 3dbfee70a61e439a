"""Statements to the signer's register: what waits for officers, in plain words, and their signatures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Form, Query
from fastapi.responses import HTMLResponse, Response

from printserver.approvals import statement_queries, statements
from printserver.approvals.classes import ClassDescription, classes
from printserver.approvals.statement_queries import StatementFacts
from printserver.approvals.statement_states import StatementState
from printserver.foundation.errors import PrintServerError
from printserver.foundation.unit_of_work import Work
from printserver.http_edge.declarations import requires, signed_in
from printserver.http_edge.passkeys import ASK, PasskeyField, attestor_for
from printserver.http_edge.problems import status_of
from printserver.http_edge.routes import edge_router
from printserver.http_edge.work import CurrentActor, CurrentCall, CurrentWork
from printserver.organisations.access import Actor
from printserver.organisations.permissions import Permission
from printserver.organisations.queries import branch_names_of_path, names
from printserver.seals.queries import seal_names
from printserver.signing.flow import Flow, parse_flow
from printserver.signing.signatories import concerned
from printserver.signing.statements import StatementKind, parse_body
from printserver.web.changes import change, refusal
from printserver.web.flow_names import flow_names
from printserver.web.view import CurrentView, View

router = edge_router("/statements", "pages")

PERSONS: Final = frozenset({"person_id", "principal", "deputy", "owner"})
TIMES: Final = frozenset({"from", "until", "valid_from", "valid_until"})
Reason = Annotated[str, Form(max_length=500)]


@router.get("", response_class=HTMLResponse)
@signed_in()
def list_statements(
    view: CurrentView, actor: CurrentActor, work: CurrentWork, state: Annotated[StatementState | None, Query()] = None
) -> HTMLResponse:
    """Officers and auditors see all; everybody else what is of the own making or about oneself."""
    listed = statement_queries.listed_statements(work, actor, state=state)
    found = listed.readable
    people = names(work, {each.proposed_by for each in found} | {each.subject_id for each in found if each.subject_id})
    return view.page(
        "statements.html",
        statements=found,
        unreadable=listed.unreadable,
        names=people,
        chosen=state,
        states=list(StatementState),
    )


@router.get("/{statement_id}", response_class=HTMLResponse)
@signed_in()
def read_statement(statement_id: UUID, view: CurrentView, actor: CurrentActor, work: CurrentWork) -> HTMLResponse:
    return _page(view, work, actor, statement_id)


@router.post("/{statement_id}/signatures", response_class=HTMLResponse)
@requires(Permission.CONFIRM_STATEMENTS, step_up=True)
def create_signature(
    statement_id: UUID,
    view: CurrentView,
    call: CurrentCall,
    sha256: Annotated[str, Form(max_length=64)] = "",
    passkey: PasskeyField = "",
) -> Response:
    with call.adapters.database.reading() as work:
        only = _passkeys_only(work, call.caller_in(work).actor)
    attestor = attestor_for(call, passkey, only=only)
    problem = refusal(call, lambda work, actor: statements.confirm(work, actor, attestor, statement_id, sha256=sha256))
    return _after(view, call, statement_id, problem, "statement-signed")


@router.post("/{statement_id}/passkey-questions")
@requires(Permission.CONFIRM_STATEMENTS, step_up=True)
def create_passkey_question(
    statement_id: UUID, call: CurrentCall, sha256: Annotated[str, Form(max_length=64)] = ""
) -> None:
    """What a passkey shall sign, as JSON; see `http_edge.passkeys`."""
    attestor = attestor_for(call, ASK)
    change(call, lambda work, actor: statements.confirm(work, actor, attestor, statement_id, sha256=sha256))


@router.post("/{statement_id}/refusals", response_class=HTMLResponse)
@requires(Permission.CONFIRM_STATEMENTS)
def create_refusal(statement_id: UUID, view: CurrentView, call: CurrentCall, reason: Reason = "") -> Response:
    problem = refusal(call, lambda work, actor: statements.refuse(work, actor, statement_id, reason=reason))
    return _after(view, call, statement_id, problem, "statement-refused")


@router.post("/{statement_id}/withdrawals", response_class=HTMLResponse)
@signed_in()
def create_withdrawal(statement_id: UUID, view: CurrentView, call: CurrentCall) -> Response:
    problem = refusal(call, lambda work, actor: statements.withdraw(work, actor, statement_id))
    return _after(view, call, statement_id, problem, "statement-withdrawn")


def _after(
    view: View, call: CurrentCall, statement_id: UUID, problem: PrintServerError | None, notice: str
) -> Response:
    if problem is None:
        return view.go(f"/statements/{statement_id}", notice)
    with call.adapters.database.reading() as work:
        return _page(view, work, call.caller_in(work).actor, statement_id, problem=problem)


def _page(
    view: View, work: Work, actor: Actor, statement_id: UUID, *, problem: PrintServerError | None = None
) -> HTMLResponse:
    facts = statement_queries.readable_statement(work, actor, statement_id)
    flow = _flow(facts)
    known = names(work, {facts.proposed_by, *facts.signers} | _people_in(facts.body))
    may_sign = (
        facts.state is StatementState.PROPOSED
        and actor.may(Permission.CONFIRM_STATEMENTS)
        and actor.person_id not in facts.signers
        and str(actor.person_id) not in concerned(parse_body(facts.kind, facts.body))
    )
    return view.page(
        "statement.html",
        status=200 if problem is None else status_of(problem),
        statement=facts,
        lines=_lines(work, facts),
        flow=flow,
        flow_class=None if flow is None else _class_of(work, actor, flow),
        named=flow_names(work, flow),
        names=known,
        may_sign=may_sign,
        may_refuse=facts.state is StatementState.PROPOSED and actor.may(Permission.CONFIRM_STATEMENTS),
        may_withdraw=facts.state is StatementState.PROPOSED and facts.proposed_by == actor.id,
        passkeys_only=_passkeys_only(work, actor),
        problem=problem,
    )


def _passkeys_only(work: Work, actor: Actor) -> bool:
    return statement_queries.officer_evidence(work, actor.organisation_id) == "passkey"


def _lines(work: Work, facts: StatementFacts) -> list[tuple[str, Any]]:
    """The body's parts that say something, with names instead of ids."""
    said = {name: value for name, value in facts.body.items() if value not in (None, "", [], {}) and name != "flow"}
    if facts.kind in (StatementKind.FREEZE, StatementKind.UNFREEZE) and "path" not in said:
        said["path"] = ""
    people = {str(id_): name for id_, name in names(work, _people_in(facts.body)).items()}
    return [(name, _named(work, name, value, people)) for name, value in said.items()]


def _named(work: Work, name: str, value: Any, people: Mapping[str, str]) -> Any:
    if name in PERSONS:
        return people.get(value, value)
    if name == "custodians":
        return [people.get(each, each) for each in value]
    if name == "path":
        return branch_names_of_path(work, value)
    if name == "paths":
        return [branch_names_of_path(work, each) for each in value]
    if name == "seal_id":
        return seal_names(work, {UUID(value)}).get(UUID(value), value)
    if name in TIMES:
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else value
    return value


def _people_in(body: Mapping[str, Any]) -> set[UUID]:
    named = [body[name] for name in PERSONS if body.get(name)] + list(body.get("custodians", ()))
    return {UUID(str(each)) for each in named}


def _flow(facts: StatementFacts) -> Flow | None:
    return parse_flow(facts.body["flow"]) if "flow" in facts.body else None


def _class_of(work: Work, actor: Actor, flow: Flow) -> ClassDescription | None:
    """None before the class has got a row."""
    all_of_them = classes(work, actor.organisation_id, retired=True)
    return next((each.description for each in all_of_them if each.code == flow.class_code), None)
