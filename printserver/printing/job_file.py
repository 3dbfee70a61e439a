"""The encrypted job file: what CUPS spools instead of a document. Only the backend on its way to the printer opens it.

Layout, in octets:

    7   magic `PSJOB1\\n`, by which CUPS knows the type application/vnd.printserver-job
    32  ephemeral X25519 public key, drawn for this file alone
    2   length n of the sealed header, big-endian
    n   header, AES-256-GCM: JSON with the fields of `JobHeader`
    …   document, AES-256-GCM

The backend's private key opens the header, and so the ticket in it; the document needs the server's share as well,
which the server gives for that ticket once. Each of the two keys serves one message, so the nonce is zero. `head` below
is everything before the document: it is the document's associated data and its digest enters the document's key, so
that no header fits another document.

    secret     = X25519(ephemeral, backend)            salt = ephemeral public key || backend's public key
    header key = HKDF-SHA256(secret, salt, "printserver job header 1")
    body key   = HKDF-SHA256(secret || share, salt, "printserver job body 1" || job-uuid (16) || SHA-256(head))

Sources: RFC 7748 section 6.1, RFC 5869, NIST SP 800-38D. `drivers/cups/fence/job_file.py` opens what is sealed here;
tests/vectors/job_file.json holds both to the same octets.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from printserver.foundation.errors import IntegrityError, Malformed

JOB_FILE_TYPE: Final = "application/vnd.printserver-job"
MAGIC: Final = b"PSJOB1\n"
SHARE_OCTETS: Final = 32
_NONCE: Final = bytes(12)
_HEX_64: Final = re.compile(r"[0-9a-f]{64}")
_MIME_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,62}/[A-Za-z0-9][A-Za-z0-9.+-]{0,126}")


class BackendKeyMalformed(Malformed):
    code: ClassVar[str] = "backend-key-malformed"


class ShareSecretDamaged(IntegrityError):
    """Jobs that are on their way cannot be opened with another secret, so none is made in its place."""

    code: ClassVar[str] = "share-secret-damaged"


@dataclass(frozen=True, slots=True)
class JobHeader:
    """What the backend must know before it asks the server.   Raises ValueError for fields that are not as said."""

    ticket: str
    """64 lower-case hex digits."""

    job_uuid: UUID

    document_format: str
    """What the printer is told that it gets, a MIME type."""

    document_sha256: str
    """64 lower-case hex digits, of the document in the clear."""

    impressions: int
    """Sides that come out, ≥ 1."""

    def __post_init__(self) -> None:
        digests = _HEX_64.fullmatch(self.ticket) and _HEX_64.fullmatch(self.document_sha256)
        if not (digests and _MIME_TYPE.fullmatch(self.document_format) and self.impressions >= 1):
            raise ValueError("a job's header is not well formed")


def seal_job(document: bytes, header: JobHeader, backend_public_key: bytes, share: bytes) -> bytes:
    """The job file.

    document: in the clear, with the digest that the header names; nothing of it is written anywhere.
    backend_public_key: 32 octets.   share: 32 octets, of the header's ticket.
    Raises: ValueError.
    """
    return seal_with(X25519PrivateKey.generate(), document, header, backend_public_key, share)


def seal_with(
    ephemeral: X25519PrivateKey, document: bytes, header: JobHeader, backend_public_key: bytes, share: bytes
) -> bytes:
    """`seal_job` with a given ephemeral key, which must never seal a second file: for published examples only."""
    if len(share) != SHARE_OCTETS:
        raise ValueError(f"a share has {SHARE_OCTETS} octets")
    if sha256(document).hexdigest() != header.document_sha256:
        raise ValueError("the header names another document")
    own_public = ephemeral.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(backend_public_key))
    salt = own_public + backend_public_key
    fields = _header_octets(header)
    start = MAGIC + own_public + (len(fields) + 16).to_bytes(2, "big")
    header_key = _derived(secret, salt, b"printserver job header 1")
    head = start + AESGCM(header_key).encrypt(_NONCE, fields, start)
    purpose = b"printserver job body 1" + header.job_uuid.bytes + sha256(head).digest()
    return head + AESGCM(_derived(secret + share, salt, purpose)).encrypt(_NONCE, document, head)


def read_public_key(path: Path) -> bytes:
    """A backend's X25519 public key, 32 octets, from PEM (SubjectPublicKeyInfo).

    Raises: BackendKeyMalformed, OSError.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except ValueError as error:
        raise BackendKeyMalformed(f"{path} holds no public key in PEM") from error
    if not isinstance(key, X25519PublicKey):
        raise BackendKeyMalformed(f"{path} holds a key of another kind than X25519")
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def make_backend_key() -> tuple[bytes, bytes]:
    """A new pair for a spooler, both in PEM: private key (PKCS #8, unencrypted), public key (SubjectPublicKeyInfo)."""
    key = X25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class ShareSecret:
    """From which the server's share of every job's key is derived, so that no share is stored anywhere."""

    def __init__(self, secret: bytes) -> None:
        """secret: 32 octets."""
        if len(secret) != SHARE_OCTETS:
            raise ShareSecretDamaged("the secret of the shares has not its 32 octets")
        self._secret = secret

    @classmethod
    def load_or_make(cls, path: Path) -> ShareSecret:
        """From the file, which is made, for its owner alone, if there is none; of several makers one wins.

        Raises: ShareSecretDamaged, OSError.
        """
        if not path.exists():
            _write_through(path, os.urandom(SHARE_OCTETS))
        return cls(path.read_bytes())

    def share(self, ticket: str) -> bytes:
        """32 octets; ticket: 64 lower-case hex digits."""
        return _derived(self._secret, None, b"printserver ticket share 1" + bytes.fromhex(ticket))


def _write_through(path: Path, secret: bytes) -> None:
    """Under a name of its own first: who finds the file finds it whole."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(descriptor)
        _link_if_missing(aside, path)
    finally:
        aside.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _link_if_missing(aside: Path, path: Path) -> None:
    try:
        path.hardlink_to(aside)
    except FileExistsError:
        return


def _header_octets(header: JobHeader) -> bytes:
    fields = {**asdict(header), "job_uuid": str(header.job_uuid)}
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")


def _derived(secret: bytes, salt: bytes | None, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=salt, info=purpose).derive(secret)
