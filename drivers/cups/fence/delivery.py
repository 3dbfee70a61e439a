"""Brings a copy's record to the desk: while it grows, at its end, and after a run that could not.

`undelivered-<job-uuid>` beside the record, for this backend alone to read, says with which right it is delivered. It is
there from before the desk is asked until the desk has the whole record or the claim was given back.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

from .claim import append_line, read_lines, sync_folder
from .redemption import Desk, DeskUnreachable, PrinterBusy, TicketRefused, Way

KILLED = "ended rc=-9"
_PREFIX = "undelivered-"
_NAME = re.compile(rf"{_PREFIX}([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})")
_LARGEST_MARK = 1024
_SECONDS_AT_THE_END = 30.0
_MOST_LEFT_BEHIND = 50


def mark_undelivered(folder: Path, job_uuid: str, ticket: str, attempt: str) -> Path:
    """Returns when it is on the disk."""
    path = folder / f"{_PREFIX}{job_uuid}"
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    try:
        os.write(descriptor, json.dumps({"ticket": ticket, "attempt": attempt}).encode("ascii"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(folder)
    return path


class Delivery(threading.Thread):
    """Delivers the lines that there are whenever it is woken; never keeps the printing waiting."""

    def __init__(self, desk: Desk, record: Path, mark: Path) -> None:
        super().__init__(daemon=True)
        self._desk = desk
        self._record = record
        self._mark = mark
        self._woken = threading.Event()
        self._ended = threading.Event()

    def wake(self) -> None:
        self._woken.set()

    def run(self) -> None:
        while self._woken.wait() and not self._ended.is_set():
            self._woken.clear()
            with contextlib.suppress(DeskUnreachable, PrinterBusy, TicketRefused):
                self._desk.record(read_lines(self._record))

    def finish(self, is_cancelled: Callable[[], bool]) -> None:
        """The last line is written. What cannot be delivered now stays marked for a later run."""
        self._ended.set()
        self._woken.set()
        if self.is_alive():
            self.join()
        give_up, pause = time.monotonic() + _SECONDS_AT_THE_END, 0.1
        while not deliver(self._desk, self._record, self._mark):
            if is_cancelled() or time.monotonic() > give_up:
                return
            time.sleep(pause)
            pause = min(pause * 2, 5.0)


def deliver(desk: Desk, record: Path, mark: Path) -> bool:
    """Once. False when it must be tried again; a desk that refuses it wants it never."""
    try:
        desk.record(read_lines(record))
    except (DeskUnreachable, PrinterBusy):
        return False
    except TicketRefused:
        pass
    mark.unlink(missing_ok=True)
    return True


def deliver_left_behind(folder: Path, way: Way) -> None:
    """The records of runs that ended without delivering them; of one that was killed, the end is written first."""
    for mark in sorted(folder.glob(f"{_PREFIX}*"))[:_MOST_LEFT_BEHIND]:
        name = _NAME.fullmatch(mark.name)
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            if name is not None and not _deliver_marked(mark, folder / name[1], way):
                return


def _deliver_marked(mark: Path, record: Path, way: Way) -> bool:
    """False when the desk does not answer.   Raises OSError when another process is at it, ValueError, KeyError."""
    with mark.open("rb") as file:
        right = json.loads(file.read(_LARGEST_MARK))
    try:
        descriptor = os.open(record, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        mark.unlink(missing_ok=True)
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if "ended rc=" not in read_lines(record):
            append_line(record, KILLED)
        return deliver(Desk(way, right["ticket"], right["attempt"]), record, mark)
    finally:
        os.close(descriptor)
