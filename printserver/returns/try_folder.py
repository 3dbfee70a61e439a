"""Read any folder of scans without recording anything: what the server would read on each page, and how long it takes.

Nothing ends it: what cannot be read is a line that says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from printserver.returns.intake import DEFAULT_LIMITS, ScanLimits, ScanRefused
from printserver.returns.matching import find_codes
from printserver.returns.pages import ScanPage, scan_pages
from printserver.returns.watched_folder_files import (
    FolderUnusable,
    NoPlainFile,
    names_in,
    opened_file,
    opened_folder,
    read_whole,
)


@dataclass(frozen=True)
class TriedPage:
    """`page`: from 1; 0 for a whole file that was refused.   texts: of our codes, as they stand on it, unverified.

    reason: why there are none (`blank`, `unread`, a refusal's code, a decoder's words), else how they were read.
    """

    file: str
    page: int
    texts: tuple[str, ...]
    reason: str
    milliseconds: float

    @property
    def read(self) -> bool:
        return bool(self.texts)


def try_folder(folder: Path, limits: ScanLimits = DEFAULT_LIMITS) -> Iterator[TriedPage]:
    """A line a page of every file below `folder`, in the order of names; links and devices are left alone."""
    for file in _files(folder):
        yield from try_file(file, str(file.relative_to(folder)), limits)


def try_file(file: Path, shown: str, limits: ScanLimits = DEFAULT_LIMITS) -> Iterator[TriedPage]:
    began = time.perf_counter()
    try:
        data = _read(file, limits)
        for page in scan_pages(data, limits):
            texts, reason = _codes(page)
            yield TriedPage(shown, page.number, texts, reason, (time.perf_counter() - began) * 1000)
            began = time.perf_counter()
    except ScanRefused as refusal:
        yield TriedPage(shown, 0, (), refusal.code, (time.perf_counter() - began) * 1000)
    except (NoPlainFile, OSError) as problem:
        yield TriedPage(shown, 0, (), f"not opened: {problem}", (time.perf_counter() - began) * 1000)


def _codes(page: ScanPage) -> tuple[tuple[str, ...], str]:
    if page.image is None:
        return (), f"unread: {page.trouble}"
    try:
        found = find_codes(page.image, page.dpi)
    except Exception as failure:  # noqa: BLE001 -- whatever a reader raises on a strange page, it is that page alone
        return (), f"unread: {type(failure).__name__}"
    texts = tuple(dict.fromkeys(code.text for code in found.codes))
    return texts, str(found.rung)


def _read(file: Path, limits: ScanLimits) -> bytes:
    with opened_folder(file.parent) as folder, opened_file(folder, file.name) as (opened, identity):
        data = read_whole(opened, identity, limits.bytes)
    if data is None:
        raise NoPlainFile("larger than the limit, or being written")
    return data


def _files(folder: Path) -> Iterator[Path]:
    with opened_folder(folder) as opened:
        names = names_in(opened)
    for name in names:
        path = folder / name
        if path.is_symlink():
            continue
        if path.is_dir():
            try:
                yield from _files(path)
            except FolderUnusable:
                continue
        else:
            yield path
