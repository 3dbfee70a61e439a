"""Other systems in which people approve, as registered statements say; the signer has its own register of them."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from printserver.approvals.models import StatementRow
from printserver.approvals.statement_states import StatementState
from printserver.foundation.unit_of_work import Work
from printserver.signing.p256 import load_public_key
from printserver.signing.statements import (
    StatementKind,
    StatementMalformed,
    SystemBody,
    UnsystemBody,
    parse_body,
)


def system_key(work: Work, organisation_id: UUID, system_id: str) -> ec.EllipticCurvePublicKey | None:
    """The public key of a registered system; None for one that nobody registered, or that was struck off."""
    rows = work.session.execute(
        select(StatementRow.kind, StatementRow.body)
        .where(
            StatementRow.organisation_id == organisation_id,
            StatementRow.kind.in_((StatementKind.SYSTEM.value, StatementKind.UNSYSTEM.value)),
            StatementRow.state == StatementState.REGISTERED.value,
        )
        .order_by(StatementRow.registered_at, StatementRow.id)
    )
    known: SystemBody | None = None
    for kind, said in rows:
        try:
            body = parse_body(StatementKind(kind), said)
        except StatementMalformed:  # changed by somebody: the signer knows what it knows
            continue
        if isinstance(body, SystemBody) and body.system_id == system_id:
            known = body
        elif isinstance(body, UnsystemBody) and body.system_id == system_id:
            known = None
    if known is None:
        return None
    return load_public_key(urlsafe_b64decode(known.spki + "=" * (-len(known.spki) % 4)))
