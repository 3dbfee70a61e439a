"""Statements in tests: proposed, signed and taken up by a signer that is asked without a socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update

from printserver.approvals.registering import RegisterTools, register_statement
from printserver.approvals.statement_queries import StatementFacts, statement_facts
from printserver.approvals.statement_states import StatementState
from printserver.approvals.statements import confirm, propose
from printserver.foundation.clock import as_text
from printserver.foundation.ids import new_id
from printserver.organisations.access import branch_path
from printserver.organisations.models import RoleBinding
from printserver.organisations.permissions import Role
from printserver.signing.statements import StatementKind
from printserver.worker.effects import EFFECTS
from tests.flows.refusing import by_sql
from tests.signing_world import SigningWorld
from tests.world_building import Office

K = StatementKind


@dataclass(frozen=True)
class SignerHere:
    """The signer, asked without a socket."""

    signed: SigningWorld

    def register(self, statement_id: UUID) -> Mapping[str, Any]:
        lines, head = self.signed.registering.take_up(statement_id)
        return {"lines": lines, "head": head}


def tools(signed: SigningWorld) -> RegisterTools:
    return RegisterTools(signed.database, SignerHere(signed), EFFECTS)


def seat_of(signed: SigningWorld, person_id: UUID, role: str = "approver") -> dict[str, Any]:
    with signed.database.reading() as work:
        path = branch_path(work, signed.world.home.north.branch_id)
    return {
        "person_id": str(person_id),
        "role": role,
        "path": path,
        "from": as_text(signed.database.clock.now()),
        "until": None,
    }


def proposed(
    signed: SigningWorld,
    kind: StatementKind,
    body: Mapping[str, Any],
    role: Role = Role.KEY_OFFICER,
    office: Office | None = None,
) -> UUID:
    with signed.database.work() as work:
        actor = signed.world.actor(work, role, office or signed.world.home.head)
        return propose(work, actor, signed.world.adapters.attestor, kind, body)


def confirmed(signed: SigningWorld, statement_id: UUID, role: Role, office: Office | None = None) -> StatementFacts:
    with signed.database.work() as work:
        actor = signed.world.actor(work, role, office or signed.world.home.head)
        sha256 = statement_facts(work, statement_id).sha256
        return confirm(work, actor, signed.world.adapters.attestor, statement_id, sha256=sha256)


def facts_of(signed: SigningWorld, statement_id: UUID) -> StatementFacts:
    with signed.database.reading() as work:
        return statement_facts(work, statement_id)


def registered(signed: SigningWorld, kind: StatementKind, body: Mapping[str, Any]) -> UUID:
    """By as many officers as it takes, taken up, with its effect."""
    statement_id = proposed(signed, kind, body)
    if facts_of(signed, statement_id).state is StatementState.PROPOSED:
        confirmed(signed, statement_id, Role.SEAL_ADMINISTRATOR)
    register_statement(tools(signed), statement_id)
    return statement_id


def newcomer(signed: SigningWorld) -> UUID:
    """The archivist, who holds no role that helps to seal, loses the one that would not go with it."""
    person = signed.world.person(Role.ARCHIVIST).id
    by_sql(signed, update(RoleBinding).where(RoleBinding.user_id == person).values(role="nothing-any-more"))
    return person


def role_row(signed: SigningWorld, person: UUID, role: str) -> Any:
    return insert(RoleBinding).values(
        id=new_id(),
        user_id=person,
        role=role,
        branch_id=signed.world.home.north.branch_id,
        created_at=signed.world.clock.now(),
    )
