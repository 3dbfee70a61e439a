"""Takes in what scanners write into a folder, by looking again and again: that also works on network shares.

A file is taken when it has been quiet for a while and its structure is whole; one that breaks off is waited for, then
kept in quarantine. It leaves the folder only after it is stored and its row is committed: into `done` (or `refused`)
below it, under a name that says its digest. Whoever still writes to it there is noticed, and the file comes back.
Killed at any point, the next look finds the file in the folder, or its return in the books, or both, which is once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePath
from typing import Final

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from printserver.foundation.errors import Unavailable
from printserver.foundation.ids import new_id
from printserver.returns.intake import DEFAULT_LIMITS, ScanIncomplete
from printserver.returns.intake_channels import Channel, Fate, IntakeTools, take_in
from printserver.returns.intake_settings import AfterTaking, WatchedFolderSettings
from printserver.returns.intake_status import ChannelNotes
from printserver.returns.watched_folder_files import (
    FolderUnusable,
    Identity,
    NoPlainFile,
    digest_of,
    identity_of,
    names_in,
    opened_file,
    opened_folder,
    read_whole,
)

DONE: Final = "done"
REFUSED: Final = "refused"
UNFINISHED: Final = (".part", ".partial", ".filepart", ".tmp", ".crdownload")
"""Names under which programs write what they rename at the end."""
SETTLING_SECONDS: Final = 60.0
"""So long a file that was moved is looked at again."""
_ENDINGS: Final = {b"%PDF-": ".pdf", b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"II": ".tif", b"MM": ".tif"}


@dataclass
class _Seen:
    """A file of the folder: as it was at the last look, since when it is so, and why it is not taken in."""

    identity: Identity
    since: float
    said: str = ""


@dataclass
class FolderIntake:
    """One watched folder.   monotonic: seconds of a clock that only goes forward."""

    tools: IntakeTools
    settings: WatchedFolderSettings
    monotonic: Callable[[], float] = time.monotonic
    _seen: dict[str, _Seen] = field(default_factory=dict)
    _settling: dict[tuple[str, str], tuple[Identity | None, float]] = field(default_factory=dict)
    _begun: bool = False

    def __post_init__(self) -> None:
        self.notes = ChannelNotes(
            self.tools, Channel.FOLDER, str(self.settings.folder), self.settings.account, self.monotonic
        )

    def look(self) -> int:
        """Once through the folder; how many files were taken in or kept in quarantine."""
        try:
            with opened_folder(self.settings.folder) as folder:
                taken, trouble = self._through(folder)
        except FolderUnusable as problem:
            taken, trouble = 0, str(problem)
        self.notes.note(trouble, len(self._seen))
        return taken

    def _through(self, folder: int) -> tuple[int, str]:
        for target in (DONE, REFUSED):
            with opened_folder(target, below=folder, make=True):
                pass  # whoever cannot move files would take them in again and again
        self._look_after_the_moved(folder)
        names = [name for name in names_in(folder) if _is_candidate(name)]
        self._seen = {name: self._seen[name] for name in names if name in self._seen}
        taken, troubles = 0, list[str]()
        for name in names:
            try:
                taken += self._consider(folder, name)
            except NoPlainFile as problem:
                self._seen.pop(name, None)
                troubles.append(f"{_shown(name)} is {problem} and is left alone")
            except FileNotFoundError:
                self._seen.pop(name, None)
            except (Unavailable, InterfaceError, OperationalError) as problem:
                said = str(problem) if isinstance(problem, Unavailable) else "the database is away"
                return taken, f"{_shown(name)} waits: {said}"
            except OSError as problem:
                troubles.append(f"{_shown(name)} waits: {problem.strerror}")
            except Exception as problem:  # noqa: BLE001 -- unforeseen: what one file does must not end it for all others
                structlog.get_logger().exception("scan could not be taken in", file=_shown(name))
                troubles.append(f"{_shown(name)} waits: {type(problem).__name__}")
        return taken, "; ".join(troubles[:3])

    def _consider(self, folder: int, name: str) -> int:
        """Take a file in if it is ready; 1 when it was."""
        now, found = self.monotonic(), identity_of(folder, name)
        seen = self._seen.get(name)
        if seen is None or seen.identity != found:
            seen = self._seen[name] = _Seen(found, now)
        quiet = now - seen.since
        if quiet < self.settings.quiet_seconds:
            return 0
        with opened_file(folder, name) as (file, identity):
            if identity != seen.identity:
                return 0
            if identity.size > DEFAULT_LIMITS.bytes:
                raise NoPlainFile(f"larger than {DEFAULT_LIMITS.bytes >> 20} MiB")
            data = read_whole(file, identity, DEFAULT_LIMITS.bytes)
        if data is None:
            return 0
        may_grow = quiet < self.settings.patience_seconds
        try:
            taken = take_in(
                self.tools,
                Channel.FOLDER,
                self.settings.account,
                filename=_shown(name),
                data=data,
                may_grow=may_grow,
            )
        except ScanIncomplete as problem:
            self._say_once(seen, name, str(problem))
            return 0
        self._move(folder, name, identity, sha256(data).hexdigest(), data, kept=taken.fate is Fate.QUARANTINED)
        self._seen.pop(name, None)
        self.notes.taken(taken)
        return 1

    def _say_once(self, seen: _Seen, name: str, problem: str) -> None:
        if seen.said != problem:
            seen.said = problem
            structlog.get_logger().warning("scan is waited for", file=_shown(name), reason=problem)

    def _move(self, folder: int, name: str, identity: Identity, digest: str, data: bytes, *, kept: bool) -> None:
        """Out of the way, after it is stored. What lies there instead by now is given back, unread as it is."""
        target = REFUSED if kept else DONE
        moved = f"{digest}.{new_id().hex}{_ending(data)}"
        with opened_folder(target, below=folder, make=True) as below:
            try:
                os.rename(name, moved, src_dir_fd=folder, dst_dir_fd=below)
                now = identity_of(below, moved)
            except (FileNotFoundError, NoPlainFile):
                return
            if now == identity or self._still_is(below, moved, digest):
                self._settling[target, moved] = (now, self.monotonic())
            else:
                self._give_back(folder, below, moved)

    def _look_after_the_moved(self, folder: int) -> None:
        """Whoever still wrote to a file when it was moved gets it read again; what stays as it is may be removed."""
        if not self._begun:
            self._begun = True
            if self.settings.after is AfterTaking.REMOVE:
                with opened_folder(DONE, below=folder, make=True) as below:
                    self._settling = {(DONE, name): (None, self.monotonic()) for name in names_in(below)}
        for (target, name), (identity, since) in list(self._settling.items()):
            if self.monotonic() - since < SETTLING_SECONDS:
                continue
            del self._settling[target, name]
            with opened_folder(target, below=folder, make=True) as below:
                try:
                    same = identity_of(below, name) == identity or self._still_is(below, name, name.partition(".")[0])
                    if not same:
                        self._give_back(folder, below, name)
                    elif self.settings.after is AfterTaking.REMOVE and target == DONE:
                        os.unlink(name, dir_fd=below)
                except (FileNotFoundError, NoPlainFile):
                    continue

    def _still_is(self, folder: int, name: str, digest: str) -> bool:
        """By its content: on network shares a file's number may change when it is moved."""
        with opened_file(folder, name) as (file, _):
            return digest_of(file) == digest

    def _give_back(self, folder: int, below: int, name: str) -> None:
        os.rename(name, f"again-{new_id()}{PurePath(name).suffix}", src_dir_fd=below, dst_dir_fd=folder)


def _is_candidate(name: str) -> bool:
    return not name.startswith(".") and name not in (DONE, REFUSED) and not name.lower().endswith(UNFINISHED)


def _shown(name: str) -> str:
    """A name of the file system, which may hold any bytes, as text that is harmless to show."""
    text = os.fsencode(name).decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _ending(data: bytes) -> str:
    return next((ending for start, ending in _ENDINGS.items() if data.startswith(start)), ".bin")
