"""Passkeys as evidence: which of them the signer believes, so far as the rows know, and what takes that away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from printserver.audit.log import By, append
from printserver.foundation.unit_of_work import Work
from printserver.organisations.models import Passkey, User
from printserver.organisations.passkey_answers import PasskeyRefused, options_for
from printserver.organisations.passkey_events import PasskeyRemoved
from printserver.organisations.passkeys import fingerprint_of, is_genuine, rows_of
from printserver.organisations.secrets import Secrets
from printserver.signing.passkey_evidence import PasskeyKey, base64url, from_base64url


@dataclass(frozen=True)
class RemovedPasskey:
    """`statement_id`: the newest about it."""

    id: UUID
    user_id: UUID
    person_id: UUID
    credential_id: str
    statement_id: UUID


def evidence_keys(work: Work, user_id: UUID, secrets: Secrets) -> dict[bytes, PasskeyKey]:
    """The account's passkeys for which officers have vouched, by credential."""
    rows = (row for row in rows_of(work, user_id) if row.evidence_since is not None and is_genuine(secrets, row))
    person_id = work.session.scalar(select(User.person_id).where(User.id == user_id)) or user_id
    keys = (
        PasskeyKey(
            str(person_id), from_base64url(row.credential_id), from_base64url(row.public_key), row.rp_id, row.origin
        )
        for row in rows
    )
    return {key.credential_id: key for key in keys}


def note_counter(work: Work, credential_id: bytes, authenticator_data: bytes) -> None:
    """Keep the counter of a verified answer.   Raises: PasskeyRefused when it did not go up: a copy of the passkey."""
    row = work.session.scalar(
        select(Passkey).where(Passkey.credential_id == base64url(credential_id)).with_for_update()
    )
    if row is None:
        raise PasskeyRefused("this passkey is not known here")
    count = int.from_bytes(authenticator_data[33:37])
    if (count or row.sign_count) and count <= row.sign_count:
        raise PasskeyRefused("this passkey's counter went back: there may be a copy of it")
    row.sign_count, row.last_used_at = count, work.now()


def options_for_keys(keys: Sequence[PasskeyKey], challenge: bytes) -> dict[str, Any]:
    """keys: of one person, at least one; only those of the newest one's address are asked for."""
    rp_id = keys[-1].rp_id
    known = [base64url(key.credential_id) for key in keys if key.rp_id == rp_id]
    return options_for(rp_id, challenge, known)


def apply_key(work: Work, _by: By, body: Mapping[str, Any]) -> None:
    """The signer takes this passkey's signatures as its owner's word from now on.   body: of the statement `key`."""
    work.session.execute(
        update(Passkey)
        .where(Passkey.credential_id == body["credential_id"], Passkey.evidence_since.is_(None))
        .values(evidence_since=work.now())
    )


def apply_unkey(work: Work, _by: By, body: Mapping[str, Any]) -> None:
    """The signer believes it no more, so it opens nothing here either.   body: of the statement `unkey`."""
    row = work.session.scalar(select(Passkey).where(Passkey.credential_id == body["credential_id"]))
    if row is not None:
        row.evidence_since, row.mac, row.removed_at = None, "", row.removed_at or work.now()


def forget_passkeys(work: Work, by: By, user_id: UUID) -> None:
    """All of an account, whose devices are lost. What the signer still believes: `removed_with_statements`."""
    for row in rows_of(work, user_id):
        _forget(work, by, row)


def forget_passkey(work: Work, by: By, passkey_id: UUID) -> None:
    """The one whose medium is lost; nothing, when it is removed already."""
    row = work.session.scalar(
        select(Passkey).where(Passkey.id == passkey_id, Passkey.removed_at.is_(None)).with_for_update()
    )
    if row is not None:
        _forget(work, by, row)


def removed_with_statements(work: Work, organisation_id: UUID) -> tuple[RemovedPasskey, ...]:
    """Removed passkeys of which a statement may still say that the signer believes them."""
    rows = work.session.execute(
        select(Passkey, User)
        .join(User, User.id == Passkey.user_id)
        .where(
            User.organisation_id == organisation_id,
            Passkey.removed_at.is_not(None),
            Passkey.statement_id.is_not(None),
        )
    )
    return tuple(
        RemovedPasskey(row.id, user.id, user.person_id or user.id, row.credential_id, row.statement_id)
        for row, user in rows
        if row.statement_id is not None
    )


def _forget(work: Work, by: By, row: Passkey) -> None:
    row.removed_at, row.mac = work.now(), ""
    append(work, by, PasskeyRemoved(id=row.user_id, passkey_id=row.id, name=row.name, fingerprint=fingerprint_of(row)))
