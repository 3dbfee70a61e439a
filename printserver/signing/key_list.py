"""The published key list (KEYS.json): which public key may say what, signed by the offline root.

`{"version":2, "issuer", "sequence", "issued_at", "previous_sha256", "test", "root":{"certificate","fingerprint"},
"keys":[…], "signature"}`. Version 1 names no previous list and is of no test. Earlier lists stay published: see
`key_list_history`.
The signature is base64 of r‖s (64 bytes) over the RFC 8785 bytes of everything but `signature`.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from printserver.signing.errors import KeyListRefused, KeyUnknown, SignatureInvalid
from printserver.signing.p256 import fingerprint_of, load_public_key, sign_message, verify_raw
from printserver.signing.ports import RawSign
from printserver.signing.published_key import (
    KeyUsage,
    PublishedKey,
    certificate_spki,
    read_base64,
    read_certificate,
    read_published_key,
    read_time,
    write_published_key,
    write_time,
)

VERSION: Final = 2
MAX_BYTES: Final = 16 * 1024 * 1024
_FIRST_FIELDS: Final = {"version", "issuer", "sequence", "issued_at", "root", "keys", "signature"}
_LIST_FIELDS: Final = {1: _FIRST_FIELDS, 2: _FIRST_FIELDS | {"previous_sha256", "test"}}


@dataclass(frozen=True)
class KeyList:
    """A verified key list; made by `load` alone."""

    issuer: str
    sequence: int
    """Grows by one with each list: a reader who knows a higher one holds a newer list."""
    issued_at: datetime
    root_certificate: x509.Certificate
    root_fingerprint: str
    """SHA-256 of the root's SubjectPublicKeyInfo, 64 lower-case hex digits."""
    keys: tuple[PublishedKey, ...]
    previous_sha256: str | None = None
    """Of the bytes of the list before; None of the first one, and in version 1."""
    test: bool = False
    """Whatever these keys sign is a test, and binds nobody."""

    @classmethod
    def load(cls, data: bytes, *, root_fingerprint: str) -> KeyList:
        """Verify a key list's bytes against the pinned root.

        root_fingerprint: as printed on the contract; case, spaces and colons do not matter.
        Steps: shape, root is the pinned one, signature, entries, at least one key, unique key ids.
        Raises: KeyListRefused; nothing of a refused list is usable.
        """
        document = _document(data)
        root = _root_certificate(document)
        fingerprint = fingerprint_of(certificate_spki(root))
        if not hmac.compare_digest(fingerprint, normal_fingerprint(root_fingerprint)):
            raise KeyListRefused("the key list is signed by another root than the pinned one")
        signed = {name: value for name, value in document.items() if name != "signature"}
        try:
            verify_raw(
                load_public_key(certificate_spki(root)), read_base64(document["signature"]), rfc8785.dumps(signed)
            )
        except SignatureInvalid as problem:
            raise KeyListRefused("the root did not sign this key list") from problem
        except (rfc8785.CanonicalizationError, RecursionError) as problem:
            raise KeyListRefused("the key list holds what cannot be signed") from problem
        return cls._of_document(document, root, fingerprint)

    @classmethod
    def read(cls, list_file: Path, *, pin_file: Path) -> KeyList:
        """As `load`, from files: the list, and the fingerprint that this installation pins.

        Raises: KeyListRefused, also when either cannot be read.
        """
        try:
            data, fingerprint = list_file.read_bytes(), pin_file.read_text("ascii")
        except (OSError, UnicodeDecodeError) as problem:
            raise KeyListRefused("the key list or its pinned fingerprint cannot be read") from problem
        return _believed(data, fingerprint)

    @classmethod
    def _of_document(cls, document: Mapping[str, Any], root: x509.Certificate, fingerprint: str) -> KeyList:
        if not isinstance(document["keys"], list) or not document["keys"]:
            raise KeyListRefused("the key list is empty")
        keys = tuple(read_published_key(entry, root) for entry in document["keys"])
        if len({key.key_id for key in keys}) != len(keys):
            raise KeyListRefused("a key id occurs twice in the key list")
        issuer, sequence = document["issuer"], document["sequence"]
        if not isinstance(issuer, str) or type(sequence) is not int or sequence < 1:
            raise KeyListRefused("the key list has no issuer or no sequence number")
        previous = document.get("previous_sha256")
        if previous is not None and not _is_digest(previous):
            raise KeyListRefused("the key list names no digest of the one before")
        test = document.get("test", False)
        if type(test) is not bool:
            raise KeyListRefused("the key list does not say whether it is a test")
        return cls(issuer, sequence, read_time(document["issued_at"]), root, fingerprint, keys, previous, test)

    def find(self, key_id: str, usage: KeyUsage) -> PublishedKey:
        """The key with this id, if it is for this use. Says nothing about validity.   Raises: KeyUnknown."""
        for key in self.keys:
            if key.key_id == key_id and key.usage is usage:
                return key
        raise KeyUnknown(f"the key list holds no {usage} key with this id")

    def of_usage(self, usage: KeyUsage) -> tuple[PublishedKey, ...]:
        """All keys for a use, in the list's order."""
        return tuple(key for key in self.keys if key.usage is usage)


@lru_cache(maxsize=4)
def _believed(data: bytes, fingerprint: str) -> KeyList:
    """The same bytes under the same pin are the same list; each request asks for it."""
    return KeyList.load(data, root_fingerprint=fingerprint)


def build_key_list(
    *,
    issuer: str,
    sequence: int,
    issued_at: datetime,
    root_certificate: x509.Certificate,
    sign: RawSign,
    keys: Sequence[PublishedKey],
    previous: bytes | None = None,
    test: bool = False,
) -> bytes:
    """Make KEYS.json in the ceremony: canonical JSON, verified with our own reader before it is handed out.

    previous: the list before this one, as it was published; None for the first.   test: of an organisation for tests.
    sign: the offline root's key.   Raises: KeyListRefused when a reader would refuse the result.
    """
    fingerprint = fingerprint_of(certificate_spki(root_certificate))
    document: dict[str, Any] = {
        "version": VERSION,
        "issuer": issuer,
        "sequence": sequence,
        "issued_at": write_time(issued_at),
        "previous_sha256": None if previous is None else sha256(previous).hexdigest(),
        "test": test,
        "root": {
            "certificate": root_certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"),
            "fingerprint": fingerprint,
        },
        "keys": [write_published_key(key) for key in keys],
    }
    document["signature"] = base64.b64encode(sign_message(sign, rfc8785.dumps(document))).decode("ascii")
    data = rfc8785.dumps(document)
    KeyList.load(data, root_fingerprint=fingerprint)
    return data


def unverified_fingerprint(data: bytes) -> str:
    """The root fingerprint a key list claims, for a person to compare with the printed one. Proves nothing.

    Raises: KeyListRefused when the bytes are no key list.
    """
    return fingerprint_of(certificate_spki(_root_certificate(_document(data))))


def says_test(name: str) -> bool:
    """Whether people who read the name of an organisation or a seal see that it is for tests."""
    return "测试" in name or "TEST" in name.upper().split()


def normal_fingerprint(text: str) -> str:
    """64 lower-case hex digits from what a person typed.   Raises: KeyListRefused."""
    plain = re.sub(r"[\s:]", "", text).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", plain, re.ASCII):
        raise KeyListRefused("a root fingerprint has 64 hex digits")
    return plain


def _is_digest(text: Any) -> bool:
    return isinstance(text, str) and re.fullmatch(r"[0-9a-f]{64}", text, re.ASCII) is not None


def _document(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise KeyListRefused("the key list is too large")
    try:
        document = json.loads(data, object_pairs_hook=_no_name_twice)
    except (ValueError, RecursionError) as problem:
        raise KeyListRefused("the key list is no JSON") from problem
    if not isinstance(document, dict):
        raise KeyListRefused("the key list is no object")
    version = document.get("version")
    if type(version) is not int or set(document) != _LIST_FIELDS.get(version):
        raise KeyListRefused("not a key list of version 1 or 2")
    return document


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise KeyListRefused("a name occurs twice in the key list")
    return names


def _root_certificate(document: Mapping[str, Any]) -> x509.Certificate:
    root = document["root"]
    if not isinstance(root, dict) or set(root) != {"certificate", "fingerprint"}:
        raise KeyListRefused("the key list names no root")
    certificate = read_certificate(root["certificate"])
    if root["fingerprint"] != fingerprint_of(certificate_spki(certificate)):
        raise KeyListRefused("the root's fingerprint is not that of its certificate")
    return certificate
