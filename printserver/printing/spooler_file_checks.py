"""Looks at a spooler's files: whose they are, who may change or read them, and whether they are the shipped ones."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from printserver.printing.fence_archive import fence_archive
from printserver.printing.spooler_findings import Check, Finding, InstalledSpooler, command
from printserver.printing.spooler_layout import trusted_owner

_SETTLED_FILE_SYSTEMS: Final = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "overlay"}
_OTHERS_MAY_WRITE: Final = 0o022
_OTHERS_MAY_READ: Final = 0o007


def backend(spooler: InstalledSpooler) -> Iterator[Finding]:
    path = spooler.layout.backend
    mend = "Put the shipped backend back."
    if not path.is_file() or path.is_symlink():
        yield Finding("backend-missing", str(path), "the fence backend is not there", mend, (spooler.install_again(),))
        return
    if path.read_bytes() != fence_archive():
        yield Finding("backend-changed", str(path), "it is not the shipped program", mend, (spooler.install_again(),))
    if stat.S_IMODE(path.stat().st_mode) != 0o755:
        yield Finding(
            "backend-permissions",
            str(path),
            f"its mode is {stat.S_IMODE(path.stat().st_mode):04o}; cupsd runs it as it should only with 0755",
            "Give it the mode 0755.",
            (command("chmod", "0755", path),),
        )
    yield from _of_somebody_else(path)
    stock = spooler.layout.server_bin / "backend" / "ipp"
    if not os.access(stock, os.X_OK) or stock.stat().st_uid != 0:
        yield Finding(
            "ipp-backend-missing",
            str(stock),
            "the stock ipp backend of CUPS is not there, or is not root's",
            "Install CUPS again.",
            ("apt-get install --reinstall cups",),
        )


def trusted_files(spooler: InstalledSpooler) -> Iterator[Finding]:
    """Nobody but root may change what the backend and cupsd believe."""
    layout = spooler.layout
    believed = [layout.cupsd_conf, layout.files_conf, layout.types, layout.record_file, layout.pins]
    believed += [layout.server_bin, layout.server_bin / "backend"]
    for folder in (layout.pins, layout.keys):
        believed += [path for path in sorted(folder.rglob("*")) if not path.is_symlink()]
    for path in believed:
        if not path.exists():
            yield Finding("file-missing", str(path), "it is not there", "Install again.", (spooler.install_again(),))
            continue
        yield from _of_somebody_else(path)
        if path.stat().st_mode & _OTHERS_MAY_WRITE:
            yield Finding(
                "others-may-write",
                str(path),
                "others than its owner may change it",
                "Take the right to write from group and others.",
                (command("chmod", "go-w", path),),
            )
    for folder in (layout.pins, layout.keys):
        for path in sorted(folder.rglob("*")):
            if path.is_symlink():
                yield Finding(
                    "link-among-pins",
                    str(path),
                    "a link stands where a file must be",
                    "Remove it.",
                    (command("rm", path),),
                )


def private_keys(spooler: InstalledSpooler) -> Iterator[Finding]:
    """They are for the backend alone, and never leave this machine."""
    for path in spooler.layout.private_keys(spooler.record.desk):
        if not path.is_file():
            yield Finding(
                "key-missing",
                str(path),
                "the private key is not there",
                "Restore it from a backup, or install again: a new key is made, which the server must then be told.",
                (spooler.install_again(),),
            )
        elif path.stat().st_mode & _OTHERS_MAY_READ:
            yield Finding(
                "key-readable",
                str(path),
                "others than root and the backend may read the private key; it may be known to somebody",
                "Close it. If others were on this machine, remove it, install again, and tell the server the new one.",
                (command("chmod", "o-rwx", path),),
            )


def fence_folder(spooler: InstalledSpooler) -> Iterator[Finding]:
    path, user = spooler.layout.fence, spooler.layout.cups_user()
    if path.is_symlink() or not path.is_dir():
        yield Finding(
            "fence-missing",
            str(path),
            "the folder of what was printed is not there, or is a link",
            "Restore it from the backup before anything is printed. Only if nothing ever was: install again.",
        )
        return
    entry = path.stat()
    if pwd.getpwuid(entry.st_uid).pw_name != user or stat.S_IMODE(entry.st_mode) != 0o755:
        yield Finding(
            "fence-permissions",
            str(path),
            f"it must belong to {user}, and nobody else may write it",
            f"Give it to {user} with the mode 0755.",
            (command("chown", user, path), command("chmod", "0755", path)),
        )
    kind = file_system(path)
    if kind not in _SETTLED_FILE_SYSTEMS:
        yield Finding(
            "fence-not-durable",
            str(path),
            f"it lies on a file system of the kind {kind}, which may forget or share what was printed",
            "Stop CUPS, move the folder onto a local disk (ext4, xfs, btrfs …), install again, start CUPS.",
        )


def file_system(path: Path) -> str:
    """Kind of the file system that holds `path`, as the kernel names it. Source: proc(5), /proc/pid/mountinfo."""
    device = os.stat(path).st_dev  # noqa: PTH116 -- the number is what mountinfo tells, too
    wanted = f"{os.major(device)}:{os.minor(device)}"
    place = str(path.resolve())
    best, kind = "", "unknown"
    for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
        mount, _, rest = line.partition(" - ")
        where = mount.split()[4].encode().decode("unicode_escape")
        inside = place == where or place.startswith(where.rstrip("/") + "/")
        if inside and len(where) >= len(best) and (mount.split()[2] == wanted or rest.split()[0] == "btrfs"):
            best, kind = where, rest.split()[0]
    return kind


def _of_somebody_else(path: Path) -> Iterator[Finding]:
    owner = path.stat().st_uid
    if owner not in (0, trusted_owner()):
        yield Finding(
            "foreign-owner",
            str(path),
            f"it belongs to the system user {owner}, who could change it",
            "Give it to root.",
            (command("chown", "root", path),),
        )


FILE_CHECKS: Final[tuple[Check, ...]] = (backend, trusted_files, private_keys, fence_folder)
