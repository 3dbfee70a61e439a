"""P-256 signatures as they are written: 64 raw bytes in codes, DER in certificates and seal objects."""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature

from printserver.signing.errors import SignatureInvalid
from printserver.signing.ports import RawSign

SIGNATURE_SIZE: Final = 64
KEY_ID_SIZE: Final = 4
_PREHASHED: Final = ec.ECDSA(Prehashed(hashes.SHA256()))


def key_id_of(spki: bytes) -> str:
    """The first 4 bytes of SHA-256 of a DER SubjectPublicKeyInfo, as 8 lower-case hex digits."""
    return hashlib.sha256(spki).digest()[:KEY_ID_SIZE].hex()


def fingerprint_of(spki: bytes) -> str:
    """SHA-256 of a DER SubjectPublicKeyInfo, as 64 lower-case hex digits."""
    return hashlib.sha256(spki).hexdigest()


def spki_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """The key as DER SubjectPublicKeyInfo."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def load_public_key(spki: bytes) -> ec.EllipticCurvePublicKey:
    """Raises: SignatureInvalid for anything but a P-256 key."""
    try:
        key = serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise SignatureInvalid("not a public key") from problem
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SignatureInvalid("the key is not a P-256 key")
    return key


def raw_to_der(signature: bytes) -> bytes:
    """r‖s (64 bytes) to the DER SEQUENCE of two integers."""
    if len(signature) != SIGNATURE_SIZE:
        raise SignatureInvalid("a raw P-256 signature has 64 bytes")
    return encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))


def der_to_raw(signature: bytes) -> bytes:
    """The DER SEQUENCE of two integers to r‖s (64 bytes)."""
    try:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    except (ValueError, OverflowError) as problem:
        raise SignatureInvalid("not a P-256 signature") from problem


def verify_raw(key: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> None:
    """Raises SignatureInvalid unless `signature` (64 bytes, r‖s) is this key's over SHA-256 of `message`."""
    try:
        key.verify(raw_to_der(signature), hashlib.sha256(message).digest(), _PREHASHED)
    except InvalidSignature as problem:
        raise SignatureInvalid("the signature does not belong to these bytes") from problem


def sign_message(sign: RawSign, message: bytes) -> bytes:
    """The 64 raw bytes over SHA-256 of `message`; a key that answers anything else is refused at once."""
    signature = sign(hashlib.sha256(message).digest())
    if len(signature) != SIGNATURE_SIZE:
        raise SignatureInvalid("the signing key did not answer with 64 bytes")
    return signature


def software_sign(key: ec.EllipticCurvePrivateKey) -> RawSign:
    """Sign with a key in this process's memory: the offline root in a ceremony, the attestation key, tests."""

    def sign(digest: bytes, /) -> bytes:
        return der_to_raw(key.sign(digest, _PREHASHED))

    return sign
