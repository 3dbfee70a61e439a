"""The signature algorithms of seals, by their object identifiers. The key must be of the algorithm's own kind."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from printserver.signing import sm2
from printserver.signing.errors import SealAlgorithmUnknown, SealObjectForged, SealObjectMalformed, SignatureInvalid
from printserver.signing.p256 import der_to_raw, load_public_key, verify_raw

ECDSA_WITH_SHA256: Final = "1.2.840.10045.4.3.2"
SM2_WITH_SM3: Final = "1.2.156.10197.1.501"
RSA_WITH_SHA256: Final = "1.2.840.113549.1.1.11"
_FEWEST_RSA_BITS: Final = 2048


@dataclass(frozen=True)
class Algorithm:
    """`verify`: takes SPKI, signature, message; raises SignatureInvalid."""

    name: str
    verify: Callable[[bytes, bytes, bytes], None]
    digest: Callable[[bytes], bytes]
    """32 bytes of what is sealed."""


def sm3(data: bytes) -> bytes:
    """32 bytes. Source: GB/T 32905, as implemented by OpenSSL."""
    state = hashes.Hash(hashes.SM3())
    state.update(data)
    return state.finalize()


def sha256(data: bytes) -> bytes:
    """32 bytes."""
    return hashlib.sha256(data).digest()


def _verify_p256(spki: bytes, signature: bytes, message: bytes) -> None:
    verify_raw(load_public_key(spki), der_to_raw(signature), message)


def _verify_rsa(spki: bytes, signature: bytes, message: bytes) -> None:
    try:
        key = serialization.load_der_public_key(spki)
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _FEWEST_RSA_BITS:
            raise SignatureInvalid("the key is no RSA key of at least 2048 bits")
        key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except (ValueError, UnsupportedAlgorithm, InvalidSignature) as problem:
        raise SignatureInvalid("the signature does not belong to these bytes") from problem


ALGORITHMS: Final[Mapping[str, Algorithm]] = {
    ECDSA_WITH_SHA256: Algorithm("ECDSA P-256 SHA-256", _verify_p256, sha256),
    SM2_WITH_SM3: Algorithm("SM2 SM3", sm2.verify, sm3),
    RSA_WITH_SHA256: Algorithm("RSA SHA-256", _verify_rsa, sha256),
}


def algorithm_of(oid: str) -> Algorithm:
    """Raises: SealAlgorithmUnknown."""
    try:
        return ALGORITHMS[oid]
    except KeyError:
        raise SealAlgorithmUnknown("signed with an algorithm that is not verified here") from None


def check_signed(spki: bytes, oid: str, signature: bytes, message: bytes) -> None:
    """Raises: SealObjectForged unless this key signed exactly these bytes with this algorithm; Sm2Unavailable."""
    try:
        algorithm_of(oid).verify(spki, signature, message)
    except (SignatureInvalid, SealObjectMalformed) as problem:
        raise SealObjectForged("the signature does not belong to these bytes") from problem
