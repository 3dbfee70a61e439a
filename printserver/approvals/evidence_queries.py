"""Signed decisions and the statements that vouch for their keys, as evidence packages take them along."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from printserver.approvals.models import Approval, StatementRow
from printserver.approvals.statement_states import StatementState
from printserver.foundation.unit_of_work import Work
from printserver.organisations.queries import organisation
from printserver.signing.statements import Statement, StatementKind


@dataclass(frozen=True)
class SignedDecision:
    """`evidence`: the signed words."""

    person_id: UUID
    step: str
    decision: str
    reason: str
    decided_at: datetime
    acts_for: UUID | None
    to_id: UUID | None
    kind: str
    evidence: str


def signed_decisions(work: Work, request_id: UUID, manifest_sha256: str) -> tuple[SignedDecision, ...]:
    """Those about this manifest, in the order in which they were taken."""
    rows = work.session.scalars(
        select(Approval)
        .where(Approval.request_id == request_id, Approval.manifest_sha256 == manifest_sha256)
        .order_by(Approval.id)
    )
    return tuple(
        SignedDecision(
            row.person_id,
            row.step,
            row.decision,
            row.reason,
            row.decided_at,
            row.acts_for,
            row.to_id,
            row.kind,
            row.evidence,
        )
        for row in rows
    )


def registered_keys(
    work: Work, organisation_id: UUID, *, credentials: Collection[str], systems: Collection[str]
) -> tuple[Statement, ...]:
    """The newest registered statement on each passkey and each system; those of the register's beginning have none.

    credentials: ids of passkeys, base64url.   systems: their ids.
    """
    rows = work.session.scalars(
        select(StatementRow)
        .where(
            StatementRow.organisation_id == organisation_id,
            StatementRow.kind.in_((StatementKind.KEY, StatementKind.SYSTEM)),
            StatementRow.state == StatementState.REGISTERED,
        )
        .order_by(StatementRow.registered_at, StatementRow.id)
    )
    number, found = organisation(work, organisation_id).number, {}
    for row in rows:
        name = str(row.body.get("credential_id" if row.kind == StatementKind.KEY else "system_id"))
        if name in (credentials if row.kind == StatementKind.KEY else systems):
            found[name] = Statement(str(row.id), number, StatementKind(row.kind), row.body, row.made_at)
    return tuple(found.values())
