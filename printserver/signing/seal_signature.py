"""Signatures made with a seal: the SES_Signature of GB/T 38540-2020, version 4, over the digest of any data.

Source: GB/T 38540-2020 (unverified against the text; read from ofdrw's code).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from printserver.signing import seal_asn1
from printserver.signing.errors import SealObjectExpired, SealObjectForged, SealObjectMalformed
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import raw_to_der, sign_message
from printserver.signing.ports import RawSign
from printserver.signing.seal_object import (
    ECDSA_WITH_SHA256,
    MAX_BYTES,
    VERSION,
    SealObject,
    certificate_der,
    check_seal_bytes_signed,
    load_seal_certificate,
    read_seal_object,
    verify_seal_object,
)


@dataclass(frozen=True)
class SealSignature:
    """A signature made with a seal, as read; only `verify_seal_signature` makes it a fact."""

    seal: SealObject
    signed_at: datetime
    """As claimed by the signer."""
    data_sha256: bytes
    """32 bytes: the digest of what was sealed."""
    property_info: str
    """What and where was sealed, for example the copy's serial."""
    holder_certificate: bytes
    algorithm: str
    signature: bytes
    signed_bytes: bytes
    """toSign as received."""


def sign_with_seal(
    seal_der: bytes,
    *,
    data_sha256: bytes,
    holder_certificate: x509.Certificate,
    sign: RawSign,
    at: datetime,
    property_info: str,
) -> bytes:
    """Seal a digest with the holder's key; answers the DER of an SES_Signature.

    data_sha256: 32 bytes.   property_info: ASCII.   Raises: SealObjectMalformed, SealObjectForged (not a holder).
    """
    seal = read_seal_object(seal_der)
    if certificate_der(holder_certificate) not in seal.holder_certificates:
        raise SealObjectForged("this certificate does not hold the seal")
    if len(data_sha256) != 32 or not re.fullmatch(r"[\x20-\x7e]{1,1024}", property_info):
        raise SealObjectMalformed("what is sealed is a SHA-256 digest and a line of ASCII")
    to_sign = seal_asn1.ToSign(
        {
            "version": VERSION,
            "eseal": seal_asn1.Seal.load(seal_der),
            "timeInfo": at.astimezone(UTC).replace(microsecond=0),
            "dataHash": seal_asn1.octets(data_sha256),
            "propertyInfo": property_info,
        }
    )
    signature = seal_asn1.SealSignature(
        {
            "toSign": to_sign,
            "cert": certificate_der(holder_certificate),
            "signatureAlgID": ECDSA_WITH_SHA256,
            "signature": seal_asn1.octets(raw_to_der(sign_message(sign, to_sign.dump()))),
        }
    )
    return bytes(signature.dump())


def read_seal_signature(der: bytes) -> SealSignature:
    """Read without believing.   Raises: SealObjectMalformed."""
    if len(der) > MAX_BYTES:
        raise SealObjectMalformed("the seal's signature is too large")
    to_sign_bytes, *_ = seal_asn1.elements(der, 4)
    _, seal_bytes, *_ = seal_asn1.elements(to_sign_bytes, 5)
    seal = read_seal_object(seal_bytes)
    try:
        parsed = seal_asn1.SealSignature.load(der, strict=True)
        native = parsed.native
        if native["toSign"]["version"] != VERSION:
            raise SealObjectMalformed("a seal's signature of another version")
        return SealSignature(
            seal=seal,
            signed_at=native["toSign"]["timeInfo"],
            data_sha256=seal_asn1.octets_of(parsed["toSign"]["dataHash"]),
            property_info=native["toSign"]["propertyInfo"],
            holder_certificate=native["cert"],
            algorithm=native["signatureAlgID"],
            signature=seal_asn1.octets_of(parsed["signature"]),
            signed_bytes=to_sign_bytes,
        )
    except (ValueError, TypeError, KeyError) as problem:
        raise SealObjectMalformed("not a seal's signature of GB/T 38540, version 4") from problem


def verify_seal_signature(
    der: bytes, *, data_sha256: bytes, makers: KeyList | Sequence[x509.Certificate]
) -> SealSignature:
    """Prove that a holder of a trusted seal sealed this digest while seal and holder were valid.

    data_sha256: 32 bytes, computed by the caller from the data itself.   makers: as for `verify_seal_object`.
    Raises: SealObjectMalformed, SealMakerUnknown, SealObjectForged, SealObjectExpired.
    """
    signature = read_seal_signature(der)
    if signature.data_sha256 != data_sha256:
        raise SealObjectForged("the seal was put on other data")
    _, seal_bytes, *_ = seal_asn1.elements(signature.signed_bytes, 5)
    verify_seal_object(seal_bytes, makers, signature.signed_at)
    if signature.holder_certificate not in signature.seal.holder_certificates:
        raise SealObjectForged("whoever signed does not hold the seal")
    check_seal_bytes_signed(
        signature.holder_certificate, signature.algorithm, signature.signature, signature.signed_bytes
    )
    holder = load_seal_certificate(signature.holder_certificate)
    if not holder.not_valid_before_utc <= signature.signed_at <= holder.not_valid_after_utc:
        raise SealObjectExpired("the holder's certificate was not valid when the seal was used")
    return signature
