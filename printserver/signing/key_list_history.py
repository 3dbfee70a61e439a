"""Every key list that was published, kept beside the newest one: signed by the root, each naming the one before.

Names: `2026-11-22.0003.json`, the day on which it was signed and its number. Whoever kept an old list can follow the
chain from it to the newest one and see what was added and what was revoked in between.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from printserver.signing.certificate_files import replace_file
from printserver.signing.errors import KeyListRefused
from printserver.signing.key_list import KeyList, unverified_fingerprint

_NAME: Final = re.compile(r"\d{4}-\d\d-\d\d\.\d{4,}\.json", re.ASCII)


@dataclass(frozen=True)
class ListedRevocation:
    """`reason`: as the ceremony's file says; empty in old lists."""

    key_id: str
    usage: str
    revoked_at: datetime
    reason: str


@dataclass(frozen=True)
class KeptList:
    """One published list. `name`: of its file and the end of its address.   sha256: of its bytes."""

    name: str
    sequence: int
    issued_at: datetime
    sha256: str
    previous_sha256: str | None
    revoked: tuple[ListedRevocation, ...]


def keep_list(folder: Path, data: bytes) -> Path:
    """Put a list that is about to be published beside the earlier ones; once is enough.

    Raises: KeyListRefused for a list without a number, OSError.
    """
    kept = _own_claims(data)
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    path = folder / kept
    if not path.exists():
        replace_file(path, data)
    return path


def kept_list(folder: Path, name: str) -> bytes:
    """Raises: FileNotFoundError, also for every name that is none of ours."""
    if not _NAME.fullmatch(name):
        raise FileNotFoundError(name)
    return (folder / name).read_bytes()


def read_history(folder: Path, newest: bytes, *, root_fingerprint: str) -> tuple[KeptList, ...]:
    """All lists, newest first, each verified under the root and linked with the one after it.

    newest: the list that is published now.   A list of version 1 names no previous one and ends the chain's proof.
    Raises: KeyListRefused when one is not genuine, or the chain is broken.
    """
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    found = {sha256(data).hexdigest(): data for data in (*(path.read_bytes() for path in paths), newest)}
    lists = [_kept(data, KeyList.load(data, root_fingerprint=root_fingerprint)) for data in found.values()]
    lists.sort(key=lambda kept: -kept.sequence)
    _check_chain(lists, sha256(newest).hexdigest())
    return tuple(lists)


def _kept(data: bytes, read: KeyList) -> KeptList:
    revoked = tuple(
        ListedRevocation(key.key_id, str(key.usage), key.revoked_at, key.revoked_reason)
        for key in read.keys
        if key.revoked_at is not None
    )
    name = _name(read.issued_at, read.sequence)
    return KeptList(name, read.sequence, read.issued_at, sha256(data).hexdigest(), read.previous_sha256, revoked)


def _check_chain(lists: Sequence[KeptList], newest: str) -> None:
    if lists[0].sha256 != newest:
        raise KeyListRefused("an earlier key list is newer than the published one")
    for later, earlier in itertools.pairwise(lists):
        if later.sequence != earlier.sequence + 1 or earlier.issued_at > later.issued_at:
            raise KeyListRefused(f"the key list before number {later.sequence} is missing")
        if later.previous_sha256 not in (None, earlier.sha256):
            raise KeyListRefused(f"key list {later.sequence} names another one as the one before it")


def _own_claims(data: bytes) -> str:
    """The file name by what the list says of itself; the caller has just made and verified it."""
    read = KeyList.load(data, root_fingerprint=unverified_fingerprint(data))
    return _name(read.issued_at, read.sequence)


def _name(issued_at: datetime, sequence: int) -> str:
    return f"{issued_at:%Y-%m-%d}.{sequence:04d}.json"
