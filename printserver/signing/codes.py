"""Verification code, profile PV1: what a page's QR says, readable and verifiable offline.

Text: `<public_url>/q/` and body‖signature as one zero-padded decimal number of 321 digits.
Body, big-endian, 69 bytes: version and algorithm (0x11 = version 1, ES256), key id 4, organisation u32,
copy serial 10, issue time u32, page u16, pages u16, copy u16, copies u16, first seal's id 6,
SHA-256 of the safe document 32. Signature: r‖s, 64 bytes, P-256 with SHA-256 over the domain prefix and the body.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from printserver.foundation.serials import CopySerial
from printserver.signing.errors import CodeForged, CodeMalformed, SignatureInvalid
from printserver.signing.key_list import KeyList
from printserver.signing.p256 import SIGNATURE_SIZE, sign_message, verify_raw
from printserver.signing.ports import RawSign
from printserver.signing.published_key import KeyUsage

VERSION_ES256: Final = 0x11
DOMAIN: Final = b"PV1\x00print-copy\x00"
_BODY: Final = struct.Struct(">B4sI10sIHHHH6s32s")
BODY_SIZE: Final = _BODY.size
BLOB_SIZE: Final = BODY_SIZE + SIGNATURE_SIZE
DIGITS: Final = len(str((1 << 8 * BLOB_SIZE) - 1))
_U16: Final = (1 << 16) - 1
_U32: Final = (1 << 32) - 1
_BASE_URL: Final = r"https?://[A-Za-z0-9.\-]{1,253}(?::[0-9]{1,5})?"
_TEXT: Final = re.compile(rf"(?:{_BASE_URL}/q/)?([0-9]{{{DIGITS}}})", re.ASCII)


@dataclass(frozen=True)
class CodeBody:
    """What one page of one copy says about itself. Raises CodeMalformed when a field is out of range."""

    key_id: str
    """8 lower-case hex digits: the key that signs."""
    organisation: int
    """The organisation's number, u32."""
    serial: CopySerial
    issued_at: datetime
    """UTC, whole seconds, up to the year 2106."""
    page: int
    """1-based, at most `pages`."""
    pages: int
    copy: int
    """1-based, at most `copies`; 0 for the electronic original, which is no copy on paper."""
    copies: int
    """On paper."""
    first_seal_id: bytes
    """6 bytes; zeros when the copy carries no seal."""
    document_sha256: bytes
    """32 bytes: the safe document, before seal and code are put on."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9a-f]{8}", self.key_id, re.ASCII):
            raise CodeMalformed("a key id has 8 hex digits")
        if not 0 <= self.organisation <= _U32:
            raise CodeMalformed("the organisation's number is out of range")
        if not 1 <= self.page <= self.pages <= _U16 or not 0 <= self.copy <= self.copies <= _U16:
            raise CodeMalformed("page or copy numbers are out of range")
        if len(self.first_seal_id) != 6 or len(self.document_sha256) != 32:
            raise CodeMalformed("a seal id has 6 bytes and a digest 32")
        if self.issued_at.tzinfo is None or self.issued_at.microsecond:
            raise CodeMalformed("the issue time is in UTC and whole seconds")
        if not 0 <= int(self.issued_at.timestamp()) <= _U32:
            raise CodeMalformed("the issue time is out of range")

    def to_bytes(self) -> bytes:
        """69 bytes."""
        return _BODY.pack(
            VERSION_ES256,
            bytes.fromhex(self.key_id),
            self.organisation,
            self.serial.value,
            int(self.issued_at.timestamp()),
            self.page,
            self.pages,
            self.copy,
            self.copies,
            self.first_seal_id,
            self.document_sha256,
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> CodeBody:
        """Raises: CodeMalformed, also for a version or algorithm that is not ours."""
        if len(data) != BODY_SIZE:
            raise CodeMalformed("not a verification code of this system")
        version, key_id, organisation, serial, issued, page, pages, copy, copies, seal, digest = _BODY.unpack(data)
        if version != VERSION_ES256:
            raise CodeMalformed("a verification code of an unknown version")
        return cls(
            key_id=key_id.hex(),
            organisation=organisation,
            serial=CopySerial(serial),
            issued_at=datetime.fromtimestamp(issued, UTC),
            page=page,
            pages=pages,
            copy=copy,
            copies=copies,
            first_seal_id=seal,
            document_sha256=digest,
        )


@dataclass(frozen=True)
class SignedCode:
    """A code whose signature is carried, not yet believed: only `verify_code` makes its body a fact."""

    body: CodeBody
    signature: bytes
    """64 bytes, r‖s."""

    @property
    def blob(self) -> bytes:
        """133 bytes: body‖signature."""
        return self.body.to_bytes() + self.signature

    @classmethod
    def from_blob(cls, blob: bytes) -> SignedCode:
        """Raises: CodeMalformed."""
        if len(blob) != BLOB_SIZE:
            raise CodeMalformed("not a verification code of this system")
        return cls(CodeBody.from_bytes(blob[:BODY_SIZE]), blob[BODY_SIZE:])


def encode_text(public_url: str, blob: bytes) -> str:
    """The QR's content. `public_url`: scheme (lower-case) and host, no path, no closing slash.

    `blob`: 133 bytes.   Raises: CodeMalformed.
    """
    if not re.fullmatch(_BASE_URL, public_url, re.ASCII):
        raise CodeMalformed("the public address is http(s)://host[:port] and nothing behind it")
    if len(blob) != BLOB_SIZE:
        raise CodeMalformed("body and signature have 133 bytes together")
    return f"{public_url}/q/{int.from_bytes(blob, 'big'):0{DIGITS}d}"


def parse_text(text: str) -> SignedCode:
    """Read a code from what a scanner or a person hands in: the address with any host, or its 321 digits alone.

    Raises: CodeMalformed for anything else, without repeating the text.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise CodeMalformed("not a verification code of this system")
    number = int(match[1])
    if number >> 8 * BLOB_SIZE:
        raise CodeMalformed("not a verification code of this system")
    return SignedCode.from_blob(number.to_bytes(BLOB_SIZE, "big"))


def sign_code(body: CodeBody, sign: RawSign) -> SignedCode:
    """Sign a page's code with the key that `body.key_id` names; the caller vouches that `sign` is that key."""
    return SignedCode(body, sign_message(sign, DOMAIN + body.to_bytes()))


def verify_code(code: SignedCode, key_list: KeyList, at: datetime | None = None) -> CodeBody:
    """Answer what the code says, once it is proved that a code key of its organisation said so.

    at: the moment judged about; revocations after it do not count. Without it every revocation in the list counts:
    a revoked key could have written any issue time, so none of its codes can be believed offline.
    Steps: find the key, signature, organisation, key's validity at the issue time, revocation.
    Raises: KeyUnknown, CodeForged, KeyNotValid.
    """
    key = key_list.find(code.body.key_id, KeyUsage.CODE)
    try:
        verify_raw(key.p256_key(), code.signature, DOMAIN + code.body.to_bytes())
    except SignatureInvalid as problem:
        raise CodeForged("the code was not signed by the key it names") from problem
    if key.organisation != code.body.organisation:
        raise CodeForged("the code was signed by another organisation's key")
    key.check_valid(code.body.issued_at)
    key.check_not_revoked(at)
    return code.body
