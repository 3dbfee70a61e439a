"""A file to which one process appends records, each with the SHA-256 of the line before it (with its newline).

One line a record, RFC 8785 JSON, synced before `append` returns. A write cut off by a crash stays in the file and is
closed by a line that says so. What the records mean, their owners know: the spent journal and the register.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import rfc8785

from printserver.signing.errors import JournalBroken, JournalInUse

NOTHING_BEFORE: Final = "0" * 64
PREVIOUS: Final = "previous_sha256"


@dataclass(frozen=True)
class ChainLine:
    """`record` is None for a line that a crash cut off, whose `content` is then what was left of it."""

    content: bytes
    record: Mapping[str, Any] | None


class ChainedFile:
    """Opened by one process at a time. Not for several threads at once: its owner holds a lock."""

    def __init__(self, path: Path, name: str) -> None:
        """Open, or create in an existing folder, and read the whole chain.

        name: what messages call it.
        Raises: JournalInUse (another process has it), JournalBroken (it is not what was written).
        """
        self._path, self._name = path, name
        self._usable = True
        self._head, self._count, self._size = NOTHING_BEFORE, 0, 0
        self._descriptor = self._open()
        try:
            self.lines = tuple(self._read())
        except BaseException:
            os.close(self._descriptor)
            raise

    @property
    def head(self) -> tuple[int, str]:
        """How many lines there are, and the SHA-256 of the last: keep it elsewhere, and a cut-off tail shows."""
        return self._count, self._head

    def check_knows(self, lines: int, head: str) -> None:
        """Prove that this file begins with the lines whose `head` was kept elsewhere.   Raises: JournalBroken."""
        *whole, _rest = _content(self._descriptor).split(b"\n")
        if len(whole) < lines:
            raise JournalBroken(f"the {self._name} has {len(whole)} lines, but {lines} were written: restore it whole")
        if lines and hashlib.sha256(whole[lines - 1] + b"\n").hexdigest() != head:
            raise JournalBroken(f"line {lines} of the {self._name} is not the one that was written")

    def is_end(self, lines: int, head: str) -> bool:
        """Whether the first `lines` lines end in `head`."""
        if lines <= 0:
            return False
        try:
            self.check_knows(lines, head)
        except JournalBroken:
            return False
        return True

    def check_untouched(self) -> None:
        """Raises: JournalBroken when it failed before, is closed, or somebody else changed it."""
        if not self._usable:
            raise JournalBroken(f"the {self._name} has failed or is closed; open it again")
        try:
            named, held = self._path.stat(), os.fstat(self._descriptor)
        except OSError as problem:
            raise JournalBroken(f"the {self._name} has been removed") from problem
        if (named.st_dev, named.st_ino) != (held.st_dev, held.st_ino) or held.st_size != self._size:
            raise JournalBroken(f"somebody else has written, cut or replaced the {self._name}")

    def append(self, record: Mapping[str, Any]) -> None:
        """Add the record with the digest of the line before it; when this returns, it is on the disk.

        Raises: JournalBroken: the end of the file is then unknown and this object done.
        """
        self.check_untouched()
        line = rfc8785.dumps({**record, PREVIOUS: self._head}) + b"\n"
        self._write(line)
        self._count_line(line)

    def close(self) -> None:
        """Let the next process open it."""
        if self._descriptor >= 0:
            self._usable = False
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _sync_folder(self._path.parent)
        except BlockingIOError as problem:
            os.close(descriptor)
            raise JournalInUse(f"another process holds the {self._name}") from problem
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _write(self, line: bytes) -> None:
        self._usable = False
        try:
            if os.write(self._descriptor, line) != len(line):
                raise JournalBroken(f"the {self._name} could not be written whole")
            os.fsync(self._descriptor)
        except OSError as problem:
            raise JournalBroken(f"the {self._name} could not be written") from problem
        self._usable = True

    def _count_line(self, line: bytes) -> None:
        self._head = hashlib.sha256(line).hexdigest()
        self._count += 1
        self._size += len(line)

    def _read(self) -> list[ChainLine]:
        found: list[ChainLine] = []
        *lines, rest = _content(self._descriptor).split(b"\n")
        at = 0
        while at < len(lines):
            if at + 1 < len(lines) and lines[at + 1] + b"\n" == _closing_line(lines[at]):
                found.append(self._torn(lines[at]))
                at += 2
            elif _record(lines[at]) is None and at + 1 == len(lines):
                self._write(self._rest_of_closing(lines[at], rest))
                return [*found, self._torn(lines[at])]
            else:
                found.append(self._whole(lines[at]))
                at += 1
        if rest:
            self._write(b"\n" + _closing_line(rest))
            found.append(self._torn(rest))
        return found

    def _whole(self, line: bytes) -> ChainLine:
        record = _record(line)
        if record is None or record.pop(PREVIOUS, None) != self._head:
            raise JournalBroken(f"line {self._count + 1} of the {self._name} does not follow from the one before")
        self._count_line(line + b"\n")
        return ChainLine(line, record)

    def _torn(self, line: bytes) -> ChainLine:
        self._count_line(line + b"\n")
        self._count_line(_closing_line(line))
        return ChainLine(line, None)

    def _rest_of_closing(self, torn: bytes, written: bytes) -> bytes:
        """What an earlier start, cut off itself, had yet to write. A bad line that nothing closes is no torn write."""
        closing = _closing_line(torn)
        if not written or not closing.startswith(written):
            raise JournalBroken(f"the last line of the {self._name} is not what was written")
        return closing[len(written) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _content(descriptor: int) -> bytes:
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        return file.read()


def _record(line: bytes) -> dict[str, Any] | None:
    """A line as canonical JSON, or None when it is none."""
    try:
        record = json.loads(line)
        return record if isinstance(record, dict) and rfc8785.dumps(record) == line else None
    except (ValueError, rfc8785.CanonicalizationError, RecursionError):
        return None


def _closing_line(torn: bytes) -> bytes:
    previous = hashlib.sha256(torn + b"\n").hexdigest()
    return rfc8785.dumps({"closes_torn_line": True, PREVIOUS: previous}) + b"\n"
