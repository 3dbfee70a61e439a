"""The claim on this machine: a file that exists from the claim until it is given back, and the record of the start."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

LARGEST_RECORD = 32 * 1024


class StartedBefore(Exception):
    """These very bytes were started, or are being started, under another job-uuid."""


class Claim:
    """The one right to start a copy. Its lines may be noted from any thread."""

    def __init__(self, folder: Path, job_uuid: str, cups_job: int, document_sha256: str) -> None:
        """Raises FileExistsError when the copy was claimed before, StartedBefore when the document was started."""
        self.job_uuid = job_uuid
        self.path = folder / job_uuid
        self.on_note: Callable[[], object] = lambda: None
        self._record = self._take(f"claimed cups-job={cups_job} pid={os.getpid()}")
        self._starts = self._lock_starts(folder, document_sha256)

    def _take(self, first_line: str) -> int:
        """Locked and written before it has its name, so that nobody finds it without its owner."""
        aside = self.path.with_name(f".{self.job_uuid}.{os.getpid()}")
        aside.unlink(missing_ok=True)  # of a dead process that had this one's number
        record = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(record, fcntl.LOCK_EX)
            os.write(record, f"{first_line}\n".encode("ascii"))
            os.fsync(record)
            os.link(aside, self.path)
        finally:
            aside.unlink()
        self._sync_folder()
        return record

    def _lock_starts(self, folder: Path, digest: str) -> int:
        """The file stays for ever, also empty: taken away, two backends could each lock one of its name."""
        starts = os.open(folder / f"sha256-{digest}", os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o644)
        try:
            fcntl.flock(starts, fcntl.LOCK_EX | fcntl.LOCK_NB)
            started = os.fstat(starts).st_size > 0
        except BlockingIOError:
            started = True
        if started:
            self.note("started-before")
            raise StartedBefore
        return starts

    def note_start(self) -> None:
        """From here on paper may come out. Returns when that is on the disk."""
        self.note("submitting")
        os.write(self._starts, f"started job-uuid={self.job_uuid}\n".encode("ascii"))
        os.fsync(self._starts)

    def note(self, line: str) -> None:
        """Returns when the line is on the disk."""
        os.write(self._record, f"{line}\n".encode("ascii"))
        os.fsync(self._record)
        self.on_note()

    def give_back(self) -> None:
        self.path.unlink()
        self._sync_folder()

    def _sync_folder(self) -> None:
        sync_folder(self.path.parent)


def note_refusal(record: Path) -> None:
    """Another start of a claimed copy was refused."""
    append_line(record, "refused")


def append_line(record: Path, line: str) -> None:
    """Returns when the line is on the disk."""
    descriptor = os.open(record, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
    try:
        os.write(descriptor, f"{line}\n".encode("ascii"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_lines(record: Path) -> str:
    """The whole lines of a record; "" when there is none."""
    with contextlib.suppress(FileNotFoundError), record.open("rb") as file:
        text = file.read(LARGEST_RECORD).decode("ascii", "replace")
        return text[: text.rfind("\n") + 1]
    return ""


def sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(folder)
    os.close(folder)
