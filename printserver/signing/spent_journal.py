"""The signer's own list of spent copies, beside the token: a row set back in the database signs nothing again.

One line a copy, RFC 8785 JSON, each with the SHA-256 of the line before it (with its newline); append only, synced
before anything is signed. A write cut off by a crash stays in the file and is closed by a line that says so.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

import rfc8785

from printserver.foundation.serials import CopySerial, SerialMalformed
from printserver.signing.errors import AlreadySpent, JournalBroken, JournalInUse

NOTHING_BEFORE: Final = "0" * 64
_SPENT_FIELDS: Final = {"copy_serial", "for_authorisation", "manifest_sha256", "previous_sha256", "spent_at"}
# The serial stands first in a line, so that a torn line names it as soon as it can.
_TORN: Final = re.compile(rb'\{"copy_serial":"([0-9A-Z*~$=-]{21})(?:","for_authorisation":"([0-9a-f-]{36}))?')


@dataclass
class _Chain:
    """What the lines so far say."""

    head: str = NOTHING_BEFORE
    lines: int = 0
    size: int = 0
    serials: set[bytes] = field(default_factory=set)
    authorisations: set[str] = field(default_factory=set)

    def add(self, line: bytes, serial: CopySerial | None, authorisation_id: str | None) -> None:
        self.head = hashlib.sha256(line).hexdigest()
        self.lines += 1
        self.size += len(line)
        if serial is not None:
            self.serials.add(serial.value)
        if authorisation_id is not None:
            self.authorisations.add(authorisation_id)


class SpentJournal:
    """Opened by one process at a time; threads may share it."""

    def __init__(self, path: Path) -> None:
        """Open, or create in an existing folder, and read the whole chain.

        Raises: JournalInUse (another process has it), JournalBroken (it is not what was written).
        """
        self._path = path
        self._lock = threading.Lock()
        self._usable = True
        self._descriptor = _open(path)
        try:
            self._chain = self._read()
        except BaseException:
            os.close(self._descriptor)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def head(self) -> tuple[int, str]:
        """How many lines there are, and the SHA-256 of the last: keep it elsewhere, and a cut-off tail shows."""
        with self._lock:
            return self._chain.lines, self._chain.head

    def check_knows(self, lines: int, head: str) -> None:
        """Prove that this journal begins with the lines whose `head` was kept elsewhere.

        Raises: JournalBroken when its tail was cut off or it is another journal.
        """
        with self._lock:
            *whole, _rest = _content(self._descriptor).split(b"\n")
        if len(whole) < lines:
            raise JournalBroken(f"the spent journal has {len(whole)} lines, but {lines} were written: restore it whole")
        if lines and hashlib.sha256(whole[lines - 1] + b"\n").hexdigest() != head:
            raise JournalBroken(f"line {lines} of the spent journal is not the one that was written")

    def is_spent(self, serial: CopySerial) -> bool:
        """Whether this copy was ever spent.   Raises: JournalBroken: then nothing may be redeemed either."""
        with self._lock:
            self._check_untouched()
            return serial.value in self._chain.serials

    def spend(self, serial: CopySerial, *, authorisation_id: UUID, manifest_sha256: str, at: datetime) -> None:
        """Spend a copy, once and for ever; when this returns, it is on the disk and the copy may be signed.

        manifest_sha256: 64 hex digits.   at: aware.
        Raises: AlreadySpent (serial or authorisation, nothing written), JournalBroken (then nothing may be signed).
        """
        with self._lock:
            self._check_untouched()
            if serial.value in self._chain.serials or str(authorisation_id) in self._chain.authorisations:
                raise AlreadySpent("this copy or its authorisation has been used before")
            record = {
                "copy_serial": str(serial),
                "for_authorisation": str(authorisation_id),
                "manifest_sha256": manifest_sha256,
                "previous_sha256": self._chain.head,
                "spent_at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            line = rfc8785.dumps(record) + b"\n"
            self._append(line)
            self._chain.add(line, serial, str(authorisation_id))

    def close(self) -> None:
        """Let the next process open it."""
        with self._lock:
            if self._descriptor >= 0:
                self._usable = False
                os.close(self._descriptor)
                self._descriptor = -1

    def _append(self, line: bytes) -> None:
        """A write or sync that fails leaves the end of the file unknown: this object is then done."""
        self._usable = False
        try:
            if os.write(self._descriptor, line) != len(line):
                raise JournalBroken("the spent journal could not be written whole")
            os.fsync(self._descriptor)
        except OSError as problem:
            raise JournalBroken("the spent journal could not be written") from problem
        self._usable = True

    def _check_untouched(self) -> None:
        if not self._usable:
            raise JournalBroken("the spent journal has failed or is closed; open it again")
        try:
            named, held = self._path.stat(), os.fstat(self._descriptor)
        except OSError as problem:
            raise JournalBroken("the spent journal has been removed") from problem
        if (named.st_dev, named.st_ino) != (held.st_dev, held.st_ino) or held.st_size != self._chain.size:
            raise JournalBroken("somebody else has written, cut or replaced the spent journal")

    def _read(self) -> _Chain:
        chain = _Chain()
        content = _content(self._descriptor)
        *lines, rest = content.split(b"\n")
        at = 0
        while at < len(lines):
            if at + 1 < len(lines) and lines[at + 1] + b"\n" == _closing_line(lines[at]):
                _add_torn(chain, lines[at])
                at += 2
            elif _record(lines[at]) is None and at + 1 == len(lines):
                self._close_torn(chain, lines[at], missing=_rest_of_closing(lines[at], rest))
                return chain
            else:
                _add_record(chain, lines[at])
                at += 1
        if rest:
            self._close_torn(chain, rest, missing=b"\n" + _closing_line(rest))
        return chain

    def _close_torn(self, chain: _Chain, torn: bytes, *, missing: bytes) -> None:
        self._append(missing)
        _add_torn(chain, torn)


def _open(path: Path) -> int:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _sync_folder(path.parent)
    except BlockingIOError as problem:
        os.close(descriptor)
        raise JournalInUse("another process holds the spent journal") from problem
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


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


def _add_record(chain: _Chain, line: bytes) -> None:
    record = _record(line)
    if record is None or set(record) != _SPENT_FIELDS or record["previous_sha256"] != chain.head:
        raise JournalBroken(f"line {chain.lines + 1} of the spent journal does not follow from the one before")
    try:
        serial = CopySerial.parse(str(record["copy_serial"]))
    except SerialMalformed as problem:
        raise JournalBroken(f"line {chain.lines + 1} of the spent journal names no copy") from problem
    if serial.value in chain.serials:
        raise JournalBroken(f"line {chain.lines + 1} of the spent journal spends a copy again")
    chain.add(line + b"\n", serial, str(record["for_authorisation"]))


def _add_torn(chain: _Chain, torn: bytes) -> None:
    """A line cut off by a crash and the line that closes it: whatever it still names counts as spent."""
    serial, authorisation_id = _named_by_torn(torn)
    chain.add(torn + b"\n", serial, authorisation_id)
    chain.add(_closing_line(torn), None, None)


def _named_by_torn(torn: bytes) -> tuple[CopySerial | None, str | None]:
    match = _TORN.match(torn)
    if match is None:
        return None, None
    try:
        serial = CopySerial.parse(match[1].decode("ascii"))
    except SerialMalformed:
        return None, None
    return serial, match[2].decode("ascii") if match[2] else None


def _closing_line(torn: bytes) -> bytes:
    previous = hashlib.sha256(torn + b"\n").hexdigest()
    return rfc8785.dumps({"closes_torn_line": True, "previous_sha256": previous}) + b"\n"


def _rest_of_closing(torn: bytes, written: bytes) -> bytes:
    """What an earlier start, cut off itself, had yet to write. A bad line that nothing closes is no torn write."""
    closing = _closing_line(torn)
    if not written or not closing.startswith(written):
        raise JournalBroken("the last line of the spent journal is not what was written")
    return closing[len(written) :]
