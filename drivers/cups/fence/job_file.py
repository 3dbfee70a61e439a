"""Opens the encrypted job file; its layout and keys are told in printserver/printing/job_file.py, which seals it.

Nothing is said about why a file does not open: whoever made it knows.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

MAGIC = b"PSJOB1\n"
LARGEST_FILE = 1 << 30
_START = len(MAGIC) + 32 + 2
_TAG = 16
_LARGEST_HEADER = 4096
_NONCE = bytes(12)
_HEX_64 = re.compile(r"[0-9a-f]{64}")
_JOB_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MIME_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,62}/[A-Za-z0-9][A-Za-z0-9.+-]{0,126}")
_FIELDS = {"ticket": _HEX_64, "job_uuid": _JOB_UUID, "document_format": _MIME_TYPE, "document_sha256": _HEX_64}


class NotOpened(Exception):
    """It is no job file for this machine, or it was changed."""


@dataclass(frozen=True)
class Header:
    """ticket, document_sha256: 64 hexadecimal digits.   impressions: sides that come out, at least 1."""

    ticket: str
    job_uuid: str
    document_format: str
    document_sha256: str
    impressions: int


class JobFile:
    """One job file, its header open."""

    def __init__(self, octets: bytes, key: X25519PrivateKey) -> None:
        """Raises NotOpened."""
        length = int.from_bytes(octets[_START - 2 : _START], "big")
        whole = _START + length + _TAG
        if not octets.startswith(MAGIC) or not _TAG < length <= _LARGEST_HEADER or not whole <= len(octets):
            raise NotOpened
        start, self._head = octets[:_START], octets[: _START + length]
        self._body = octets[_START + length :]
        ephemeral = start[len(MAGIC) : len(MAGIC) + 32]
        try:
            self._secret = key.exchange(X25519PublicKey.from_public_bytes(ephemeral))
        except ValueError:
            raise NotOpened from None
        self._salt = ephemeral + key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        header_key = self._derived(self._secret, b"printserver job header 1")
        self.header = _header(_decrypted(header_key, self._head[_START:], start))

    def document(self, share: bytes) -> bytes:
        """The document in the clear, with the digest that the header names.   Raises NotOpened."""
        job_uuid = bytes.fromhex(self.header.job_uuid.replace("-", ""))
        purpose = b"printserver job body 1" + job_uuid + sha256(self._head).digest()
        document = _decrypted(self._derived(self._secret + share, purpose), self._body, self._head)
        if sha256(document).hexdigest() != self.header.document_sha256:
            raise NotOpened
        return document

    def _derived(self, secret: bytes, purpose: bytes) -> bytes:
        return HKDF(SHA256(), 32, salt=self._salt, info=purpose).derive(secret)


def open_job_file(path: Path, key_file: Path) -> JobFile:
    """Raises NotOpened; OSError, ValueError when the machine's own key cannot be read."""
    key = load_pem_private_key(key_file.read_bytes(), None)
    if not isinstance(key, X25519PrivateKey):
        raise ValueError("not an X25519 key")
    with path.open("rb") as file:
        octets = file.read(LARGEST_FILE + 1)
    if len(octets) > LARGEST_FILE:
        raise NotOpened
    return JobFile(octets, key)


def _decrypted(key: bytes, octets: bytes, associated: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(_NONCE, octets, associated)
    except InvalidTag:
        raise NotOpened from None


def _header(octets: bytes) -> Header:
    try:
        fields = json.loads(octets.decode("ascii"))
    except (ValueError, RecursionError):
        raise NotOpened from None
    if not isinstance(fields, dict) or fields.keys() != {*_FIELDS, "impressions"}:
        raise NotOpened
    for name, form in _FIELDS.items():
        if not isinstance(fields[name], str) or not form.fullmatch(fields[name]):
            raise NotOpened
    impressions = fields["impressions"]
    if type(impressions) is not int or impressions < 1:
        raise NotOpened
    return Header(**fields)
