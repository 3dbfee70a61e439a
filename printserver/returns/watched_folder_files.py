"""Files of a folder that anybody may write to: opened without following links, waiting for anybody or leaving it.

Every path is one name below an open directory; names of files that we move are made here.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from printserver.foundation.errors import Unavailable

_CHUNK: Final = 1 << 20
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class FolderUnusable(Unavailable):
    """The folder is not there, is none, or cannot be read or written; a network share comes back."""

    code = "watched-folder-unusable"


class NoPlainFile(Exception):
    """A link, a device, a queue, a folder; the message says which."""


@dataclass(frozen=True)
class Identity:
    """What changes when somebody writes to a file or puts another one in its place."""

    device: int
    inode: int
    size: int
    changed_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> Identity:
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


@contextlib.contextmanager
def opened_folder(path: str | os.PathLike[str], *, below: int | None = None, make: bool = False) -> Iterator[int]:
    """A descriptor of a folder.   below: of the folder that it lies in; then it must be no link.   make: if missing.

    Raises: FolderUnusable.
    """
    try:
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(path, 0o700, dir_fd=below)
        folder = os.open(path, _FOLDER | (0 if below is None else os.O_NOFOLLOW), dir_fd=below)
    except OSError as problem:
        raise FolderUnusable(f"{os.fspath(path)}: {problem.strerror}") from None
    try:
        yield folder
    finally:
        os.close(folder)


def names_in(folder: int) -> list[str]:
    """Sorted.   Raises: FolderUnusable."""
    try:
        return sorted(os.listdir(folder))
    except OSError as problem:
        raise FolderUnusable(f"the folder cannot be listed: {problem.strerror}") from None


def identity_of(folder: int, name: str) -> Identity:
    """Without opening it.   Raises: NoPlainFile, FileNotFoundError, OSError."""
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    _check_plain(found)
    return Identity.of(found)


@contextlib.contextmanager
def opened_file(folder: int, name: str) -> Iterator[tuple[int, Identity]]:
    """A descriptor for reading, and what file it is.   Raises: NoPlainFile, FileNotFoundError, OSError."""
    try:
        file = os.open(name, _FILE, dir_fd=folder)
    except OSError as problem:
        if problem.errno in (errno.ELOOP, errno.EMLINK):
            raise NoPlainFile("a link") from None
        if problem.errno in (errno.ENXIO, errno.ENODEV):
            raise NoPlainFile("a device or a queue") from None
        raise
    try:
        found = os.fstat(file)
        _check_plain(found)
        yield file, Identity.of(found)
    finally:
        os.close(file)


def read_whole(file: int, identity: Identity, most: int) -> bytes | None:
    """The bytes of a file that did not change while it was read; None when it did, or has more than `most`."""
    if identity.size > most:
        return None
    parts, size = [], 0
    while part := os.read(file, _CHUNK):
        parts.append(part)
        size += len(part)
        if size > most:
            return None
    return b"".join(parts) if Identity.of(os.fstat(file)) == identity and size == identity.size else None


def digest_of(file: int) -> str:
    digest = sha256()
    while part := os.read(file, _CHUNK):
        digest.update(part)
    return digest.hexdigest()


def _check_plain(found: os.stat_result) -> None:
    kinds = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a queue", stat.S_IFSOCK: "a socket"}
    if not stat.S_ISREG(found.st_mode):
        raise NoPlainFile(kinds.get(stat.S_IFMT(found.st_mode), "a device"))
    if found.st_nlink > 1:
        raise NoPlainFile("a file with a second name elsewhere")
