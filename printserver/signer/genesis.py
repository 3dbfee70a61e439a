"""What a new register begins with: the seats, seals and flows of the installation, as people review them in a ceremony.

The rows are believed here and never again: from now on only statements change the register.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from printserver.foundation.clock import as_text
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import branch_path
from printserver.organisations.queries import OrganisationFacts, binding_seats, organisations
from printserver.seals.queries import seals_of
from printserver.seals.states import SealState
from printserver.signing.flow import default_flow
from printserver.signing.statements import Statement, StatementKind


def genesis(work: Work) -> list[Statement]:
    """Of every organisation: who holds a role that can help to bring the HSM to sign, the seals, the flow `general`."""
    return [statement for each in organisations(work) for statement in _of_organisation(work, each)]


def _of_organisation(work: Work, organisation: OrganisationFacts) -> list[Statement]:
    def said(kind: StatementKind, body: Mapping[str, Any]) -> Statement:
        return Statement(str(new_id()), organisation.number, kind, body, work.now())

    seats = [
        said(
            StatementKind.SEAT,
            {
                "person_id": str(seat.person_id),
                "role": seat.role,
                "path": seat.path,
                "from": as_text(seat.valid_from),
                "until": None if seat.valid_until is None else as_text(seat.valid_until),
            },
        )
        for seat in binding_seats(work, organisation.id)
    ]
    seals = [
        said(
            StatementKind.SEAL,
            {
                "seal_id": str(seal.id),
                "code_id": seal.code_id,
                "object_sha256": seal.object_sha256,
                "type": seal.type,
                "custodians": [str(seal.custodian_id)],
                "state": seal.state.value,
                "path": branch_path(work, seal.branch_id),
            },
        )
        for seal in seals_of(work, organisation.id)
        if seal.state in (SealState.ACTIVE, SealState.SUSPENDED)
    ]
    return [*seats, *seals, said(StatementKind.FLOW, {"flow": default_flow().to_json()})]
