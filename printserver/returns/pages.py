"""The pages of a scan as pixels. Hostile files are decoded in a limited process; only raw pixels come back from it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from printserver.foundation.limited_process import ProcessCrashed, ProcessLimitExceeded, map_limited
from printserver.returns.intake import DEFAULT_LIMITS, ScanFile, ScanKind, ScanLimits, examine
from printserver.returns.matching import Image

_MOST_PAGES_A_PROCESS: Final = 16
_MOST_CRASHES: Final = 8


@dataclass(frozen=True, eq=False)
class ScanPage:
    """One page as a person who opens the file sees it: EXIF orientation and /Rotate are applied."""

    number: int
    """1-based place in the file."""
    image: Image | None
    """uint8, (height, width) grey or (height, width, 3) blue, green, red. None for a page that cannot be read."""
    dpi: float
    """Pixels an inch, estimated; 0.0 for a page that cannot be read."""
    source: str
    """"file", "embedded" (the scanner's own picture), "rendered" (at 300 dpi) or "none"."""
    trouble: str | None = None
    """Why the page cannot be read, for the archivist."""


def scan_pages(
    data: bytes,
    limits: ScanLimits = DEFAULT_LIMITS,
    *,
    only: Collection[int] | None = None,
    known: ScanFile | None = None,
) -> Iterator[ScanPage]:
    """Decode a scan's pages, in order, a few at a time: at most about 350 MB of pixels are held at once.

    data: a whole PDF, TIFF, JPEG or PNG.   only: 1-based numbers of the pages wanted; None means all.
    known: what the gate said of these very bytes; None shows them to it now.
    A page that cannot be decoded, or that ends the decoding process, is reported as broken; the others still come.
    Raises ScanRefused for a file that the gate would not let in, when the first page is asked for.
    """
    file = known or examine(data, "the scan", limits)
    wanted = [number for number in range(1, file.pages + 1) if only is None or number in only]
    together, crashes = _MOST_PAGES_A_PROCESS, 0
    while wanted:
        if crashes >= _MOST_CRASHES:
            yield from (_broken(number, "too many pages of this file cannot be decoded") for number in wanted)
            return
        try:
            pages = _decode(data, file.kind, wanted[:together], limits)
        except (ProcessCrashed, ProcessLimitExceeded) as failure:
            if together > 1:
                together = 1
                continue
            crashes += 1
            pages = [_broken(wanted[0], str(failure))]
        else:
            together = min(together * 2, _MOST_PAGES_A_PROCESS)
        yield from pages
        wanted = wanted[len(pages) :]


def _decode(data: bytes, kind: ScanKind, numbers: Sequence[int], limits: ScanLimits) -> list[ScanPage]:
    arguments = [kind.value, str(limits.pixels), ",".join(str(number) for number in numbers)]
    answer = map_limited("printserver.returns.pages_process", arguments, data, limits.process)
    pages = list(read_answer(answer))
    if not pages or [page.number for page in pages] != list(numbers[: len(pages)]):
        raise ProcessCrashed(0, "other pages were decoded than asked for")
    return pages


def read_answer(answer: bytes | memoryview) -> Iterator[ScanPage]:
    """Read what `pages_process` wrote. It has handled hostile bytes, so it is checked as if it came from outside.

    Raises: ProcessCrashed, when the answer is not in its form.
    """
    at = 0
    while at < len(answer):
        start = at + 4 + int.from_bytes(answer[at : at + 4], "big")
        try:
            header = json.loads(bytes(answer[at + 4 : start]))
            number, width, height, channels = (int(header[name]) for name in ("number", "width", "height", "channels"))
            dpi, source, trouble = float(header["dpi"]), str(header["source"]), header["trouble"]
        except (ValueError, KeyError, TypeError, OverflowError) as failure:
            raise ProcessCrashed(0, f"unreadable answer: {failure}") from failure
        if trouble is not None:
            at = start
            yield _broken(number, str(trouble))
            continue
        at = start + width * height * channels
        shape = {1: (height, width), 3: (height, width, 3)}.get(channels)
        if shape is None or min(width, height) < 1 or at > len(answer):
            raise ProcessCrashed(0, "the answer's pixels do not agree with its header")
        image = np.frombuffer(answer, np.uint8, width * height * channels, start).reshape(shape)
        yield ScanPage(number, image, dpi, source)


def _broken(number: int, trouble: str) -> ScanPage:
    return ScanPage(number, None, 0.0, "none", trouble)
