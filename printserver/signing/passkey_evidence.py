"""Evidence of a decision that a person's own passkey signed: a WebAuthn assertion whose challenge is the claims.

The claims travel beside the assertion; the challenge is recomputed from them, so that nobody can give the signature to
other claims. The public key comes from whoever checks, never from the evidence.
Source: the W3C's Web Authentication, Level 2, section 7.2; RFC 8785.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from printserver.audit.canonical import canonical_json
from printserver.signing.cose_key import verify_cose
from printserver.signing.errors import EvidenceForged, SignatureInvalid
from printserver.signing.evidence import EvidenceClaims, claims_json, claims_of_json

PREFIX: Final = b"printserver passkey evidence 1\x00"
"""Before the claims, so that no other challenge of ours can be the challenge of a decision."""
FORMAT: Final = "passkey-evidence-1"
MAX_CHARACTERS: Final = 8192
LONGEST_CREDENTIAL_ID: Final = 1023
LONGEST_PART: Final = 2048
_PARTS: Final = ("credential_id", "authenticator_data", "client_data", "signature")
_USER_PRESENT: Final = 0x01
_USER_VERIFIED: Final = 0x04
_SHORTEST_AUTHENTICATOR_DATA: Final = 37
_CLIENT_DATA_TYPE: Final = "webauthn.get"


@dataclass(frozen=True)
class PasskeyKey:
    """A passkey that somebody answerable has tied to a person."""

    person_id: str
    credential_id: bytes
    """1 to 1023 bytes, chosen by the authenticator."""
    public_key: bytes
    """COSE, see `cose_key`."""
    rp_id: str
    """The host to which the browser binds the passkey."""
    origin: str
    """`https://HOST[:PORT]`, as browsers write it."""


def is_passkey_evidence(text: str) -> bool:
    """Whether `text` says of itself that a passkey signed it; nothing is proved by that."""
    return text.startswith("{")


def challenge_of(claims: EvidenceClaims) -> bytes:
    """The 32 bytes that the passkey signs: SHA-256 of a prefix of ours and the claims as RFC 8785 JSON."""
    return sha256(PREFIX + canonical_json(claims_json(claims))).digest()


def make_passkey_evidence(
    claims: EvidenceClaims,
    *,
    credential_id: bytes,
    authenticator_data: bytes,
    client_data_json: bytes,
    signature: bytes,
) -> str:
    """One RFC 8785 JSON text of at most 8192 characters; nothing is verified here.

    Raises: EvidenceForged when a part has an impossible length.
    """
    parts = (credential_id, authenticator_data, client_data_json, signature)
    if not all(0 < len(part) <= LONGEST_PART for part in parts) or len(credential_id) > LONGEST_CREDENTIAL_ID:
        raise EvidenceForged("a part of the passkey's answer has an impossible length")
    encoded = dict(zip(_PARTS, map(base64url, parts), strict=True))
    text = canonical_json({"format": FORMAT, "claims": claims_json(claims), **encoded}).decode()
    if len(text) > MAX_CHARACTERS:
        raise EvidenceForged("the evidence is too long")
    return text


def verify_passkey_evidence(text: str, find: Callable[[bytes], PasskeyKey | None]) -> EvidenceClaims:
    """Answer the claims once it is proved that the passkey of the very person they name signed them.

    Steps: size, one canonical JSON text of exactly our members, claims, key by credential, key's person, client data
    (type, challenge, origin, same-origin), authenticator data (relying party, presence, verification), signature.
    find: the key that the caller trusts for a credential's id, or None.
    Raises: EvidenceForged.
    """
    claims, parts = _read(text)
    credential_id, authenticator_data, client_data, signature = parts
    key = find(credential_id)
    if key is None or key.credential_id != credential_id:
        raise EvidenceForged("the evidence was signed by a passkey that nobody registered")
    if key.person_id != claims.person_id:
        raise EvidenceForged("the evidence was signed by another person's passkey")
    _check_client_data(client_data, challenge_of(claims), key.origin)
    _check_authenticator_data(authenticator_data, key.rp_id)
    try:
        verify_cose(key.public_key, signature, authenticator_data + sha256(client_data).digest())
    except SignatureInvalid as problem:
        raise EvidenceForged("the evidence was not signed by the passkey it names") from problem
    return claims


def base64url(data: bytes) -> str:
    """Without padding, as browsers and RFC 7515 write it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """The inverse of `base64url`, of its own output alone.   Raises: ValueError."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text, re.ASCII):
        raise ValueError("no base64url")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as problem:
        raise ValueError("no base64url") from problem
    if base64url(data) != text:
        raise ValueError("no canonical base64url")
    return data


def _read(text: str) -> tuple[EvidenceClaims, Sequence[bytes]]:
    if len(text) > MAX_CHARACTERS:
        raise EvidenceForged("the evidence is too long")
    value = _json_object(text)
    if set(value) != {"format", "claims", *_PARTS} or value["format"] != FORMAT:
        raise EvidenceForged("the evidence is not in our format")
    try:
        if canonical_json(value) != text.encode():
            raise EvidenceForged("the evidence is not written as we write it")
        parts = [from_base64url(value[name]) for name in _PARTS]
    except (ValueError, TypeError) as problem:
        raise EvidenceForged("the evidence is not in our format") from problem
    if not all(0 < len(part) <= LONGEST_PART for part in parts):
        raise EvidenceForged("a part of the passkey's answer has an impossible length")
    return claims_of_json(value["claims"]), parts


def _check_client_data(data: bytes, challenge: bytes, origin: str) -> None:
    """Source: Web Authentication, Level 2, section 5.8.1; browsers may leave `crossOrigin` out."""
    client = _json_object(data)
    if client.get("type") != _CLIENT_DATA_TYPE:
        raise EvidenceForged("the passkey was not asked for a signature")
    if client.get("challenge") != base64url(challenge):
        raise EvidenceForged("the passkey signed other claims")
    if client.get("origin") != origin:
        raise EvidenceForged("the passkey signed on another site")
    if client.get("crossOrigin", False) is not False or "topOrigin" in client:
        raise EvidenceForged("the passkey signed inside another site's page")


def _check_authenticator_data(data: bytes, rp_id: str) -> None:
    """Source: Web Authentication, Level 2, section 6.1: hash of the relying party, flags, counter."""
    if len(data) < _SHORTEST_AUTHENTICATOR_DATA or data[:32] != sha256(rp_id.encode()).digest():
        raise EvidenceForged("the passkey signed for another relying party")
    if not data[32] & _USER_PRESENT:
        raise EvidenceForged("nobody touched the passkey")
    if not data[32] & _USER_VERIFIED:
        raise EvidenceForged("the passkey did not verify its owner")


def _json_object(text: str | bytes) -> Mapping[str, Any]:
    """One JSON object without a member twice.   Raises: EvidenceForged."""
    try:
        value = json.loads(text, object_pairs_hook=_members)
    except (ValueError, RecursionError) as problem:
        raise EvidenceForged("the evidence is no JSON") from problem
    if not isinstance(value, dict):
        raise EvidenceForged("the evidence is no JSON object")
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members
