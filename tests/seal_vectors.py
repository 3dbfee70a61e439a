"""Seals and signatures of versions 1, 4 and 5, made by other code than the product's: asn1crypto writes them, the
`openssl` command makes keys and certificates and signs, also with SM2.
"""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final

from asn1crypto import core
from cryptography import x509

P256: Final = "p-256"
SM2: Final = "sm2"
RSA: Final = "rsa"
VERSIONS: Final = (1, 4, 5)
_KINDS: Final = {
    P256: (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"], "sha256", "1.2.840.10045.4.3.2"),
    SM2: (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"], "sm3", "1.2.156.10197.1.501"),
    RSA: (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "sha256", "1.2.840.113549.1.1.11"),
}
_DISTINGUISHED: Final = "distid:1234567812345678"


class _Header(core.Sequence):
    _fields: ClassVar = [("ID", core.IA5String), ("version", core.Integer), ("Vid", core.IA5String)]


class _Picture(core.Sequence):
    _fields: ClassVar = [
        ("type", core.IA5String), ("data", core.OctetString), ("width", core.Integer), ("height", core.Integer),
    ]  # fmt: skip


class _Certificates(core.SequenceOf):
    _child_spec = core.OctetString


class _Digest(core.Sequence):
    _fields: ClassVar = [("type", core.PrintableString), ("value", core.OctetString)]


class _Digests(core.SequenceOf):
    _child_spec = _Digest


class _FirstProperty(core.Sequence):
    _fields: ClassVar = [
        ("type", core.Integer), ("name", core.UTF8String), ("certList", _Certificates),
        ("createDate", core.UTCTime), ("validStart", core.UTCTime), ("validEnd", core.UTCTime),
    ]  # fmt: skip


class _Property(core.Sequence):
    _fields: ClassVar = [
        ("type", core.Integer), ("name", core.UTF8String), ("certListType", core.Integer), ("certList", core.Any),
        ("createDate", core.GeneralizedTime), ("validStart", core.GeneralizedTime), ("validEnd", core.GeneralizedTime),
    ]  # fmt: skip


class _Extension(core.Sequence):
    _fields: ClassVar = [
        ("extnID", core.ObjectIdentifier), ("critical", core.Boolean, {"default": False}),
        ("extnValue", core.OctetString),
    ]  # fmt: skip


class _Extensions(core.SequenceOf):
    _child_spec = _Extension


class _Info(core.Sequence):
    _fields: ClassVar = [
        ("header", _Header), ("esID", core.IA5String), ("property", core.Any), ("picture", _Picture),
        ("extDatas", _Extensions, {"explicit": 0, "optional": True}),
    ]  # fmt: skip


class _SignInfo(core.Sequence):
    _fields: ClassVar = [
        ("cert", core.OctetString), ("signatureAlgorithm", core.ObjectIdentifier), ("signData", core.OctetBitString),
    ]  # fmt: skip


class _FirstSigned(core.Sequence):
    _fields: ClassVar = [
        ("info", _Info), ("cert", core.OctetString), ("signatureAlgorithm", core.ObjectIdentifier),
    ]  # fmt: skip


class _FirstSeal(core.Sequence):
    _fields: ClassVar = [("esealInfo", _Info), ("signInfo", _SignInfo)]


class _Seal(core.Sequence):
    _fields: ClassVar = [
        ("eSealInfo", _Info), ("cert", core.OctetString), ("signAlgID", core.ObjectIdentifier),
        ("signedValue", core.OctetBitString), ("timeStamp", core.OctetBitString, {"explicit": 0, "optional": True}),
    ]  # fmt: skip


class _FirstToSign(core.Sequence):
    _fields: ClassVar = [
        ("version", core.Integer), ("eseal", core.Any), ("timeInfo", core.OctetBitString),
        ("dataHash", core.OctetBitString), ("propertyInfo", core.IA5String), ("cert", core.OctetString),
        ("signatureAlgorithm", core.ObjectIdentifier),
    ]  # fmt: skip


class _FirstSignature(core.Sequence):
    _fields: ClassVar = [("toSign", _FirstToSign), ("signature", core.OctetBitString)]


class _ToSign(core.Sequence):
    _fields: ClassVar = [
        ("version", core.Integer), ("eseal", core.Any), ("timeInfo", core.GeneralizedTime),
        ("dataHash", core.OctetBitString), ("propertyInfo", core.IA5String),
        ("extDatas", _Extensions, {"explicit": 0, "optional": True}),
    ]  # fmt: skip


class _Signature(core.Sequence):
    _fields: ClassVar = [
        ("toSign", _ToSign), ("cert", core.OctetString), ("signatureAlgID", core.ObjectIdentifier),
        ("signature", core.OctetBitString), ("timeStamp", core.OctetBitString, {"explicit": 0, "optional": True}),
    ]  # fmt: skip


@dataclass(frozen=True)
class VectorKey:
    """A key in a file, with a self-signed certificate (DER) that is valid from now on for ten years."""

    kind: str
    file: Path
    certificate: bytes

    @property
    def oid(self) -> str:
        return _KINDS[self.kind][2]

    def sign(self, message: bytes) -> bytes:
        options = ["-pkeyopt", _DISTINGUISHED] if self.kind == SM2 else []
        source = self.file.with_suffix(".message")
        source.write_bytes(message)
        command = ["openssl", "pkeyutl", "-sign", "-inkey", str(self.file), "-rawin", "-digest", _KINDS[self.kind][1]]
        return subprocess.run([*command, "-in", str(source), *options], capture_output=True, check=True).stdout

    def digest(self, data: bytes) -> bytes:
        return hashlib.new(_KINDS[self.kind][1], data).digest()


def make_key(folder: Path, kind: str, name: str) -> VectorKey:
    file = folder / f"{name}-{kind}.pem"
    options, digest, _ = _KINDS[kind]
    subprocess.run(["openssl", "genpkey", *options, "-out", str(file)], capture_output=True, check=True)
    subject = ["-subj", f"/O=示例制章单位/CN={name}", "-utf8", "-days", "3650", "-outform", "DER"]
    distinguished = ["-sigopt", _DISTINGUISHED] if kind == SM2 else []
    command = ["openssl", "req", "-x509", "-new", "-key", str(file), f"-{digest}", *distinguished, *subject]
    return VectorKey(kind, file, subprocess.run(command, capture_output=True, check=True).stdout)


@dataclass(frozen=True)
class Vectors:
    """One version with one kind of key. `made_at` is the moment the certificates begin, in whole seconds."""

    version: int
    maker: VectorKey
    holder: VectorKey
    made_at: datetime
    picture: bytes = b"\x89PNG\r\n\x1a\n no picture"
    data: bytes = b"what was sealed"

    @property
    def end(self) -> datetime:
        return self.made_at + timedelta(days=365)

    @cached_property
    def seal(self) -> bytes:
        return self.seal_with()

    def seal_with(self, **changes: Any) -> bytes:
        """changes: `digests` lists the holder by digest; `stamp` adds a time stamp; `extensions`; `version`."""
        info = self._info(changes)
        if self.version == 1:
            signed = _FirstSigned({"info": info, "cert": self.maker.certificate, "signatureAlgorithm": self.maker.oid})
            value = self.maker.sign(signed.dump())
            made = {"cert": self.maker.certificate, "signatureAlgorithm": self.maker.oid, "signData": value}
            return bytes(_FirstSeal({"esealInfo": info, "signInfo": made}).dump())
        fields = {
            "eSealInfo": info,
            "cert": self.maker.certificate,
            "signAlgID": self.maker.oid,
            "signedValue": self.maker.sign(info.dump()),
        }
        if "stamp" in changes:
            fields["timeStamp"] = changes["stamp"]
        return bytes(_Seal(fields).dump())

    @cached_property
    def signature(self) -> bytes:
        return self.signature_with()

    def signature_with(self, **changes: Any) -> bytes:
        """changes: `seal` (DER), `at`, `written_at` (bytes, of version 1), `signer`."""
        signer = changes.get("signer", self.holder)
        at = changes.get("at", self.made_at + timedelta(hours=1))
        fields = {
            "version": self.version,
            "eseal": core.Any.load(changes.get("seal", self.seal)),
            "dataHash": signer.digest(self.data),
            "propertyInfo": "/Doc_0/Signs/Sign_0/Signature.xml",
        }
        if self.version == 1:
            fields["timeInfo"] = changes.get("written_at", at.strftime("%y%m%d%H%M%SZ").encode())
            to_sign = _FirstToSign({**fields, "cert": signer.certificate, "signatureAlgorithm": signer.oid})
            return bytes(_FirstSignature({"toSign": to_sign, "signature": signer.sign(to_sign.dump())}).dump())
        to_sign = _ToSign({**fields, "timeInfo": at})
        signed = {
            "toSign": to_sign,
            "cert": signer.certificate,
            "signatureAlgID": signer.oid,
            "signature": signer.sign(to_sign.dump()),
        }
        return bytes(_Signature(signed).dump())

    def _info(self, changes: dict[str, Any]) -> _Info:
        info: dict[str, Any] = {
            "header": {"ID": "ES", "version": changes.get("version", self.version), "Vid": "EXAMPLE&MAKER"},
            "esID": "31010500000001",
            "property": self._property(bool(changes.get("digests"))),
            "picture": {"type": "PNG", "data": self.picture, "width": 42, "height": 40},
        }
        if "extensions" in changes:
            info["extDatas"] = changes["extensions"]
        return _Info(info)

    def _property(self, digests: bool) -> core.Sequence:
        times = {"createDate": self.made_at, "validStart": self.made_at, "validEnd": self.end}
        fields = {"type": 1, "name": "示例公司合同专用章", **times}
        if self.version == 1:
            return _FirstProperty({**fields, "certList": [self.holder.certificate]})
        listed = _Digests([{"type": "1", "value": self.holder.digest(self.holder.certificate)}])
        certificates = _Certificates([self.holder.certificate])
        return _Property(
            {**fields, "certListType": 2 if digests else 1, "certList": listed if digests else certificates}
        )


def make_vectors(folder: Path, version: int, kind: str) -> Vectors:
    """In `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    maker, holder = make_key(folder, kind, "maker"), make_key(folder, kind, "holder")
    begin = max(x509.load_der_x509_certificate(each.certificate).not_valid_before_utc for each in (maker, holder))
    return Vectors(version, maker, holder, begin.astimezone(UTC))
