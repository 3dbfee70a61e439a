"""The electronic seal as a signed structure: GB/T 38540-2020, version 4.

Source: GB/T 38540-2020 (unverified against the text; read from ofdrw's code). Our seals sign with P-256 and SHA-256;
the algorithm is a field of the structure. Everything is verified on the bytes as received, never on a re-encoding.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from printserver.signing import seal_asn1
from printserver.signing.errors import (
    KeyListRefused,
    KeyNotValid,
    KeyUnknown,
    SealMakerUnknown,
    SealObjectExpired,
    SealObjectForged,
    SealObjectMalformed,
    SignatureInvalid,
)
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import der_to_raw, key_id_of, load_public_key, raw_to_der, sign_message, verify_raw
from printserver.signing.ports import RawSign
from printserver.signing.published_key import KeyUsage, certificate_spki

VERSION: Final = 4
ECDSA_WITH_SHA256: Final = "1.2.840.10045.4.3.2"
MAX_BYTES: Final = 4 * 1024 * 1024
_CERTIFICATES: Final = 1


@dataclass(frozen=True)
class SealPicture:
    """What the seal looks like. Raises SealObjectMalformed for an empty or sizeless picture."""

    data: bytes
    width_mm: int
    height_mm: int
    kind: str = "PDF"
    """`PDF` for vector artwork; other vendors also write `PNG`, `BMP`, `GIF`, `JPG`, `SVG` or `OFD`."""

    def __post_init__(self) -> None:
        if not self.data or not 1 <= self.width_mm <= 1000 or not 1 <= self.height_mm <= 1000:
            raise SealObjectMalformed("a seal's picture has content, and a size of 1 to 1000 mm")
        if not re.fullmatch(r"[A-Za-z0-9]{1,16}", self.kind, re.ASCII):
            raise SealObjectMalformed("a picture's kind is a short word")


@dataclass(frozen=True)
class SealFacts:
    """What the seal's maker vouches for. Times: UTC, whole seconds."""

    seal_id: str
    """esID: ASCII, 1 to 128 characters."""
    vendor_id: str
    """Vid: ASCII, who made the seal."""
    seal_type: int
    """1 for an organisation's seal, 2 for a person's. Source: unverified."""
    name: str
    """As engraved, for people."""
    created_at: datetime
    valid_from: datetime
    valid_to: datetime

    def __post_init__(self) -> None:
        for text in (self.seal_id, self.vendor_id):
            if not re.fullmatch(r"[\x20-\x7e]{1,128}", text):
                raise SealObjectMalformed("a seal's and its vendor's id are 1 to 128 ASCII characters")
        times = (self.created_at, self.valid_from, self.valid_to)
        if any(at.tzinfo is None or at.microsecond for at in times) or self.valid_from >= self.valid_to:
            raise SealObjectMalformed("a seal's times are in UTC and whole seconds, and it ends after it begins")
        if not self.name:
            raise SealObjectMalformed("a seal has a name")


@dataclass(frozen=True)
class SealObject:
    """A seal as read; only `verify_seal_object` makes it a fact."""

    facts: SealFacts
    picture: SealPicture
    holder_certificates: tuple[bytes, ...]
    """DER certificates of those who may sign with the seal, at least one."""
    maker_certificate: bytes
    """DER."""
    algorithm: str
    """OID of the maker's signature."""
    signature: bytes
    """As stored: DER of two integers for ECDSA."""
    signed_bytes: bytes
    """eSealInfo as received."""
    sha256: str
    """Of the whole object."""


def make_seal_object(
    facts: SealFacts,
    picture: SealPicture,
    holder_certificates: Sequence[x509.Certificate],
    maker_certificate: x509.Certificate,
    sign: RawSign,
) -> bytes:
    """Make and sign a seal with the seal maker's key; answers DER.   Raises: SealObjectMalformed."""
    if not holder_certificates:
        raise SealObjectMalformed("a seal has at least one holder")
    info = seal_asn1.SealInfo(
        {
            "header": {"ID": "ES", "version": VERSION, "Vid": facts.vendor_id},
            "esID": facts.seal_id,
            "property": {
                "type": facts.seal_type,
                "name": facts.name,
                "certListType": _CERTIFICATES,
                "certList": seal_asn1.CertificateList([certificate_der(holder) for holder in holder_certificates]),
                "createDate": facts.created_at,
                "validStart": facts.valid_from,
                "validEnd": facts.valid_to,
            },
            "picture": {
                "type": picture.kind,
                "data": picture.data,
                "width": picture.width_mm,
                "height": picture.height_mm,
            },
        }
    )
    seal = seal_asn1.Seal(
        {
            "eSealInfo": info,
            "cert": certificate_der(maker_certificate),
            "signAlgID": ECDSA_WITH_SHA256,
            "signedValue": seal_asn1.octets(raw_to_der(sign_message(sign, info.dump()))),
        }
    )
    return bytes(seal.dump())


def read_seal_object(der: bytes) -> SealObject:
    """Read without believing.   Raises: SealObjectMalformed."""
    if len(der) > MAX_BYTES:
        raise SealObjectMalformed("the seal is too large")
    info_bytes, *_ = seal_asn1.elements(der, 4)
    try:
        seal = seal_asn1.Seal.load(der, strict=True)
        return _seal_of(seal.native, info_bytes, seal_asn1.Seal.load(der)["signedValue"], der)
    except (ValueError, TypeError, KeyError) as problem:
        raise SealObjectMalformed("not a seal of GB/T 38540, version 4") from problem


def verify_seal_object(der: bytes, makers: KeyList | Sequence[x509.Certificate], at: datetime) -> SealObject:
    """Prove that a trusted maker made this seal and that it is valid at `at`.

    makers: a key list (its `seal-maker` keys), or the makers' certificates; an empty sequence trusts nobody.
    Steps: structure, algorithm, trusted maker, maker's validity when the seal was made, signature, seal's validity.
    Raises: SealObjectMalformed, SealMakerUnknown, SealObjectForged, SealObjectExpired.
    """
    seal = read_seal_object(der)
    _check_maker(seal, makers, at)
    check_seal_bytes_signed(seal.maker_certificate, seal.algorithm, seal.signature, seal.signed_bytes)
    if not seal.facts.valid_from <= at <= seal.facts.valid_to:
        raise SealObjectExpired("the seal is not valid at that time")
    return seal


def _seal_of(native: Any, info_bytes: bytes, signature: Any, der: bytes) -> SealObject:
    info = native["eSealInfo"]
    header, properties, picture = info["header"], info["property"], info["picture"]
    if header["ID"] != "ES" or header["version"] != VERSION or properties["certListType"] != _CERTIFICATES:
        raise SealObjectMalformed("a seal of another version, or one that lists no certificates")
    if not properties["certList"]:
        raise SealObjectMalformed("a seal has at least one holder")
    return SealObject(
        facts=SealFacts(
            seal_id=info["esID"],
            vendor_id=header["Vid"],
            seal_type=properties["type"],
            name=properties["name"],
            created_at=properties["createDate"],
            valid_from=properties["validStart"],
            valid_to=properties["validEnd"],
        ),
        picture=SealPicture(picture["data"], picture["width"], picture["height"], picture["type"]),
        holder_certificates=tuple(properties["certList"]),
        maker_certificate=native["cert"],
        algorithm=native["signAlgID"],
        signature=seal_asn1.octets_of(signature),
        signed_bytes=info_bytes,
        sha256=hashlib.sha256(der).hexdigest(),
    )


def _check_maker(seal: SealObject, makers: KeyList | Sequence[x509.Certificate], at: datetime) -> None:
    made_at = seal.facts.created_at
    certificate = load_seal_certificate(seal.maker_certificate)
    if isinstance(makers, KeyList):
        try:
            key = makers.find(key_id_of(certificate_spki(certificate)), KeyUsage.SEAL_MAKER)
            key.check_valid(made_at)
            key.check_not_revoked(at)
            if key.x509_certificate() != certificate:
                raise SealMakerUnknown("the seal's maker shows another certificate than the published one")
        except (KeyUnknown, KeyNotValid, KeyListRefused) as problem:
            raise SealMakerUnknown("the key list does not trust the seal's maker") from problem
    elif seal.maker_certificate not in [certificate_der(maker) for maker in makers]:
        raise SealMakerUnknown("the seal's maker is not one of the trusted ones")
    if not certificate.not_valid_before_utc <= made_at <= certificate.not_valid_after_utc:
        raise SealMakerUnknown("the maker's certificate was not valid when the seal was made")


def check_seal_bytes_signed(certificate: bytes, algorithm: str, signature: bytes, signed: bytes) -> None:
    """Raises: SealObjectForged unless the certificate's key signed exactly these bytes with this algorithm."""
    if algorithm != ECDSA_WITH_SHA256:
        raise SealObjectForged("signed with an algorithm that is not verified here")
    try:
        key = load_public_key(certificate_spki(load_seal_certificate(certificate)))
        verify_raw(key, der_to_raw(signature), signed)
    except (SignatureInvalid, KeyListRefused) as problem:
        raise SealObjectForged("the signature does not belong to these bytes") from problem


def load_seal_certificate(der: bytes) -> x509.Certificate:
    """Raises: SealObjectMalformed."""
    try:
        return x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion) as problem:
        raise SealObjectMalformed("a certificate of the seal cannot be read") from problem


def certificate_der(certificate: x509.Certificate) -> bytes:
    """DER."""
    return certificate.public_bytes(serialization.Encoding.DER)
