"""Zip files of strangers, opened once their list of members is known to be short, and every member plain."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from printserver.foundation.errors import PrintServerError

MOST_GROWTH: Final = 200
"""Times a member may be larger than it lies in the zip; text shrinks to a hundredth at most."""
LISTED_BYTES: Final = 400
"""Of a member in the list at the end of the file, with a long name."""
BROKEN: Final = (OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What reading a file that is no zip, or a damaged one, may raise."""


@contextmanager
def opened_zip(
    file: IO[bytes], *, most_members: int, unreadable: PrintServerError, refused: type[PrintServerError]
) -> Iterator[zipfile.ZipFile]:
    """most_members: folders are members too.   Sizes are what the list says: read no further than they go.

    Raises: `unreadable`, when it is no zip file; `refused`, when its list or a member is not one to be unpacked.
    """
    try:
        _check_list(file, most_members, refused)
        archive = zipfile.ZipFile(file)
    except BROKEN as problem:
        raise unreadable from problem
    with archive:
        if len(archive.infolist()) > most_members:
            raise _too_many(most_members, refused)
        for entry in archive.infolist():
            _check_entry(entry, refused)
        yield archive


def _check_list(file: IO[bytes], most_members: int, refused: type[PrintServerError]) -> None:
    """That the zip file's list of members is not too long, which `zipfile` reads at once and keeps many times as large.

    The end is looked for by the private function with which `zipfile` looks for it: by one of our own, a file could
    show the check another list than the one that is read.
    """
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # noqa: SLF001 -- see above; typeshed leaves it out
    if end is not None and end[5] > most_members * LISTED_BYTES:
        raise _too_many(most_members, refused)


def _too_many(most_members: int, refused: type[PrintServerError]) -> PrintServerError:
    return refused(f"it lists more than {most_members} files")


def _check_entry(entry: zipfile.ZipInfo, refused: type[PrintServerError]) -> None:
    if not entry.filename:
        raise refused("one of its files has no name")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refused(f"{entry.filename[:80]!r} is a link or a device")
    if entry.flag_bits & 0x1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refused(f"{entry.filename[:80]!r} is encrypted, or packed in a way of its own")
    if entry.file_size > max(entry.compress_size, 1) * MOST_GROWTH:
        raise refused(f"{entry.filename[:80]!r} unpacks to far more than it is")
