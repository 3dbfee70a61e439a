"""The signer's own list of spent copies, beside the token: a row set back in the database signs nothing again.

One line a copy in a chained file, synced before anything is signed. Of a line that a crash cut off, whatever it still
names counts as spent.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

from printserver.foundation.serials import CopySerial, SerialMalformed
from printserver.signing.chained_file import ChainedFile, ChainLine
from printserver.signing.end_marks import EndMarks
from printserver.signing.errors import AlreadySpent, JournalBroken

NAME: Final = "spent journal"
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_SPENT_FIELDS: Final = {"copy_serial", "for_authorisation", "manifest_sha256", "spent_at"}
_SEALS: Final = "seals"
_EPOCH_FIELDS: Final = {"epoch_begins_at", "reason"}
_STOP_FIELDS: Final = {"stopped_key", "stopped_at"}
_KEY_ID: Final = re.compile(r"[0-9a-f]{8}", re.ASCII)
# The serial stands first in a line, so that a torn line names it as soon as it can.
_TORN: Final = re.compile(rb'\{"copy_serial":"([0-9A-Z*~$=-]{21})(?:","for_authorisation":"([0-9a-f-]{36}))?')


class SpentJournal:
    """Opened by one process at a time; threads may share it."""

    def __init__(self, path: Path) -> None:
        """Open, or create in an existing folder, and read the whole chain.

        Raises: JournalInUse (another process has it), JournalBroken (it is not what was written).
        """
        self._lock = threading.Lock()
        self._serials: set[bytes] = set()
        self._authorisations: set[str] = set()
        self._uses: Counter[str] = Counter()
        self._newest: datetime | None = None
        self._epoch: datetime | None = None
        self._stopped: frozenset[str] = frozenset()
        self._marks = EndMarks(path.parent)
        self._file = ChainedFile(path, NAME)
        try:
            for line in self._file.lines:
                self._read(line)
        except BaseException:
            self._file.close()
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
            return self._file.head

    @property
    def marked_head(self) -> tuple[int, str]:
        """`head` under the signer's own mark, for the log."""
        lines, head = self.head
        return lines, self._marks.marked(NAME, lines, head)

    def end_in(self, lines: int, text: str) -> str | None:
        """The head in what `marked_head` gave; None for what this signer never marked."""
        return self._marks.head_of(NAME, lines, text)

    def is_end(self, lines: int, head: str) -> bool:
        """Whether the first `lines` lines end in `head`."""
        with self._lock:
            return self._file.is_end(lines, head)

    def check_knows(self, lines: int, head: str) -> None:
        """Prove that this journal begins with the lines whose `head` was kept elsewhere.

        Raises: JournalBroken when its tail was cut off or it is another journal.
        """
        with self._lock:
            self._file.check_knows(lines, head)

    def is_spent(self, serial: CopySerial) -> bool:
        """Whether this copy was ever spent.   Raises: JournalBroken: then nothing may be redeemed either."""
        with self._lock:
            self._file.check_untouched()
            return serial.value in self._serials

    def check_uses(self, limits: Mapping[str, int | None]) -> None:
        """limits: as for `spend`.   Raises: AlreadySpent when a seal has been used as often as it may."""
        with self._lock:
            self._check_uses(limits)

    def uses(self, code_id: str) -> int:
        """How many copies were spent with this seal.   code_id: 12 hexadecimal digits."""
        with self._lock:
            return self._uses[code_id]

    @property
    def newest_at(self) -> datetime | None:
        """The latest time that a line names; None for an empty journal."""
        with self._lock:
            return self._newest

    @property
    def epoch_begins_at(self) -> datetime | None:
        """No copy that was made before this may be signed: its serial may be on paper already."""
        with self._lock:
            return self._epoch

    def begin_epoch(self, at: datetime, *, reason: str) -> None:
        """After an old state was restored: sign no copy that was made before `at`, an aware time.

        Raises: JournalBroken.
        """
        with self._lock:
            text = at.astimezone(UTC).strftime(_TIME)
            self._file.append({"epoch_begins_at": text, "reason": reason[:200]})
            self._see(text)
            self._epoch = self._newest

    @property
    def stopped_keys(self) -> frozenset[str]:
        """Ids of keys that were ever reported lost here."""
        with self._lock:
            return self._stopped

    def stop_key(self, key_id: str, at: datetime) -> None:
        """Never let a key sign again; nothing takes such a line back.   at: aware.   Raises: JournalBroken."""
        with self._lock:
            if key_id in self._stopped:
                return
            text = at.astimezone(UTC).strftime(_TIME)
            self._file.append({"stopped_key": key_id, "stopped_at": text})
            self._see(text)
            self._stopped |= {key_id}

    def spend(
        self,
        serial: CopySerial,
        *,
        authorisation_id: UUID,
        manifest_sha256: str,
        at: datetime,
        limits: Mapping[str, int | None],
    ) -> None:
        """Spend a copy, once and for ever; when this returns, it is on the disk and the copy may be signed.

        manifest_sha256: 64 hex digits.   at: aware.   limits: of each of the copy's seals by its code id, how often it
        may be used at all; None for always.
        Raises: AlreadySpent (serial, authorisation or a seal's uses; nothing written), JournalBroken (then nothing may
        be signed).
        """
        with self._lock:
            self._file.check_untouched()
            if serial.value in self._serials or str(authorisation_id) in self._authorisations:
                raise AlreadySpent("this copy or its authorisation has been used before")
            self._check_uses(limits)
            self._file.append(
                {
                    "copy_serial": str(serial),
                    "for_authorisation": str(authorisation_id),
                    "manifest_sha256": manifest_sha256,
                    "spent_at": at.astimezone(UTC).strftime(_TIME),
                    _SEALS: sorted(limits),
                }
            )
            self._add(serial, str(authorisation_id), tuple(limits))
            self._see(at.astimezone(UTC).strftime(_TIME))

    def close(self) -> None:
        """Let the next process open it."""
        with self._lock:
            self._file.close()

    def _check_uses(self, limits: Mapping[str, int | None]) -> None:
        if any(limit is not None and self._uses[code_id] >= limit for code_id, limit in limits.items()):
            raise AlreadySpent("a seal has been used as often as it may")

    def _add(self, serial: CopySerial | None, authorisation_id: str | None, seals: Sequence[str] = ()) -> None:
        if serial is not None:
            self._serials.add(serial.value)
        if authorisation_id is not None:
            self._authorisations.add(authorisation_id)
        self._uses.update(seals)

    def _see(self, time: str) -> None:
        at = datetime.strptime(time, _TIME).replace(tzinfo=UTC)
        self._newest = at if self._newest is None else max(self._newest, at)

    def _read(self, line: ChainLine) -> None:
        if line.record is None:
            self._add(*_named_by_torn(line.content))
        else:
            self._read_record(line.record)

    def _read_record(self, record: Mapping[str, Any]) -> None:
        if set(record) == _EPOCH_FIELDS:
            self._read_time(record["epoch_begins_at"])
            self._epoch = self._newest
            return
        if set(record) == _STOP_FIELDS and _KEY_ID.fullmatch(str(record["stopped_key"])):
            self._read_time(record["stopped_at"])
            self._stopped |= {str(record["stopped_key"])}
            return
        seals = record.get(_SEALS, [])
        if set(record) - {_SEALS} != _SPENT_FIELDS or not isinstance(seals, list):
            raise JournalBroken("a line of the spent journal is none of a spent copy")
        try:
            serial = CopySerial.parse(str(record["copy_serial"]))
        except SerialMalformed as problem:
            raise JournalBroken("a line of the spent journal names no copy") from problem
        if serial.value in self._serials:
            raise JournalBroken("a line of the spent journal spends a copy again")
        self._add(serial, str(record["for_authorisation"]), [str(code_id) for code_id in seals])
        self._read_time(record["spent_at"])

    def _read_time(self, time: object) -> None:
        try:
            self._see(str(time))
        except ValueError as problem:
            raise JournalBroken("a line of the spent journal names no time") from problem


def _named_by_torn(torn: bytes) -> tuple[CopySerial | None, str | None]:
    match = _TORN.match(torn)
    if match is None:
        return None, None
    try:
        serial = CopySerial.parse(match[1].decode("ascii"))
    except SerialMalformed:
        return None, None
    return serial, match[2].decode("ascii") if match[2] else None
