"""Files and folders of a spooler, made anew whenever they are not as they must be; links are never followed."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from printserver.printing.spooler_layout import trusted_owner


@dataclass(frozen=True, slots=True)
class Ownership:
    """Numbers of a user and a group."""

    user: int
    group: int

    @classmethod
    def trusted(cls) -> Ownership:
        return cls(trusted_owner(), 0 if os.geteuid() == 0 else os.getegid())

    @classmethod
    def of(cls, user: str) -> Ownership:
        """A system user with its own group.   Raises KeyError when there is none."""
        entry = pwd.getpwnam(user)
        return cls(entry.pw_uid, entry.pw_gid)

    @classmethod
    def readable_by(cls, user: str) -> Ownership:
        """Root's, and the group that `user` belongs to first."""
        return cls(trusted_owner(), grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_gid)


def put_folder(path: Path, mode: int, ownership: Ownership) -> None:
    """Raises OSError also for a link in its place."""
    path.mkdir(parents=True, exist_ok=True)
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _own(folder, mode, ownership)
    finally:
        os.close(folder)


def put_file(path: Path, content: bytes, mode: int, ownership: Ownership) -> bool:
    """Whether there was something to change. What is read meanwhile is the old content or the new one, whole."""
    if _is(path, content, mode, ownership):
        return False
    replacement = path.with_name(f".{path.name}.{os.getpid()}.new")
    replacement.unlink(missing_ok=True)
    descriptor = os.open(replacement, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        _own(descriptor, mode, ownership)
        file.flush()
        os.fsync(descriptor)
    replacement.replace(path)
    return True


def back_up(path: Path, now: datetime) -> None:
    """A copy beside it, with the time in its name, readable as the file itself; none of a file that is not there."""
    if path.is_file():
        entry = path.stat()
        copy = path.with_name(f"{path.name}.before-printserver-{now:%Y%m%dT%H%M%S%f}")
        put_file(copy, path.read_bytes(), stat.S_IMODE(entry.st_mode), Ownership(entry.st_uid, entry.st_gid))


def _own(descriptor: int, mode: int, ownership: Ownership) -> None:
    entry = os.fstat(descriptor)
    if (entry.st_uid, entry.st_gid) != (ownership.user, ownership.group):
        os.fchown(descriptor, ownership.user, ownership.group)
    os.fchmod(descriptor, mode)


def _is(path: Path, content: bytes, mode: int, ownership: Ownership) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    entry = path.stat()
    as_wanted = (stat.S_IMODE(entry.st_mode), entry.st_uid, entry.st_gid) == (mode, ownership.user, ownership.group)
    return as_wanted and path.read_bytes() == content
