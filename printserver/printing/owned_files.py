"""Folders and files of which cupsd's user owns some and root the rest; none is reached through a link."""

from __future__ import annotations

import os
import pwd
from pathlib import Path


def make_folder(path: Path, mode: int, *, owner: str | None = None) -> None:
    """Raises OSError for a link: cupsd's user may put one where root would then give something else away."""
    path.mkdir(parents=True, exist_ok=True)
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if owner is not None:
            entry = pwd.getpwnam(owner)
            os.fchown(folder, entry.pw_uid, entry.pw_gid)
        elif os.geteuid() == 0:
            os.fchown(folder, 0, 0)
        os.fchmod(folder, mode)
    finally:
        os.close(folder)


def link(path: Path, target: Path) -> None:
    """A link that is there stays as it is."""
    if not path.is_symlink():
        path.symlink_to(target)


def write_if_changed(path: Path, content: bytes, *, mode: int, group: int | None = None) -> None:
    """Replace the file at once, unless it is as it should be. group: its number; else the maker's."""
    if path.is_file() and path.read_bytes() == content and path.stat().st_mode & 0o7777 == mode:
        return
    replacement = path.with_name(f".{path.name}.new")
    replacement.unlink(missing_ok=True)
    # Made anew: in a folder of cupsd's user a link could stand under this name.
    descriptor = os.open(replacement, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        if group is not None:
            os.fchown(descriptor, -1, group)
        os.fchmod(descriptor, mode)
    replacement.replace(path)
