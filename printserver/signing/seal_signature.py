"""Signatures made with a seal: the SES_Signature over the digest of any data, in the three versions that are in use.

1: GM/T 0031-2014.   4: GB/T 38540-2020.   5: GM/T 0031-2025. Ours are of version 4.
Source: the standards (unverified against the texts; read from ofdrw's code).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from asn1crypto import cms, tsp
from cryptography import x509

from printserver.signing import seal_asn1
from printserver.signing.errors import SealObjectExpired, SealObjectForged, SealObjectMalformed
from printserver.signing.p256 import raw_to_der, sign_message
from printserver.signing.ports import RawSign
from printserver.signing.seal_algorithms import ECDSA_WITH_SHA256, algorithm_of, check_signed
from printserver.signing.seal_certificates import read_seal_certificate
from printserver.signing.seal_der import (
    BIT_STRING,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    TAGGED_0,
    Element,
    parse,
    read_time,
)
from printserver.signing.seal_object import (
    MAX_BYTES,
    VERSION,
    Makers,
    SealObject,
    certificate_der,
    check_seal_signed,
    check_seal_valid,
    read_seal_object,
    vouched_seal,
)

LONGEST_PROPERTY: Final = 1024


@dataclass(frozen=True)
class SealSignature:
    """A signature made with a seal, as read; only `verify_seal_signature` makes it a fact."""

    version: int
    """1, 4 or 5: which standard's structure it has; its seal has the same."""
    seal: SealObject
    signed_at: datetime
    """As claimed by the signer."""
    data_digest: bytes
    """32 bytes: of what was sealed, by the hash of the algorithm: SHA-256, or SM3 with SM2."""
    property_info: str
    """What and where was sealed, for example the copy's serial."""
    holder_certificate: bytes
    algorithm: str
    signature: bytes
    signed_bytes: bytes
    """toSign as received."""
    time_stamped: bool
    """Whether a time stamp of the signature follows it. It is not judged here."""


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
    if seal.version != VERSION or not seal.holds(certificate_der(holder_certificate)):
        raise SealObjectForged("this certificate does not hold the seal")
    if len(data_sha256) != 32 or not re.fullmatch(rf"[\x20-\x7e]{{1,{LONGEST_PROPERTY}}}", property_info):
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


def is_seal_signature(der: bytes) -> bool:
    """Whether this is built like a signature made with a seal, rather than like a seal.

    Raises: SealObjectMalformed when it is neither.
    """
    if len(der) > MAX_BYTES:
        raise SealObjectMalformed("the file is too large for a seal")
    first, *_ = parse(der).children(2, 5)
    inside, *_ = first.children(2)
    return inside.tag == INTEGER


def read_seal_signature(der: bytes) -> SealSignature:
    """Read without believing.   Raises: SealObjectMalformed."""
    if len(der) > MAX_BYTES:
        raise SealObjectMalformed("the seal's signature is too large")
    to_sign, *rest = parse(der).children(2, 5)
    if len(rest) == 1:
        return _first(to_sign, rest[0])
    if len(rest) < 3:
        raise SealObjectMalformed("the structure lacks an element")
    holder, algorithm, signature, *stamps = rest
    version, seal, at, digest, about, *extensions = to_sign.children(5, 6)
    for extension in extensions:
        if extension.tag not in (TAGGED_0, SEQUENCE):
            raise SealObjectMalformed("the structure holds an unknown kind of element")
    read = _read(version, seal, (digest, about, holder, algorithm, signature), at.time(), to_sign)
    if read.seal.version == 1:
        raise SealObjectMalformed("the seal and the signature made with it are of different versions")
    return replace(read, time_stamped=_stamped(stamps))


def verify_seal_signature(der: bytes, *, data_digest: bytes, makers: Makers) -> SealSignature:
    """Prove that a holder of a trusted seal sealed this digest while seal and holder were valid.

    data_digest: 32 bytes, computed by the caller from the data itself, by the hash of the algorithm.
    makers: as for `verify_seal_object`.
    Raises: SealObjectMalformed, SealMakerUnknown, SealObjectForged, SealObjectExpired, Sm2Unavailable.
    """
    signature = read_seal_signature(der)
    check_data(signature, data_digest)
    seal = vouched_seal(signature.seal, makers, signature.signed_at)
    check_seal_signed(seal)
    check_signature_signed(signature)
    check_signature_valid(signature)
    return replace(signature, seal=seal)


def check_data(signature: SealSignature, data_digest: bytes) -> None:
    """Raises: SealObjectForged unless this is what was sealed."""
    if signature.data_digest != data_digest:
        raise SealObjectForged("the seal was put on other data")


def check_signature_signed(signature: SealSignature) -> None:
    """Raises: SealObjectForged unless a holder of the seal signed; whoever made the seal."""
    if not signature.seal.holds(signature.holder_certificate):
        raise SealObjectForged("whoever signed does not hold the seal")
    holder = read_seal_certificate(signature.holder_certificate)
    check_signed(holder.spki, signature.algorithm, signature.signature, signature.signed_bytes)


def check_signature_valid(signature: SealSignature) -> None:
    """Raises: SealObjectExpired unless seal and holder were valid when the seal was used."""
    check_seal_valid(signature.seal, signature.signed_at)
    if not read_seal_certificate(signature.holder_certificate).is_valid(signature.signed_at):
        raise SealObjectExpired("the holder's certificate was not valid when the seal was used")


def digest_for(signature: SealSignature, data: bytes) -> bytes:
    """32 bytes, by the hash that this signature's algorithm asks for.   Raises: SealObjectForged."""
    return algorithm_of(signature.algorithm).digest(data)


def _first(to_sign: Element, signature: Element) -> SealSignature:
    version, seal, at, digest, about, holder, algorithm = to_sign.children(7, 7)
    read = _read(version, seal, (digest, about, holder, algorithm, signature), _first_time(at), to_sign)
    if read.seal.version != 1:
        raise SealObjectMalformed("the seal and the signature made with it are of different versions")
    return read


def _read(
    version: Element, seal: Element, fields: tuple[Element, Element, Element, Element, Element], at: datetime,
    to_sign: Element,
) -> SealSignature:  # fmt: skip
    """fields: digest, property, holder's certificate, algorithm, signature."""
    digest, about, holder, algorithm, signature = fields
    inside = read_seal_object(seal.whole)
    version.integer()
    if len(digest.bits()) != 32:
        raise SealObjectMalformed("the digest of what was sealed has 32 bytes")
    return SealSignature(
        version=inside.version,
        seal=inside,
        signed_at=at,
        data_digest=digest.bits(),
        property_info=about.text(LONGEST_PROPERTY),
        holder_certificate=holder.octets(),
        algorithm=algorithm.oid(),
        signature=signature.expect(BIT_STRING).bits(),
        signed_bytes=to_sign.whole,
        time_stamped=False,
    )


def _stamped(stamps: Sequence[Element]) -> bool:
    for stamp in stamps:
        stamp.expect(TAGGED_0).inside().expect(BIT_STRING)
    return bool(stamps)


def _first_time(element: Element) -> datetime:
    """Version 1 wraps a time in bits: as ASN.1 writes it, as people write it, or a whole time stamp."""
    if element.tag not in (BIT_STRING, OCTET_STRING):
        return element.time()
    content = element.bits()
    for short_year in (False, True):
        found = read_time(content, short_year=short_year)
        if found is not None:
            return found
    written = re.fullmatch(rb"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)", content)
    if written is not None:
        found = read_time(b"".join(written.groups()), short_year=False)
        if found is not None:
            return found
    return _time_inside(content)


def _time_inside(content: bytes) -> datetime:
    try:
        return parse(content).time()
    except SealObjectMalformed:
        return _stamp_time(content)


def _stamp_time(content: bytes) -> datetime:
    """The time in a time-stamp token, as claimed.   Source: RFC 3161."""
    try:
        signed = cms.ContentInfo.load(content, strict=True)["content"]
        at: datetime = tsp.TSTInfo.load(signed["encap_content_info"]["content"].native)["gen_time"].native
        return at.astimezone(UTC).replace(microsecond=0)
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        raise SealObjectMalformed("the signature does not say when it was made") from problem
