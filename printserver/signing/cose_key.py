"""Public keys of passkeys as authenticators write them: COSE, in the three forms that we take.

Source: RFC 9052 section 7, RFC 9053 section 2, RFC 8230 section 4; the W3C's Web Authentication, section 5.8.5.
"""

from __future__ import annotations

from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from webauthn.helpers import parse_cbor
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException

from printserver.signing.errors import SignatureInvalid

ALGORITHMS: Final = (
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
)
"""ES256 on P-256, EdDSA on Ed25519, RS256: in the order in which an authenticator is asked for them."""
LONGEST_KEY: Final = 2048
_SHORTEST_RSA_BITS: Final = 2048
_KTY, _ALG, _CRV_OR_N, _X_OR_E, _Y = 1, 3, -1, -2, -3

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey


def read_cose_key(data: bytes) -> PublicKey:
    """data: the CBOR map of a COSE key with exactly the members of its form, at most 2048 bytes.

    Raises: SignatureInvalid for anything but P-256 with ES256, Ed25519 with EdDSA, RSA of 2048 bits or more with RS256.
    """
    if not 0 < len(data) <= LONGEST_KEY:
        raise SignatureInvalid("the passkey's public key has an impossible length")
    try:
        return _read(parse_cbor(data))
    except (WebAuthnException, ValueError, TypeError, OverflowError) as problem:
        raise SignatureInvalid("the passkey's public key cannot be read") from problem


def verify_cose(key_data: bytes, signature: bytes, message: bytes) -> None:
    """Raises SignatureInvalid unless `signature` is that of this COSE key over `message`."""
    key = read_cose_key(key_data)
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        else:
            key.verify(signature, message)
    except InvalidSignature as problem:
        raise SignatureInvalid("the passkey did not sign this") from problem


def _read(members: Any) -> PublicKey:
    if not isinstance(members, dict) or any(type(label) is not int for label in members):
        raise ValueError("no COSE key")
    form = tuple(members.get(label) for label in (_KTY, _ALG))
    if form == (2, -7) and set(members) == {_KTY, _ALG, _CRV_OR_N, _X_OR_E, _Y} and members[_CRV_OR_N] == 1:
        x, y = (int.from_bytes(_bytes(members[label], 32)) for label in (_X_OR_E, _Y))
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    if form == (1, -8) and set(members) == {_KTY, _ALG, _CRV_OR_N, _X_OR_E} and members[_CRV_OR_N] == 6:
        return ed25519.Ed25519PublicKey.from_public_bytes(_bytes(members[_X_OR_E], 32))
    if form == (3, -257) and set(members) == {_KTY, _ALG, _CRV_OR_N, _X_OR_E}:
        n, e = (int.from_bytes(_bytes(members[label])) for label in (_CRV_OR_N, _X_OR_E))
        if n.bit_length() < _SHORTEST_RSA_BITS:
            raise ValueError("the RSA key is too short")
        return rsa.RSAPublicNumbers(e, n).public_key()
    raise ValueError("a key of another form")


def _bytes(value: Any, size: int | None = None) -> bytes:
    if not isinstance(value, bytes) or (size is not None and len(value) != size):
        raise ValueError("a member of the wrong kind")
    return value
