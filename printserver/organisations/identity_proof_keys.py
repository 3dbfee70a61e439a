"""The wrapped keys of what is sealed of proofs of identity, for whoever wraps them anew under a new HSM key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from printserver.foundation.unit_of_work import Work
from printserver.organisations.identity_proof_intake import EVIDENCE_KIND, NUMBER_KIND
from printserver.organisations.identity_proof_models import IdentityEvidence, IdentityProof
from printserver.storage.sealed import Belonging

_ROWS: Final[Mapping[str, type[IdentityProof | IdentityEvidence]]] = {
    NUMBER_KIND: IdentityProof,
    EVIDENCE_KIND: IdentityEvidence,
}
KINDS: Final = tuple(_ROWS)


def wrapped_keys(work: Work, kind: str, *, after: UUID | None, limit: int) -> tuple[tuple[Belonging, bytes], ...]:
    """Of what is not erased, by the id of its row: as what each key is wrapped, and wrapped.

    kind: one of KINDS.   after: the last id that was read.
    """
    row = _ROWS[kind]
    query = select(IdentityProof.organisation_id, row.id, row.wrapped_key).where(row.wrapped_key.is_not(None))
    if row is IdentityEvidence:
        query = query.join(IdentityProof, IdentityProof.id == IdentityEvidence.proof_id)
    if after is not None:
        query = query.where(row.id > after)
    return tuple(
        (Belonging(organisation_id, kind, row_id), wrapped)
        for organisation_id, row_id, wrapped in work.session.execute(query.order_by(row.id).limit(limit))
        if wrapped is not None
    )


def replace_wrapped_key(work: Work, belongs: Belonging, old: bytes, new: bytes) -> bool:
    """False, and nothing is changed, when it was erased or replaced since it was read.

    new: the same key, wrapped under another one of the HSM.
    """
    row = _ROWS[belongs.kind]
    changed = work.session.execute(
        update(row)
        .where(row.id == belongs.object_id, row.wrapped_key == old)
        .values(wrapped_key=new)
        .returning(row.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return changed is not None
