"""The lock of a backup of keys: any two of the officers' parts open it, one alone opens nothing.

A part is 32 random bytes that one officer keeps. The backup's own key is wrapped once for each pair of parts, under a
key derived from both; so no arithmetic of shares is needed, and a lost part is no lost backup as long as two are left.

Written: `PSKB2` and a line feed, length of the header (u16, big-endian), header (canonical JSON: what it holds, and for
each pair the parts' names and the wrapped key), nonce (12 bytes), AES-256-GCM of the content over all before it.
"""

from __future__ import annotations

import json
import re
import secrets
from base64 import b32decode, b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from printserver.audit.canonical import canonical_json
from printserver.signing.errors import BackupRefused

MAGIC: Final = b"PSKB2\n"
MOST_PARTS: Final = 8
LARGEST: Final = 64 * 2**20
_KEY, _NONCE, _LENGTH = 32, 12, 2
_PART: Final = re.compile(r"PSPART1 ([A-Z2-7]{52}) ([0-9a-f]{8})", re.ASCII)


def new_part() -> str:
    """One line of text for one officer; it ends in a checksum."""
    return _as_text(secrets.token_bytes(_KEY))


def read_part(text: str) -> bytes:
    """Raises: BackupRefused for what is no part, or was mistyped."""
    match = _PART.fullmatch(text.strip())
    if match is None:
        raise BackupRefused("this is no part of a backup's key")
    part = b32decode(match[1] + "====")
    if _as_text(part) != match[0]:
        raise BackupRefused("this part of a backup's key was mistyped: its checksum is another one")
    return part


def part_name(part: bytes) -> str:
    """8 hexadecimal digits by which officers know their part."""
    return sha256(b"name of a part\0" + part).hexdigest()[:8]


def _as_text(part: bytes) -> str:
    return f"PSPART1 {b32encode(part).decode('ascii').rstrip('=')} {sha256(part).hexdigest()[:8]}"


@dataclass(frozen=True)
class Backup:
    """What two officers have opened.   kind: what `content` holds.   key: the backup's own."""

    kind: str
    content: bytes
    key: BackupKey


@dataclass(frozen=True, repr=False)
class BackupKey:
    """32 bytes of one backup, from which its other keys are derived."""

    secret: bytes

    @classmethod
    def new(cls) -> Self:
        return cls(secrets.token_bytes(_KEY))

    @property
    def wrapping_key(self) -> bytes:
        """AES-256, under which the token wraps its keys."""
        return _derived(self.secret, b"wrapping")

    def lock(self, kind: str, content: bytes, parts: Sequence[bytes]) -> bytes:
        """parts: of 2 to 8 officers, any two of whom open it.   Raises: BackupRefused for fewer, more or twins."""
        if not 2 <= len(parts) <= MOST_PARTS or len(set(parts)) != len(parts):
            raise BackupRefused(f"a backup takes the different parts of 2 to {MOST_PARTS} officers")
        pairs = [
            [part_name(one), part_name(other), aes_key_wrap(_of_pair(one, other), self.secret).hex()]
            for one, other in combinations(sorted(parts, key=part_name), 2)
        ]
        header = canonical_json({"holds": kind, "pairs": pairs})
        head = MAGIC + len(header).to_bytes(_LENGTH, "big") + header + secrets.token_bytes(_NONCE)
        return head + AESGCM(_derived(self.secret, b"content")).encrypt(head[-_NONCE:], content, head)


def is_locked_by_parts(backup: bytes) -> bool:
    return backup.startswith(MAGIC)


def unlock(backup: bytes, parts: Sequence[bytes]) -> Backup:
    """Raises: BackupRefused for too few or other parts, or a backup that was changed."""
    start = len(MAGIC) + _LENGTH
    end = start + int.from_bytes(backup[len(MAGIC) : start], "big") + _NONCE
    if not is_locked_by_parts(backup) or not end < len(backup) <= LARGEST:
        raise BackupRefused("this is no backup that parts open")
    try:
        header = json.loads(backup[start : end - _NONCE])
        kind = str(header["holds"])
        wrapped = {(one, other): bytes.fromhex(text) for one, other, text in header["pairs"]}
        key = BackupKey(_opened(wrapped, sorted(set(parts), key=part_name)))
        content = AESGCM(_derived(key.secret, b"content")).decrypt(
            backup[end - _NONCE : end], backup[end:], backup[:end]
        )
    except (InvalidTag, InvalidUnwrap, ValueError, TypeError, KeyError) as problem:
        raise BackupRefused("these parts do not open this backup, or it was changed") from problem
    return Backup(kind, content, key)


def _opened(wrapped: dict[tuple[str, str], bytes], parts: Sequence[bytes]) -> bytes:
    for one, other in combinations(parts, 2):
        found = wrapped.get((part_name(one), part_name(other)))
        if found is not None:
            return aes_key_unwrap(_of_pair(one, other), found)
    raise BackupRefused("two of the parts under which this backup was made are needed; give --part twice")


def _of_pair(one: bytes, other: bytes) -> bytes:
    """Of two parts in the order of their names."""
    return _derived(one + other, b"pair")


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), _KEY, salt=None, info=b"printserver backup\0" + purpose).derive(secret)
