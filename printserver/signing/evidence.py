"""Evidence of a decision: a compact JWS (ES256) over the manifest's digest, with who decided what and when.

The signer believes evidence, never a row. The keys here are `attestation` keys of the key list (the web process attests
what a signed-in person did) and those of registered systems; passkeys sign the same claims, see `passkey_evidence`.
Source: RFC 7515, RFC 7518 section 3.4.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
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
SYSTEM_TYPE: Final = "print-approval-system+jws"
APPROVAL_STEP: Final = "approval"
CUSTODY_PREFIX: Final = "custody:"
STATEMENT_PREFIX: Final = "statement:"
MAX_CHARACTERS: Final = 8192
_ALGORITHMS: Final = ("ES256",)
_PERSON: Final = re.compile(r"[\x21-\x7e]{1,64}")
_STEP: Final = re.compile(
    rf"[a-z][a-z0-9-]{{0,39}}|{CUSTODY_PREFIX}[\x21-\x7e]{{1,64}}|{STATEMENT_PREFIX}[a-z-]{{1,40}}", re.ASCII
)


class Decision(StrEnum):
    """What a person said to a step. `forwarded`: somebody else shall decide in that person's place."""

    APPROVED = "approved"
    REFUSED = "refused"
    FORWARDED = "forwarded"


@dataclass(frozen=True)
class EvidenceClaims:
    """Who decided what about which manifest or statement. Raises EvidenceForged when a field is out of its grammar."""

    manifest_sha256: str
    """64 lower-case hex digits, SHA-256 of the manifest's (or the statement's) RFC 8785 bytes."""
    request_id: str
    """Of the print request, or of the statement."""
    person_id: str
    """The person, not the account."""
    step: str
    """A step of the flow, `custody:` and the seal's id, or `statement:` and its kind."""
    decision: Decision
    decided_at: datetime
    """UTC, whole seconds."""
    organisation: int
    """The organisation's number, u32."""
    acts_for: str = ""
    """The person whose place a deputy takes; empty for oneself."""
    to: str = ""
    """With `approved`: who must agree as well (countersign). With `forwarded`: who decides instead."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9a-f]{64}", self.manifest_sha256, re.ASCII):
            raise EvidenceForged("the evidence names no manifest")
        for text in (self.request_id, self.person_id):
            if not _PERSON.fullmatch(text):
                raise EvidenceForged("the evidence names no request or no person")
        for text in (self.acts_for, self.to):
            if text and (not _PERSON.fullmatch(text) or text == self.person_id):
                raise EvidenceForged("the evidence names nobody, or the decider, as the other person")
        if self.decision is Decision.FORWARDED and not self.to:
            raise EvidenceForged("a step is forwarded to somebody")
        if not _STEP.fullmatch(self.step):
            raise EvidenceForged("the evidence is for no step we know")
        if self.decided_at.tzinfo is None or self.decided_at.microsecond:
            raise EvidenceForged("the time of a decision is in UTC and whole seconds")
        if not 0 <= self.organisation < 1 << 32:
            raise EvidenceForged("the organisation's number is out of range")


_FIELDS: Final = {field.name for field in fields(EvidenceClaims)}


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


def claims_json(claims: EvidenceClaims) -> dict[str, str | int]:
    """The claims as JSON: what every kind of evidence signs."""
    return {
        **{field.name: getattr(claims, field.name) for field in fields(claims)},
        "decision": str(claims.decision),
        "decided_at": claims.decided_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def claims_of_json(payload: Any) -> EvidenceClaims:
    """The opposite of `claims_json`.   Raises: EvidenceForged for anything else."""
    try:
        if not isinstance(payload, dict) or set(payload) != _FIELDS or type(payload["organisation"]) is not int:
            raise EvidenceForged("the evidence holds other claims than it should")
        return EvidenceClaims(
            **{**payload, "decision": Decision(payload["decision"]), "decided_at": _time(payload["decided_at"])}
        )
    except (ValueError, TypeError) as problem:
        raise EvidenceForged("the evidence holds other claims than it should") from problem


def sign_evidence(claims: EvidenceClaims, attestation_key: AttestationKey) -> str:
    """Attest a decision; answers the compact JWS."""
    return _sign(claims, attestation_key.key, key_id=attestation_key.key_id, kind=TYPE)


def sign_system_evidence(claims: EvidenceClaims, key: ec.EllipticCurvePrivateKey, *, system_id: str) -> str:
    """How a registered system states a decision that was taken in it; answers the compact JWS."""
    return _sign(claims, key, key_id=system_id, kind=SYSTEM_TYPE)


def verify_evidence(token: str, key_list: KeyList) -> EvidenceClaims:
    """Answer the claims once it is proved that a valid attestation key of the list signed them.

    Steps: size, header (ES256, our type, no other member), key of usage attestation, signature, claims,
    key's validity when it was decided, organisation, revocation.
    Raises: EvidenceForged, KeyUnknown, KeyNotValid.
    """
    if len(token) > MAX_CHARACTERS:
        raise EvidenceForged("the evidence is too long")
    key = key_list.find(_key_id(token, TYPE), KeyUsage.ATTESTATION)
    claims = _signed_claims(token, key.p256_key())
    if key.organisation is not None and key.organisation != claims.organisation:
        raise EvidenceForged("the evidence was signed for another organisation")
    key.check_valid(claims.decided_at)
    key.check_not_revoked(None)
    return claims


def verify_system_evidence(
    token: str, find: Callable[[str], ec.EllipticCurvePublicKey | None]
) -> tuple[EvidenceClaims, str]:
    """The claims and the id of the system that signed them.

    find: the public key of a system by its id; None for one that is not registered.   Raises: EvidenceForged.
    """
    if len(token) > MAX_CHARACTERS:
        raise EvidenceForged("the evidence is too long")
    system_id = _key_id(token, SYSTEM_TYPE)
    key = find(system_id)
    if key is None:
        raise EvidenceForged("the evidence is that of a system nobody has registered")
    return _signed_claims(token, key), system_id


def is_system_evidence(token: str) -> bool:
    """Whether it says so of itself; nothing is believed yet."""
    try:
        header = jws.extract_compact(token.encode("ascii")).protected
    except (JoseError, ValueError):
        return False
    return header.get("typ") == SYSTEM_TYPE


def _sign(claims: EvidenceClaims, key: ec.EllipticCurvePrivateKey, *, key_id: str, kind: str) -> str:
    header = {"alg": "ES256", "kid": key_id, "typ": kind}
    content = json.dumps(claims_json(claims), separators=(",", ":"), sort_keys=True)
    return jws.serialize_compact(header, content, ECKey.import_key(key), list(_ALGORITHMS))


def _signed_claims(token: str, key: ec.EllipticCurvePublicKey) -> EvidenceClaims:
    try:
        content = jws.deserialize_compact(token, ECKey.import_key(key), list(_ALGORITHMS)).payload
    except (JoseError, ValueError) as problem:
        raise EvidenceForged("the evidence was not signed by the key it names") from problem
    try:
        return claims_of_json(json.loads(content))
    except (ValueError, RecursionError) as problem:
        raise EvidenceForged("the evidence holds other claims than it should") from problem


def _key_id(token: str, kind: str) -> str:
    try:
        header = jws.extract_compact(token.encode("ascii")).protected
    except (JoseError, ValueError) as problem:
        raise EvidenceForged("the evidence is no compact JWS") from problem
    if set(header) != {"alg", "kid", "typ"} or header["alg"] != "ES256" or header["typ"] != kind:
        raise EvidenceForged("the evidence's header is not ours")
    if not isinstance(header["kid"], str):
        raise EvidenceForged("the evidence's header is not ours")
    return header["kid"]


def _time(text: Any) -> datetime:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text, re.ASCII):
        raise EvidenceForged("the time of a decision is written as 2026-01-31T12:00:00Z")
    return datetime.fromisoformat(text)
