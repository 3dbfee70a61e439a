"""Have the signer take a statement up, and let it take effect in the rows once it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

import structlog

from printserver.approvals.statement_events import StatementRegistered, StatementWithoutEffect
from printserver.approvals.statement_queries import StatementFacts, StatementUnreadable, statement_facts
from printserver.approvals.statement_states import StatementAction, StatementState
from printserver.approvals.statements import move_statement, refuse_unreadable
from printserver.audit.log import By, append
from printserver.foundation.errors import IntegrityError, Malformed, PrintServerError, Refused
from printserver.foundation.unit_of_work import Database, Work
from printserver.signing.statements import StatementKind

BY_REGISTER: Final = By(process="register")
Effect = Callable[[Work, By, StatementFacts], None]


class Registrar(Protocol):
    def register(self, statement_id: UUID) -> Mapping[str, Any]:
        """Have the signer take the statement up; asking again changes nothing.

        Answers `lines` and `head` of its register.   Raises: Unavailable, OutcomeUnknown; Refused, IntegrityError.
        """


@dataclass(frozen=True)
class RegisterTools:
    """`effects`: what a statement of each kind does to the rows; a kind without one is of the signer's alone."""

    database: Database
    registrar: Registrar
    effects: Mapping[StatementKind, Effect]


def register_statement(tools: RegisterTools, statement_id: UUID) -> None:
    """Once enough have signed. A statement that the signer refuses, or that nobody can read, ends so.

    Raises: Unavailable, OutcomeUnknown: ask again later.
    """
    try:
        with tools.database.reading() as work:
            facts = statement_facts(work, statement_id)
    except StatementUnreadable:
        with tools.database.work() as work:
            refuse_unreadable(work, BY_REGISTER, statement_id)
        return
    if facts.state is not StatementState.CONFIRMED:
        return
    by = BY_REGISTER.within(facts.organisation_id)
    try:
        answer = tools.registrar.register(statement_id)
    except (Refused, Malformed, IntegrityError) as problem:
        with tools.database.work() as work:
            move_statement(work, by, statement_id, StatementAction.REFUSE, str(problem))
        return
    with tools.database.work() as work:
        move_statement(work, by, statement_id, StatementAction.REGISTER)
        append(
            work,
            by,
            StatementRegistered(
                id=statement_id,
                sha256=facts.sha256,
                register_lines=int(answer["lines"]),
                register_head=str(answer["head"]),
            ),
        )
        _take_effect(tools, work, by, facts)


def _take_effect(tools: RegisterTools, work: Work, by: By, facts: StatementFacts) -> None:
    """What the register holds, holds; rows that would not follow are an alarm for a person."""
    effect = tools.effects.get(facts.kind)
    if effect is None:
        return
    try:
        with work.session.begin_nested():
            effect(work, by, facts)
    except PrintServerError as problem:
        structlog.get_logger().error("a statement had no effect", statement_id=str(facts.id), code=problem.code)
        append(work, by, StatementWithoutEffect(id=facts.id, code=problem.code, reason=str(problem)))
