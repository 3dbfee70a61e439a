"""Evidence of whatever kind, proved: who signed these claims, and with what. The only way into the rules."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import ec

from printserver.signing.errors import EvidenceForged
from printserver.signing.evidence import (
    EvidenceClaims,
    is_system_evidence,
    verify_evidence,
    verify_system_evidence,
)
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import load_public_key
from printserver.signing.passkey_evidence import PasskeyKey, base64url, is_passkey_evidence, verify_passkey_evidence
from printserver.signing.register import Standing
from printserver.signing.statements import KeyBody


class EvidenceKind(StrEnum):
    """`attested`: the web process says that a signed-in person did it. `system`: a registered system says so."""

    ATTESTED = "attested"
    PASSKEY = "passkey"
    SYSTEM = "system"


@dataclass(frozen=True)
class Verified:
    """`system_id`: of the system that signed, else empty."""

    claims: EvidenceClaims
    kind: EvidenceKind
    system_id: str = ""


def verify_any(text: str, key_list: KeyList, standing: Standing) -> Verified:
    """Prove evidence of any kind by the key list or by the keys that the register holds.

    Raises: EvidenceForged, KeyUnknown, KeyNotValid.
    """
    if is_passkey_evidence(text):
        return Verified(verify_passkey_evidence(text, lambda id_: _passkey(standing, id_)), EvidenceKind.PASSKEY)
    if is_system_evidence(text):
        claims, system_id = verify_system_evidence(text, lambda id_: _system_key(standing, id_))
        return Verified(claims, EvidenceKind.SYSTEM, system_id)
    return Verified(verify_evidence(text, key_list), EvidenceKind.ATTESTED)


def passkey_of(key: KeyBody) -> PasskeyKey:
    """Raises: ValueError when a part is no base64url."""
    return PasskeyKey(key.person_id, _bytes(key.credential_id), _bytes(key.public_key), key.rp_id, key.origin)


def _passkey(standing: Standing, credential_id: bytes) -> PasskeyKey | None:
    key = standing.keys.get(base64url(credential_id))
    return None if key is None else passkey_of(key)


def _system_key(standing: Standing, system_id: str) -> ec.EllipticCurvePublicKey | None:
    system = standing.systems.get(system_id)
    if system is None:
        return None
    try:
        return load_public_key(_bytes(system.spki))
    except ValueError as problem:
        raise EvidenceForged("the registered key of this system cannot be read") from problem


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
