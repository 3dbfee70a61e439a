"""Whether every page of a TIFF is wholly there: its directories are walked, nothing is decoded. Pure.

A scanner that writes page after page leaves a file that is whole at each of them; only the one that takes files from
a folder can know that nothing more comes, by waiting.
Source: Adobe's TIFF 6.0, section 2; the 64-bit form by the libtiff project (both unverified against the text).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printserver.returns.intake_pictures import NotWhole

WIDTH: Final = 256
HEIGHT: Final = 257
_PIECES: Final = ((273, 279), (324, 325))
"""Where strips or tiles begin, and how many bytes they have."""
_OLD_JPEG: Final = (513, 514)
_MOST_PIECES: Final = 200_000
_MOST_ENTRIES: Final = 4_096
_NUMBERS: Final = {3: 2, 4: 4, 16: 8}
"""Bytes of a SHORT, LONG and LONG8."""
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_FIRST_PRIVATE: Final = 32_768
"""Makers' own tags often point to nowhere."""
_BEGINNINGS: Final = {b"II*\0": ("<", False), b"MM\0*": (">", False), b"II+\0": ("<", True), b"MM\0+": (">", True)}


def is_tiff(data: bytes) -> bool:
    return data[:4] in _BEGINNINGS


@dataclass(frozen=True)
class _File:
    data: bytes
    order: str
    big: bool

    def number(self, at: int, size: int) -> int:
        if at < 0 or at + size > len(self.data):
            raise NotWhole("breaks off before its end")
        return int.from_bytes(self.data[at : at + size], "little" if self.order == "<" else "big")

    @property
    def word(self) -> int:
        """Bytes of an offset."""
        return 8 if self.big else 4


def tiff_frames(data: bytes, most: int) -> list[tuple[int, int]]:
    """Width and height of each page in order; at most `most` + 1 of them are looked at.   Raises: NotWhole."""
    file = _File(data, *_BEGINNINGS[data[:4]])
    at, seen, frames = file.number(8 if file.big else 4, file.word), set[int](), list[tuple[int, int]]()
    while at and len(frames) <= most:
        if at in seen:
            raise NotWhole("is damaged: its pages lead in a circle")
        seen.add(at)
        entries, at = _directory(file, at)
        frames.append(_frame(file, entries))
    return frames


def _directory(file: _File, at: int) -> tuple[dict[int, tuple[int, int, int]], int]:
    """Tag → kind, count, where its value or the value's offset stands; and where the next directory begins."""
    head, length = (8, 20) if file.big else (2, 12)
    count = file.number(at, head)
    if not 0 < count <= _MOST_ENTRIES:
        raise NotWhole("is damaged: a page has no description")
    entries = {}
    for each in range(at + head, at + head + count * length, length):
        entries[file.number(each, 2)] = (
            file.number(each + 2, 2),
            file.number(each + 4, file.word),
            each + 4 + file.word,
        )
    return entries, file.number(at + head + count * length, file.word)


def _frame(file: _File, entries: dict[int, tuple[int, int, int]]) -> tuple[int, int]:
    for tag, (kind, count, at) in entries.items():
        size = _SIZES.get(kind, 0) * count
        if tag < _FIRST_PRIVATE and size > file.word and file.number(at, file.word) + size > len(file.data):
            raise NotWhole("breaks off before its end")
    width, height = (_numbers(file, entries, tag) for tag in (WIDTH, HEIGHT))
    if len(width) != 1 or len(height) != 1 or not (width[0] and height[0]):
        raise NotWhole("is damaged: a page has no size")
    starts, sizes = _pieces(file, entries)
    if not len(starts) or len(starts) != len(sizes) or not sizes.all():
        raise NotWhole("is damaged: a page has no picture")
    if (sizes > len(file.data)).any() or (starts > len(file.data) - sizes).any():
        raise NotWhole("breaks off before its end")
    return int(width[0]), int(height[0])


def _pieces(file: _File, entries: dict[int, tuple[int, int, int]]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    for starts, sizes in (*_PIECES, _OLD_JPEG):
        if starts in entries:
            return _numbers(file, entries, starts), _numbers(file, entries, sizes)
    raise NotWhole("is damaged: a page has no picture")


def _numbers(file: _File, entries: dict[int, tuple[int, int, int]], tag: int) -> NDArray[np.uint64]:
    """The values of a tag; none where it is missing or of another kind."""
    kind, count, at = entries.get(tag, (0, 0, 0))
    size = _NUMBERS.get(kind, 0)
    if not size or not 0 < count <= _MOST_PIECES:
        return np.zeros(0, np.uint64)
    if count * size > file.word:
        at = file.number(at, file.word)
    if at + count * size > len(file.data):
        raise NotWhole("breaks off before its end")
    return np.frombuffer(file.data, np.dtype(f"{file.order}u{size}"), count, at).astype(np.uint64)
