"""Passkeys of people: added, named, used for signing in and as a second factor, removed. Source: Web Authentication.

A row counts only with its digest under web's secret, which binds the public key to the account: a row that is copied,
changed or inserted in the database signs nobody in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from webauthn import generate_registration_options, options_to_json, verify_registration_response
from webauthn.authentication.verify_authentication_response import verify_authentication_response
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from printserver.audit.log import append
from printserver.foundation.errors import NotFound, Refused
from printserver.foundation.ids import new_id
from printserver.foundation.unit_of_work import Work
from printserver.organisations.access import Actor
from printserver.organisations.models import Passkey, User
from printserver.organisations.passkey_answers import (
    TIMEOUT_MS,
    PasskeyRefused,
    PasskeyUnreadable,
    RelyingParty,
    challenge_in,
    options_for,
    plain,
    read_answer,
)
from printserver.organisations.passkey_challenges import (
    Ceremony,
    PasskeyChallengeStale,
    moment_of,
    new_challenge,
)
from printserver.organisations.passkey_events import PasskeyAdded, PasskeyRemoved, PasskeyRenamed
from printserver.organisations.secrets import Purpose, Secrets
from printserver.signing.cose_key import ALGORITHMS, read_cose_key
from printserver.signing.errors import SignatureInvalid
from printserver.signing.passkey_evidence import base64url, from_base64url

LONGEST_NAME: Final = 100
MOST_PASSKEYS: Final = 20


class PasskeyKnown(Refused):
    """This passkey was added before."""

    code = "passkey-known"


class PasskeysTooMany(Refused):
    code = "passkeys-too-many"


class PasskeyNotFound(NotFound):
    code = "passkey-not-found"


@dataclass(frozen=True)
class PasskeyView:
    """`evidence_since`: None while two officers have not vouched for it; `statement_id`: what waits for them."""

    id: UUID
    credential_id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None
    evidence_since: datetime | None
    statement_id: UUID | None


@dataclass(frozen=True)
class AddedPasskey:
    """What two officers vouch for, as the statement `key` says it."""

    id: UUID
    person_id: UUID
    credential_id: str
    public_key: str
    rp_id: str
    origin: str


@dataclass(frozen=True)
class UsedPasskey:
    """An answer that holds: whose it is."""

    user_id: UUID
    passkey_id: UUID


def registration_options(
    work: Work, actor: Actor, party: RelyingParty, secrets: Secrets, *, binding: str
) -> dict[str, Any]:
    """What `navigator.credentials.create` is asked for: a passkey that the device finds by itself and unlocks."""
    known = [PublicKeyCredentialDescriptor(id=from_base64url(row.credential_id)) for row in rows_of(work, actor.id)]
    login = work.session.scalar(select(User.login).where(User.id == actor.id))
    options = generate_registration_options(
        rp_id=party.rp_id,
        rp_name=party.name,
        user_name=login or actor.name,
        user_display_name=actor.name,
        user_id=actor.id.bytes,
        challenge=new_challenge(secrets, Ceremony.REGISTER, binding, now=work.now()),
        timeout=TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=known,
        supported_pub_key_algs=list(ALGORITHMS),
    )
    return plain(options_to_json(options))


def add_passkey(
    work: Work, actor: Actor, party: RelyingParty, secrets: Secrets, *, binding: str, answer: str, name: str
) -> AddedPasskey:
    """Take in what `navigator.credentials.create` answered.

    answer: JSON text.
    Raises: PasskeyUnreadable, PasskeyRefused, PasskeyChallengeStale, PasskeyKnown, PasskeysTooMany.
    """
    credential = read_answer(answer)
    challenge = challenge_in(credential)
    moment_of(secrets, Ceremony.REGISTER, binding, challenge, now=work.now())
    if len(rows_of(work, actor.id)) >= MOST_PASSKEYS:
        raise PasskeysTooMany(f"nobody has more than {MOST_PASSKEYS} passkeys; remove one first")
    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=list(ALGORITHMS),
        )
        read_cose_key(verified.credential_public_key)
    except (WebAuthnException, SignatureInvalid) as problem:
        raise PasskeyRefused("this passkey cannot be added") from problem
    except (ValueError, TypeError, KeyError, IndexError) as problem:
        raise PasskeyUnreadable("this is no passkey's answer") from problem
    row = Passkey(
        id=new_id(),
        user_id=actor.id,
        credential_id=base64url(verified.credential_id),
        public_key=base64url(verified.credential_public_key),
        rp_id=party.rp_id,
        origin=party.origin,
        name=_name(name),
        sign_count=verified.sign_count,
        mac="",
        created_at=work.now(),
    )
    row.mac = _mac(secrets, row)
    try:
        with work.session.begin_nested():
            work.session.add(row)
    except IntegrityError:
        raise PasskeyKnown("this passkey was added before") from None
    append(work, actor.by, PasskeyAdded(id=actor.id, passkey_id=row.id, name=row.name, fingerprint=fingerprint_of(row)))
    return AddedPasskey(row.id, actor.person_id, row.credential_id, row.public_key, row.rp_id, row.origin)


def rename_passkey(work: Work, actor: Actor, passkey_id: UUID, *, name: str) -> None:
    """Raises: PasskeyNotFound for anybody else's."""
    row = _own(work, actor, passkey_id)
    before, row.name = row.name, _name(name)
    append(work, actor.by, PasskeyRenamed(id=actor.id, passkey_id=row.id, before=before, after=row.name))


def remove_passkey(work: Work, actor: Actor, passkey_id: UUID) -> PasskeyView:
    """From now on it neither signs in nor is a factor; its digest goes, so that the row cannot be brought back.

    Raises: PasskeyNotFound for anybody else's.
    """
    row = _own(work, actor, passkey_id)
    before = _view(row)
    row.removed_at, row.mac = work.now(), ""
    append(
        work, actor.by, PasskeyRemoved(id=actor.id, passkey_id=row.id, name=row.name, fingerprint=fingerprint_of(row))
    )
    return before


def note_statement(work: Work, passkey_id: UUID, statement_id: UUID) -> None:
    """Which statement asks officers to vouch for it."""
    work.session.execute(update(Passkey).where(Passkey.id == passkey_id).values(statement_id=statement_id))


def passkeys(work: Work, actor: Actor, secrets: Secrets) -> tuple[PasskeyView, ...]:
    """The actor's own, oldest first; rows without their digest are none."""
    return tuple(_view(row) for row in rows_of(work, actor.id) if is_genuine(secrets, row))


def sign_in_question(work: Work, party: RelyingParty, secrets: Secrets) -> dict[str, Any]:
    """What `navigator.credentials.get` is asked for when a stranger signs in; the person chooses the passkey."""
    challenge = new_challenge(secrets, Ceremony.SIGN_IN, "", now=work.now())
    return options_for(party.rp_id, challenge, [])


def use_passkey(
    work: Work, secrets: Secrets, ceremony: Ceremony, *, binding: str, answer: str, user_id: UUID | None = None
) -> UsedPasskey:
    """Check what `navigator.credentials.get` answered, and use its challenge up.

    user_id: whose passkey it must be; None when the passkey itself says who signs in.
    Raises: PasskeyUnreadable, PasskeyRefused, PasskeyChallengeStale.
    """
    credential = read_answer(answer)
    challenge = challenge_in(credential)
    made = moment_of(secrets, ceremony, binding, challenge, now=work.now())
    row = work.session.scalar(
        select(Passkey)
        .where(Passkey.credential_id == str(credential.get("id", "")), Passkey.removed_at.is_(None))
        .with_for_update()
    )
    if row is None or not is_genuine(secrets, row) or (user_id is not None and row.user_id != user_id):
        raise PasskeyRefused("this passkey is not known here")
    handle = credential["response"].get("userHandle")
    if handle and handle != base64url(row.user_id.bytes):
        raise PasskeyRefused("this passkey belongs to another account")
    count = _verified_count(row, credential, challenge)
    if made <= row.newest_challenge:
        raise PasskeyChallengeStale("the question to the passkey was answered already; please try again")
    row.sign_count, row.newest_challenge, row.last_used_at = count, made, work.now()
    return UsedPasskey(row.user_id, row.id)


def factor_question(work: Work, secrets: Secrets, user_id: UUID) -> dict[str, Any] | None:
    """What the account's passkeys are asked as a second factor; None when it has none."""
    rows = [row for row in rows_of(work, user_id) if is_genuine(secrets, row)]
    if not rows:
        return None
    challenge = new_challenge(secrets, Ceremony.FACTOR, str(user_id), now=work.now())
    known = [row.credential_id for row in rows if row.rp_id == rows[-1].rp_id]
    return options_for(rows[-1].rp_id, challenge, known)


def proves_factor(work: Work, secrets: Secrets, user_id: UUID, answer: str) -> bool:
    """Whether the account's own passkey answered `factor_question`; the answer is used up with this."""
    try:
        use_passkey(work, secrets, Ceremony.FACTOR, binding=str(user_id), answer=answer, user_id=user_id)
    except (PasskeyUnreadable, PasskeyRefused, PasskeyChallengeStale):
        return False
    return True


def has_passkey(work: Work, user_id: UUID) -> bool:
    return bool(rows_of(work, user_id))


def _verified_count(row: Passkey, credential: Mapping[str, Any], challenge: bytes) -> int:
    """Under the relying party of its registration, which the row's digest binds."""
    try:
        verified = verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=row.rp_id,
            expected_origin=row.origin,
            credential_public_key=from_base64url(row.public_key),
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except WebAuthnException as problem:
        raise PasskeyRefused("the passkey's answer does not hold") from problem
    except (ValueError, TypeError, KeyError, IndexError) as problem:
        raise PasskeyUnreadable("this is no passkey's answer") from problem
    return verified.new_sign_count


def rows_of(work: Work, user_id: UUID) -> list[Passkey]:
    return list(
        work.session.scalars(
            select(Passkey).where(Passkey.user_id == user_id, Passkey.removed_at.is_(None)).order_by(Passkey.id)
        )
    )


def _own(work: Work, actor: Actor, passkey_id: UUID) -> Passkey:
    row = work.session.scalar(
        select(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == actor.id, Passkey.removed_at.is_(None))
    )
    if row is None:
        raise PasskeyNotFound("you have no such passkey")
    return row


def _view(row: Passkey) -> PasskeyView:
    return PasskeyView(
        row.id, row.credential_id, row.name, row.created_at, row.last_used_at, row.evidence_since, row.statement_id
    )


def _mac(secrets: Secrets, row: Passkey) -> str:
    return secrets.mac(Purpose.PASSKEY, *_bound(row))


def is_genuine(secrets: Secrets, row: Passkey) -> bool:
    return secrets.vouches(row.mac, Purpose.PASSKEY, *_bound(row))


def _bound(row: Passkey) -> tuple[str, ...]:
    """What nobody may change behind our back."""
    return ("key", str(row.id), str(row.user_id), row.credential_id, row.public_key, row.rp_id, row.origin)


def fingerprint_of(row: Passkey) -> str:
    return sha256(from_base64url(row.public_key)).hexdigest()


def _name(text: str) -> str:
    return " ".join(text.split())[:LONGEST_NAME] or "passkey"
