"""The witness: a file outside the database that remembers every head and every leaf, one canonical JSON line a head.

Whoever rewrites the database, even consistently, contradicts this file; keep it where the database's
administrator cannot write, and copy it away.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from printserver.audit.canonical import Value, canonical_json
from printserver.audit.heads import TreeHead
from printserver.audit.merkle import HASH_LENGTH
from printserver.foundation.clock import as_text, from_text
from printserver.foundation.errors import IntegrityError

READ_BLOCK: Final = 65_536
MEMBERS: Final = frozenset({"at", "key_id", "leaves", "root", "signature", "size"})


class WitnessBroken(IntegrityError):
    """The witness itself was changed, or would have to be; nothing is written to it."""

    code = "witness-broken"


@dataclass(frozen=True)
class WitnessLine:
    """leaves: the leaf hashes added since the previous head, in order, 32 bytes each, at least one."""

    head: TreeHead
    leaves: tuple[bytes, ...]

    @property
    def begin(self) -> int:
        """The position of the first of `leaves`, which is the size of the previous head."""
        return self.head.size - len(self.leaves)

    def to_bytes(self) -> bytes:
        """With the line feed that ends it."""
        head = self.head
        members: dict[str, Value] = {
            "at": as_text(head.at),
            "key_id": head.key_id,
            "leaves": [leaf.hex() for leaf in self.leaves],
            "root": head.root.hex(),
            "signature": head.signature.hex(),
            "size": head.size,
        }
        return canonical_json(members) + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> WitnessLine:
        """Read what `to_bytes` wrote, byte for byte.   Raises: ValueError."""
        try:
            members = json.loads(line)
            if members.keys() != MEMBERS or type(members["size"]) is not int or type(members["key_id"]) is not str:
                raise ValueError("not a line of a witness")
            head = TreeHead(
                size=members["size"],
                root=bytes.fromhex(members["root"]),
                at=from_text(members["at"]),
                key_id=members["key_id"],
                signature=bytes.fromhex(members["signature"]),
            )
            parsed = cls(head, tuple(bytes.fromhex(leaf) for leaf in members["leaves"]))
        except (TypeError, AttributeError, RecursionError) as problem:
            raise ValueError(f"not a line of a witness: {problem}") from None
        if parsed.to_bytes() != line.rstrip(b"\n") + b"\n":
            raise ValueError("the line is not canonical")
        if (
            not parsed.leaves
            or parsed.begin < 0
            or {len(hashed) for hashed in (head.root, *parsed.leaves)} != {HASH_LENGTH}
        ):
            raise ValueError("sizes and hashes of the line do not agree")
        return parsed


@dataclass(frozen=True)
class Witness:
    """path: an absolute path on a local file system; the file is made by the first `append`."""

    path: Path

    def newest(self) -> TreeHead | None:
        """The last head that was wholly written; None for an empty or missing file.   Raises: WitnessBroken."""
        try:
            with self._opened(os.O_RDONLY) as file:
                return _tail(file).newest
        except FileNotFoundError:
            return None

    def length(self) -> int:
        """Bytes written so far; 0 for a missing file."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def lines(self, length: int | None = None) -> Iterator[tuple[int, WitnessLine | None]]:
        """Each line with its number from 1, None for one that cannot be read. A torn last line is left out.

        length: read no further than so many bytes, as `length()` gave.
        """
        left = self.length() if length is None else length
        try:
            with self.path.open("rb") as stream:
                for number, whole in enumerate(stream, 1):
                    line, left = whole[:left], left - len(whole)
                    try:
                        yield number, WitnessLine.parse(line)
                    except ValueError:
                        if line.endswith(b"\n"):
                            yield number, None
        except FileNotFoundError:
            return

    def append(self, line: WitnessLine) -> None:
        """Add `line` and wait until it is on the disk. Writing the newest or an older line again changes nothing.

        A last line torn by a crash is completed, or cut away and so written again by its head's owner.
        Raises: WitnessBroken when the file holds another head of that size, or lacks one before it.
        """
        with self._opened(os.O_RDWR | os.O_CREAT) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            newest = _repaired(file)
            size = newest.size if newest else 0
            if line.head.size <= size:
                self._insist_on(line)
                return
            if line.begin != size:
                raise WitnessBroken(f"the witness knows {size} entries, but the next head begins at {line.begin}")
            _write_whole(file, line.to_bytes())
            os.fsync(file)
            if newest is None:
                _sync_folder(self.path.parent)

    def _insist_on(self, line: WitnessLine) -> None:
        if not any(known == line for _, known in self.lines()):
            raise WitnessBroken(f"the witness remembers the head of size {line.head.size} otherwise")

    @contextmanager
    def _opened(self, flags: int) -> Iterator[int]:
        file = os.open(self.path, flags | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
        try:
            yield file
        finally:
            os.close(file)


@dataclass(frozen=True)
class _Tail:
    """newest: the head of the last whole line.   torn: bytes after it, at `torn_at`."""

    newest: TreeHead | None
    torn: bytes
    torn_at: int


def _tail(file: int) -> _Tail:
    begin = end = os.fstat(file).st_size
    read = b""
    while begin and read.count(b"\n") < 2:
        step = min(READ_BLOCK, begin)
        begin -= step
        read = os.pread(file, step, begin) + read
    whole, line_feed, torn = read.rpartition(b"\n")
    torn_at = end - len(torn)
    if not line_feed:
        return _Tail(None, torn, torn_at)
    try:
        return _Tail(WitnessLine.parse(whole.rpartition(b"\n")[2]).head, torn, torn_at)
    except ValueError as problem:
        raise WitnessBroken(f"the last whole line of the witness cannot be read: {problem}") from None


def _repaired(file: int) -> TreeHead | None:
    """The newest head after the torn end, if any, was completed or cut away. The caller holds the lock."""
    tail = _tail(file)
    if not tail.torn:
        return tail.newest
    try:
        line = WitnessLine.parse(tail.torn)
    except ValueError:
        os.ftruncate(file, tail.torn_at)
        newest = tail.newest
    else:
        _write_whole(file, b"\n")
        newest = line.head
    os.fsync(file)
    return newest


def _write_whole(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
