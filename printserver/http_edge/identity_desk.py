"""Handing in and looking at what is sealed of a proof of identity: the HSM is asked outside of any transaction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from printserver.documents.identity_evidence import safe_evidence
from printserver.http_edge.work import Call
from printserver.organisations.identity_proof_intake import (
    NewProof,
    checked_proof,
    open_file,
    open_number,
    seal_proof,
    submit_proof,
)
from printserver.organisations.identity_proof_secrets import view_evidence, view_number
from printserver.storage.sealed import Sealed


def hand_in(call: Call, new: NewProof, files: Sequence[tuple[str, bytes]]) -> UUID:
    """files: name and content of each.

    Raises: as `checked_proof`, DocumentRefused and its kinds, Unavailable while the HSM is away.
    """
    adapters = call.adapters
    with adapters.database.reading() as work:
        actor = call.caller_in(work).actor
        number = checked_proof(work, actor, new).number
    evidence = safe_evidence(files, largest_bytes=adapters.settings.largest_upload_bytes)
    sealed = seal_proof(adapters.objects, adapters.key_wrapper, actor.organisation_id, number, evidence)
    with call.transaction() as work:
        return submit_proof(work, call.caller_in(work).actor, new, sealed, adapters.secrets)


def shown_number(call: Call, proof_id: UUID) -> str:
    """On record first.   Raises: IdentityProofNotFound, IdentityErased, SealedNotGenuine, Unavailable."""
    with call.transaction() as work:
        seen = view_number(work, call.caller_in(work).actor, proof_id)
    return open_number(
        call.adapters.key_wrapper, seen.organisation_id, seen.proof_id, seen.sealed_number, seen.wrapped_key
    )


def shown_evidence(call: Call, proof_id: UUID, evidence_id: UUID) -> bytes:
    """The PDF; on record first.   Raises: IdentityProofNotFound, IdentityErased, SealedNotGenuine, Unavailable."""
    with call.transaction() as work:
        seen = view_evidence(work, call.caller_in(work).actor, proof_id, evidence_id)
    sealed = Sealed(seen.wrapped_key, call.adapters.objects.get(seen.object_sha256, seen.organisation_id))
    return open_file(call.adapters.key_wrapper, seen.organisation_id, seen.evidence_id, sealed)
