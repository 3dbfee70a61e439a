"""What a telephone keeps of a signing until there is a network: sealed for this server, unreadable on the telephone.

A capture is its JSON under ECIES: an ephemeral P-256 key agrees with the account's key, HKDF-SHA256 makes a key for
AES-256-GCM of that, and the capture's id is authenticated along. The account's private key is derived from the web
process's secret and lies nowhere.   Sources: SEC 1 section 5.1 (the shape), RFC 5869, NIST SP 800-38D; the telephone
does the same in templates/web/assets/signing_capture.js.
"""

from __future__ import annotations

import base64
from typing import Annotated, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from printserver.foundation.errors import Malformed
from printserver.organisations.secrets import Purpose, Secrets
from printserver.returns.signing_rules import (
    LONGEST_NAME,
    LONGEST_PLACE,
    MOST_SIGNERS,
    IdentityCheck,
    NewSigning,
    Signer,
)

LONGEST_SEALED: Final = 60_000
"""Characters: 20 people with the longest names, and more."""
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_POINT: Final = 65
_NONCE: Final = 12
_INFO: Final = b"printserver signing capture 1"

_Name = Annotated[str, Field(max_length=LONGEST_NAME)]


class CaptureUnreadable(Malformed):
    """Sealed for another account, under another secret of the server, or damaged."""

    code = "signing-capture-unreadable"


class SealedCapture(BaseModel):
    """`sealed`: base64 of the ephemeral point (65 octets), the nonce (12) and the ciphertext with its tag."""

    model_config = ConfigDict(frozen=True)

    capture_id: UUID
    sealed: Annotated[str, Field(max_length=LONGEST_SEALED)]


class _Signer(BaseModel):
    name: _Name
    check: IdentityCheck
    party: _Name = ""
    number_end: Annotated[str, Field(max_length=40)] = ""


class _Words(BaseModel):
    copy_id: UUID
    signers: Annotated[list[_Signer], Field(max_length=MOST_SIGNERS)]
    place: Annotated[str, Field(max_length=LONGEST_PLACE)]
    witness: _Name = ""
    signed_at: AwareDatetime
    captured_at: AwareDatetime


def sealing_key(secrets: Secrets, account_id: UUID) -> str:
    """Base64 of the uncompressed point (65 octets) for which the account's telephone seals."""
    return base64.b64encode(_point(_private_key(secrets, account_id).public_key())).decode("ascii")


def opened(secrets: Secrets, account_id: UUID, capture: SealedCapture) -> NewSigning:
    """What the account recorded on its telephone.   Raises: CaptureUnreadable."""
    own = _private_key(secrets, account_id)
    try:
        octets = base64.b64decode(capture.sealed, validate=True)
        point, nonce, ciphertext = octets[:_POINT], octets[_POINT : _POINT + _NONCE], octets[_POINT + _NONCE :]
        shared = own.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point))
        key = HKDF(SHA256(), 32, salt=point + _point(own.public_key()), info=_INFO).derive(shared)
        plain = AESGCM(key).decrypt(nonce, ciphertext, str(capture.capture_id).encode())
        words = _Words.model_validate_json(plain)
    except (InvalidTag, ValidationError, ValueError):
        raise CaptureUnreadable("what the telephone kept cannot be read here; record the signing again") from None
    signers = tuple(Signer(each.name, each.check, each.party, each.number_end) for each in words.signers)
    return NewSigning(
        capture.capture_id, words.copy_id, signers, words.place, words.signed_at, words.witness, words.captured_at
    )


def _private_key(secrets: Secrets, account_id: UUID) -> EllipticCurvePrivateKey:
    number = int(secrets.mac(Purpose.SIGNING_CAPTURE, str(account_id)), 16)
    return derive_private_key(number % (_ORDER - 1) + 1, SECP256R1())


def _point(key: EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
