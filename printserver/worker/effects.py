"""What a registered statement does to the rows: each room lets its own follow the signer's register."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from printserver.approvals.classes import apply_flow
from printserver.approvals.place_changes import apply_freeze, apply_unfreeze
from printserver.approvals.registering import Effect
from printserver.approvals.statement_queries import StatementFacts
from printserver.audit.log import By
from printserver.foundation.unit_of_work import Work
from printserver.organisations.register_effects import (
    apply_bar,
    apply_delegation,
    apply_delegation_end,
    apply_seat,
    apply_unbar,
    apply_unseat,
)
from printserver.organisations.vouched_passkeys import apply_key, apply_unkey
from printserver.seals.service import apply_seal, apply_seal_order, apply_seal_stop
from printserver.signing.statements import StatementKind


def _of_body(effect: Callable[[Work, By, Mapping[str, Any]], None]) -> Effect:
    def follow(work: Work, by: By, statement: StatementFacts) -> None:
        effect(work, by, statement.body)

    return follow


def _seat(work: Work, by: By, statement: StatementFacts) -> None:
    apply_seat(work, by, statement.body, statement_id=statement.id)


def _delegation(work: Work, by: By, statement: StatementFacts) -> None:
    apply_delegation(work, by, statement.body, statement_id=statement.id)


def _freeze(work: Work, by: By, statement: StatementFacts) -> None:
    reason = str(statement.body.get("reason") or statement.reason)
    apply_freeze(work, by, statement.organisation_id, statement.body["path"], reason)


def _unfreeze(work: Work, by: By, statement: StatementFacts) -> None:
    apply_unfreeze(work, by, statement.organisation_id, statement.body["path"])


K = StatementKind
EFFECTS: Final[Mapping[StatementKind, Effect]] = {
    K.SEAT: _seat,
    K.UNSEAT: _of_body(apply_unseat),
    K.BAR: _of_body(apply_bar),
    K.UNBAR: _of_body(apply_unbar),
    K.FREEZE: _freeze,
    K.UNFREEZE: _unfreeze,
    K.KEY: _of_body(apply_key),
    K.UNKEY: _of_body(apply_unkey),
    K.FLOW: _of_body(apply_flow),
    K.SEAL_ORDER: _of_body(apply_seal_order),
    K.SEAL: _of_body(apply_seal),
    K.SEAL_STOP: _of_body(apply_seal_stop),
    K.DELEGATION: _delegation,
    K.DELEGATION_END: _of_body(apply_delegation_end),
}
"""Systems and the policy have no rows: they are the signer's alone."""
