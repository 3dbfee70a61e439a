"""Evidence of a decision: a compact JWS (ES256) over the manifest's digest, with who decided what and when.

The signer believes evidence, never a row. Keys: `attestation` keys of the key list; today that of the web process,
which attests what a signed-in person did. Source: RFC 7515, RFC 7518 section 3.4.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from printserver.signing.errors import EvidenceForged
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import key_id_of, spki_of
from printserver.signing.published_key import KeyUsage
from printserver.signing.trust import load_key_file

TYPE: Final = "print-approval+jws"
APPROVAL_STEP: Final = "approval"
CUSTODY_PREFIX: Final = "custody:"
MAX_CHARACTERS: Final = 8192
_ALGORITHMS: Final = ("ES256",)
_FIELDS: Final = {
    "manifest_sha256", "request_id", "person_id", "step", "decision", "decided_at", "organisation",
}  # fmt: skip


class Decision(StrEnum):
    """What a person said to a step."""

    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True)
class EvidenceClaims:
    """Who decided what about which manifest. Raises EvidenceForged when a field is out of its grammar."""

    manifest_sha256: str
    """64 lower-case hex digits, SHA-256 of the manifest's RFC 8785 bytes."""
    request_id: str
    person_id: str
    """The person, not the account."""
    step: str
    """`approval`, or `custody:` and the seal's id."""
    decision: Decision
    decided_at: datetime
    """UTC, whole seconds."""
    organisation: int
    """The organisation's number, u32."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9a-f]{64}", self.manifest_sha256, re.ASCII):
            raise EvidenceForged("the evidence names no manifest")
        for text in (self.request_id, self.person_id):
            if not re.fullmatch(r"[\x21-\x7e]{1,64}", text):
                raise EvidenceForged("the evidence names no request or no person")
        if not re.fullmatch(rf"{APPROVAL_STEP}|{CUSTODY_PREFIX}[\x21-\x7e]{{1,64}}", self.step):
            raise EvidenceForged("the evidence is for no step we know")
        if self.decided_at.tzinfo is None or self.decided_at.microsecond:
            raise EvidenceForged("the time of a decision is in UTC and whole seconds")
        if not 0 <= self.organisation < 1 << 32:
            raise EvidenceForged("the organisation's number is out of range")


@dataclass(frozen=True)
class AttestationKey:
    """The private key that attests decisions; it lies outside the database."""

    key: ec.EllipticCurvePrivateKey

    @classmethod
    def load(cls, path: Path) -> Self:
        """From the PEM file that `trust.make_key_file` wrote.   Raises: TrustFileRefused."""
        return cls(load_key_file(path))

    @property
    def key_id(self) -> str:
        """As in the key list."""
        return key_id_of(spki_of(self.key.public_key()))


def sign_evidence(claims: EvidenceClaims, attestation_key: AttestationKey) -> str:
    """Attest a decision; answers the compact JWS."""
    header = {"alg": "ES256", "kid": attestation_key.key_id, "typ": TYPE}
    payload = {
        "manifest_sha256": claims.manifest_sha256,
        "request_id": claims.request_id,
        "person_id": claims.person_id,
        "step": claims.step,
        "decision": str(claims.decision),
        "decided_at": claims.decided_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "organisation": claims.organisation,
    }
    content = json.dumps(payload, separators=(",", ":"), sort_keys=True)
    return jws.serialize_compact(header, content, ECKey.import_key(attestation_key.key), list(_ALGORITHMS))


def verify_evidence(token: str, key_list: KeyList) -> EvidenceClaims:
    """Answer the claims once it is proved that a valid attestation key of the list signed them.

    Steps: size, header (ES256, our type, no other member), key of usage attestation, signature, claims,
    key's validity when it was decided, organisation, revocation.
    Raises: EvidenceForged, KeyUnknown, KeyNotValid.
    """
    if len(token) > MAX_CHARACTERS:
        raise EvidenceForged("the evidence is too long")
    key = key_list.find(_key_id(token), KeyUsage.ATTESTATION)
    try:
        content = jws.deserialize_compact(token, ECKey.import_key(key.p256_key()), list(_ALGORITHMS)).payload
    except (JoseError, ValueError) as problem:
        raise EvidenceForged("the evidence was not signed by the key it names") from problem
    claims = _claims(content)
    if key.organisation is not None and key.organisation != claims.organisation:
        raise EvidenceForged("the evidence was signed for another organisation")
    key.check_valid(claims.decided_at)
    key.check_not_revoked(None)
    return claims


def _key_id(token: str) -> str:
    try:
        header = jws.extract_compact(token.encode("ascii")).protected
    except (JoseError, ValueError) as problem:
        raise EvidenceForged("the evidence is no compact JWS") from problem
    if set(header) != {"alg", "kid", "typ"} or header["alg"] != "ES256" or header["typ"] != TYPE:
        raise EvidenceForged("the evidence's header is not ours")
    if not isinstance(header["kid"], str):
        raise EvidenceForged("the evidence's header is not ours")
    return header["kid"]


def _claims(content: bytes) -> EvidenceClaims:
    try:
        payload = json.loads(content)
        if not isinstance(payload, dict) or set(payload) != _FIELDS or type(payload["organisation"]) is not int:
            raise EvidenceForged("the evidence holds other claims than it should")
        return EvidenceClaims(
            **{**payload, "decision": Decision(payload["decision"]), "decided_at": _time(payload["decided_at"])}
        )
    except (ValueError, TypeError, RecursionError) as problem:
        raise EvidenceForged("the evidence holds other claims than it should") from problem


def _time(text: Any) -> datetime:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text, re.ASCII):
        raise EvidenceForged("the time of a decision is written as 2026-01-31T12:00:00Z")
    return datetime.fromisoformat(text)
