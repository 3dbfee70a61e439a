"""The electronic seal as a signed structure, of the three versions that are in use.

1: GM/T 0031-2014.   4: GB/T 38540-2020.   5: GM/T 0031-2025. All are read and verified, with P-256, SM2 or RSA; our own
seals are of version 4 with P-256. Everything is verified on the bytes as received, never on a re-encoding.
Source: the standards (unverified against the texts; read from ofdrw's code).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from printserver.signing import seal_asn1
from printserver.signing.errors import SealObjectExpired, SealObjectMalformed
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import raw_to_der, sign_message
from printserver.signing.ports import RawSign
from printserver.signing.seal_algorithms import ECDSA_WITH_SHA256, check_signed, sha256, sm3
from printserver.signing.seal_certificates import read_seal_certificate
from printserver.signing.seal_der import BIT_STRING, SEQUENCE, TAGGED_0, Element, parse, sequence_of
from printserver.signing.seal_makers import SealMakers, Vouched

VERSION: Final = 4
"""Of the seals that are made here."""
MAX_BYTES: Final = 4 * 1024 * 1024
FIRST_VERSIONS: Final = frozenset({1, 2, 3})
"""What headers of GM/T 0031-2014 may say."""
FLAT_VERSIONS: Final = frozenset({4, 5})
_CERTIFICATES: Final = 1
_DIGESTS: Final = 2
_MOST_HOLDERS: Final = 256
Makers = SealMakers | KeyList | Sequence[x509.Certificate]


@dataclass(frozen=True)
class SealPicture:
    """What the seal looks like. Raises SealObjectMalformed for an empty or sizeless picture."""

    data: bytes
    width_mm: int
    height_mm: int
    kind: str = "PDF"
    """`PDF` for vector artwork; other makers also write `PNG`, `BMP`, `GIF`, `JPG`, `SVG` or `OFD`."""

    def __post_init__(self) -> None:
        if not self.data or not 1 <= self.width_mm <= 1000 or not 1 <= self.height_mm <= 1000:
            raise SealObjectMalformed("a seal's picture has content, and a size of 1 to 1000 mm")
        if not re.fullmatch(r"[A-Za-z0-9./+-]{1,32}", self.kind, re.ASCII):
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

    version: int
    """1, 4 or 5: which standard's structure it has."""
    facts: SealFacts
    picture: SealPicture
    holder_certificates: tuple[bytes, ...]
    """DER certificates of those who may sign with the seal."""
    holder_digests: tuple[bytes, ...]
    """Or only their digests, 32 bytes each, by SM3 or SHA-256. One of both is not empty."""
    maker_certificate: bytes
    """DER."""
    algorithm: str
    """OID of the maker's signature."""
    signature: bytes
    """As stored: DER of two integers for ECDSA."""
    signed_bytes: bytes
    """eSealInfo as received; in version 1 with the maker's certificate and the algorithm."""
    time_stamped: bool
    """Version 5 may carry a time stamp of the signature. It is not judged here."""
    sha256: str
    """Of the whole object."""
    vouched: Vouched | None = None
    """Why its maker is believed; set by `verify_seal_object`."""

    def holds(self, certificate: bytes) -> bool:
        """Whether the owner of this certificate (DER) may sign with the seal."""
        digests = self.holder_digests
        return certificate in self.holder_certificates or sha256(certificate) in digests or sm3(certificate) in digests


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
    info, second, *others = parse(der).children(2, 5)
    if not others:
        certificate, algorithm, signature = second.expect(SEQUENCE).children(3, 3)
        signed = sequence_of(info, certificate, algorithm)
        seal = _seal_of(info, FIRST_VERSIONS, (certificate, algorithm, signature), signed, der)
        return replace(seal, version=1)
    if len(others) < 2:
        raise SealObjectMalformed("the structure lacks an element")
    algorithm, signature, *stamps = others
    seal = _seal_of(info, FLAT_VERSIONS, (second, algorithm, signature), info.whole, der)
    return replace(seal, time_stamped=_time_stamped(stamps, seal.version))


def verify_seal_object(der: bytes, makers: Makers, at: datetime) -> SealObject:
    """Prove that a trusted maker made this seal and that it is valid at `at`.

    makers: a key list (its `seal-maker` keys), the makers' certificates, or both; an empty sequence trusts nobody.
    Steps: structure, trusted maker, maker's validity when the seal was made, signature, holders, seal's validity.
    Raises: SealObjectMalformed, SealMakerUnknown, SealObjectForged, SealObjectExpired, Sm2Unavailable.
    """
    seal = vouched_seal(read_seal_object(der), makers, at)
    check_seal_signed(seal)
    check_seal_valid(seal, at)
    return seal


def vouched_seal(seal: SealObject, makers: Makers, at: datetime) -> SealObject:
    """The seal with why its maker is believed. Says nothing about the signature.   Raises: SealMakerUnknown."""
    trusted = SealMakers.of(makers)
    maker = read_seal_certificate(seal.maker_certificate)
    vouched = trusted.vouch(maker, made_at=seal.facts.created_at, at=at)
    if vouched is Vouched.INTERNAL:
        for holder in seal.holder_certificates:
            trusted.check_holder(holder, at=at)
    return replace(seal, vouched=vouched)


def check_seal_signed(seal: SealObject) -> None:
    """Raises: SealObjectForged unless the certificate in the seal signed it; whoever that is."""
    maker = read_seal_certificate(seal.maker_certificate)
    check_signed(maker.spki, seal.algorithm, seal.signature, seal.signed_bytes)


def check_seal_valid(seal: SealObject, at: datetime) -> None:
    """Raises: SealObjectExpired."""
    if not seal.facts.valid_from <= at <= seal.facts.valid_to:
        raise SealObjectExpired("the seal is not valid at that time")


def certificate_der(certificate: x509.Certificate) -> bytes:
    """DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def _seal_of(
    info: Element, versions: frozenset[int], signing: tuple[Element, Element, Element], signed: bytes, der: bytes
) -> SealObject:
    """signing: the maker's certificate, the algorithm, the signature."""
    header, seal_id, properties, picture, *extensions = info.children(4, 5)
    mark, version, vendor = header.children(3, 3)
    if mark.text(8) != "ES" or version.integer() not in versions:
        raise SealObjectMalformed("not a seal, or one of an unknown version")
    flat = versions is FLAT_VERSIONS
    certificates, digests = _holders(properties, flat=flat)
    _check_extensions(extensions)
    maker, algorithm, signature = signing
    return SealObject(
        version=version.integer(),
        facts=_facts(seal_id, vendor, properties, flat=flat),
        picture=_picture(picture),
        holder_certificates=certificates,
        holder_digests=digests,
        maker_certificate=maker.octets(),
        algorithm=algorithm.oid(),
        signature=signature.expect(BIT_STRING).bits(),
        signed_bytes=signed,
        time_stamped=False,
        sha256=hashlib.sha256(der).hexdigest(),
    )


def _facts(seal_id: Element, vendor: Element, properties: Element, *, flat: bool) -> SealFacts:
    seal_type, name, *_, created, start, end = properties.children(7 if flat else 6, 7 if flat else 6)
    return SealFacts(
        seal_id=seal_id.text(128),
        vendor_id=vendor.text(128),
        seal_type=seal_type.integer(),
        name=name.text(500),
        created_at=created.time(),
        valid_from=start.time(),
        valid_to=end.time(),
    )


def _holders(properties: Element, *, flat: bool) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Certificates, and digests of certificates."""
    fields = properties.children(6, 7)
    kind = fields[2].integer() if flat else _CERTIFICATES
    listed = fields[3 if flat else 2].children(1, _MOST_HOLDERS)
    if kind == _CERTIFICATES:
        return tuple(each.whole if each.tag == SEQUENCE else each.octets() for each in listed), ()
    if kind != _DIGESTS:
        raise SealObjectMalformed("the seal lists its holders in an unknown way")
    return (), tuple(_digest(each) for each in listed)


def _digest(entry: Element) -> bytes:
    kind, value = entry.children(2, 2)
    kind.text(64)
    digest = value.octets()
    if len(digest) != 32:
        raise SealObjectMalformed("a digest of a certificate has 32 bytes")
    return digest


def _picture(element: Element) -> SealPicture:
    kind, data, width, height = element.children(4, 4)
    return SealPicture(data.octets(), width.integer(), height.integer(), kind.text(32))


def _check_extensions(extensions: Sequence[Element]) -> None:
    """What a maker adds for itself is signed with the rest and not read; makers tag it in several ways."""
    for each in extensions:
        if each.tag not in (TAGGED_0, SEQUENCE):
            raise SealObjectMalformed("the structure holds an unknown kind of element")


def _time_stamped(stamps: Sequence[Element], version: int) -> bool:
    if not stamps:
        return False
    if version != 5:
        raise SealObjectMalformed("only seals of version 5 carry a time stamp")
    stamps[0].expect(TAGGED_0).inside().expect(BIT_STRING)
    return True
