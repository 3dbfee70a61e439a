"""The ASN.1 of the seals and signatures that are made here: GB/T 38540-2020, version 4. `seal_der` reads.

Source: unverified against the text; read from ofdrw's code.
"""

from __future__ import annotations

from typing import ClassVar

from asn1crypto import core


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
    """Only certListType 1 (whole certificates) is made; 2 would hold digests."""

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
