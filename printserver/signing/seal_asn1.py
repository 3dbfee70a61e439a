"""The ASN.1 of GB/T 38540-2020 seals and signatures. Source: unverified against the text; read from ofdrw's code."""

from __future__ import annotations

from typing import Any, ClassVar

from asn1crypto import core, parser

from printserver.signing.errors import SealObjectMalformed


class ExtensionData(core.Sequence):
    _fields: ClassVar = [
        ("extnID", core.ObjectIdentifier),
        ("critical", core.Boolean, {"default": False}),
        ("extnValue", core.OctetString),
    ]


class ExtensionDatas(core.SequenceOf):
    _child_spec = ExtensionData


class Header(core.Sequence):
    _fields: ClassVar = [("ID", core.IA5String), ("version", core.Integer), ("Vid", core.IA5String)]


class Picture(core.Sequence):
    _fields: ClassVar = [
        ("type", core.IA5String),
        ("data", core.OctetString),
        ("width", core.Integer),
        ("height", core.Integer),
    ]


class CertificateList(core.SequenceOf):
    _child_spec = core.OctetString


class Property(core.Sequence):
    """Only certListType 1 (whole certificates) is read; 2 would hold digests."""

    _fields: ClassVar = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("certListType", core.Integer),
        ("certList", CertificateList),
        ("createDate", core.GeneralizedTime),
        ("validStart", core.GeneralizedTime),
        ("validEnd", core.GeneralizedTime),
    ]


class SealInfo(core.Sequence):
    _fields: ClassVar = [
        ("header", Header),
        ("esID", core.IA5String),
        ("property", Property),
        ("picture", Picture),
        ("extDatas", ExtensionDatas, {"explicit": 0, "optional": True}),
    ]


class Seal(core.Sequence):
    _fields: ClassVar = [
        ("eSealInfo", SealInfo),
        ("cert", core.OctetString),
        ("signAlgID", core.ObjectIdentifier),
        ("signedValue", core.BitString),
    ]


class ToSign(core.Sequence):
    _fields: ClassVar = [
        ("version", core.Integer),
        ("eseal", Seal),
        ("timeInfo", core.GeneralizedTime),
        ("dataHash", core.BitString),
        ("propertyInfo", core.IA5String),
        ("extDatas", ExtensionDatas, {"explicit": 0, "optional": True}),
    ]


class SealSignature(core.Sequence):
    _fields: ClassVar = [
        ("toSign", ToSign),
        ("cert", core.OctetString),
        ("signatureAlgID", core.ObjectIdentifier),
        ("signature", core.BitString),
        ("timeStamp", core.BitString, {"explicit": 0, "optional": True}),
    ]


def octets(data: bytes) -> core.BitString:
    """A BIT STRING of whole octets."""
    return core.BitString.load(core.OctetBitString(data).dump())


def octets_of(value: Any) -> bytes:
    """The octets of a BIT STRING.   Raises: ValueError when bits are left over."""
    content = bytes(value.contents)
    if not content or content[0] != 0:
        raise ValueError("a BIT STRING of whole octets is expected")
    return content[1:]


def elements(der: bytes, at_least: int) -> list[bytes]:
    """The direct elements of a SEQUENCE, each exactly as it stands in `der`."""
    try:
        class_, _, tag, _, content, _ = parser.parse(der, strict=True)
        if (class_, tag) != (0, 16):
            raise SealObjectMalformed("not a seal of GB/T 38540")
        found = []
        while content:
            size = parser.peek(content)
            found.append(content[:size])
            content = content[size:]
    except ValueError as problem:
        raise SealObjectMalformed("not a seal of GB/T 38540") from problem
    if len(found) < at_least:
        raise SealObjectMalformed("not a seal of GB/T 38540, version 4")
    return found
