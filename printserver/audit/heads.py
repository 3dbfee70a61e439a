"""Signed tree heads: what is signed, and how a signature is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from printserver.audit.canonical import canonical_json
from printserver.audit.merkle import HASH_LENGTH
from printserver.audit.models import AuditHead
from printserver.foundation.clock import as_text
from printserver.foundation.errors import IntegrityError

HEAD_PREFIX: Final = b"printserver:audit-tree-head:v1\x00"
SIGNATURE_LENGTH: Final = 64

Verify = Callable[["TreeHead"], None]


class HeadSignatureInvalid(IntegrityError):
    code = "head-signature-invalid"


@dataclass(frozen=True)
class TreeHead:
    """A statement about the log's first `size` leaves (> 0), signed by the tree-head key.

    root: 32 bytes.   at: when it was signed, aware.   key_id: names the key among the published ones.
    signature: over `head_bytes`; P-256 with SHA-256 as 64 bytes r‖s, the form a PKCS#11 token returns.
    """

    size: int
    root: bytes
    at: datetime
    key_id: str
    signature: bytes

    @classmethod
    def of(cls, row: AuditHead) -> TreeHead:
        return cls(row.size, row.root, row.at, row.key_id, row.signature)


def head_bytes(size: int, root: bytes, at: datetime, key_id: str) -> bytes:
    """What is signed: a prefix no other signature of the product uses, then canonical JSON.

    Raises: ValueError for values no head can have.
    """
    if size <= 0 or len(root) != HASH_LENGTH:
        raise ValueError("a head names at least one leaf and a root of 32 bytes")
    return HEAD_PREFIX + canonical_json({"at": as_text(at), "key_id": key_id, "root": root.hex(), "size": size})


def head_verifier(keys: Mapping[str, EllipticCurvePublicKey]) -> Verify:
    """A check of heads by the given P-256 keys, by key id. Without a key nothing verifies.

    The check raises HeadSignatureInvalid and returns nothing.
    """

    def verify(head: TreeHead) -> None:
        key = keys.get(head.key_id)
        if key is None or not isinstance(key.curve, SECP256R1):
            raise HeadSignatureInvalid(f"no trusted key {head.key_id!r} for the head of size {head.size}")
        half = SIGNATURE_LENGTH // 2
        first, second = head.signature[:half], head.signature[half:]
        try:
            if len(head.signature) != SIGNATURE_LENGTH:
                raise InvalidSignature
            encoded = encode_dss_signature(int.from_bytes(first, "big"), int.from_bytes(second, "big"))
            key.verify(encoded, head_bytes(head.size, head.root, head.at, head.key_id), ECDSA(SHA256()))
        except (InvalidSignature, ValueError):
            raise HeadSignatureInvalid(f"the signature of the head of size {head.size} is not by its key") from None

    return verify
