"""The searchable PDF/A-2b of a copy's scanned pages: the scans' bytes untouched, words invisibly over them.

Scans are hostile bytes, so a limited child process takes them apart; what it calls a PDF/A it has validated.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from printserver.archive.word_places import WordOnScan
from printserver.foundation.errors import Malformed
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)

MOST_PIXELS: Final = 100_000_000
_LIMITS: Final = ProcessLimits(
    memory_bytes=3072 * MEBIBYTE, cpu_seconds=180, wall_seconds=360, output_bytes=640 * MEBIBYTE
)


class SearchableNotMade(Malformed):
    """Why there is no valid PDF/A of these scans."""

    code = "searchable-not-made"


@dataclass(frozen=True)
class PageOfScan:
    """`scan`: which of the scans, from 0.   position: of the page in it, from 1.   rotation: degrees clockwise by which
    the page lies turned there, as whoever opens the file sees it."""

    scan: int
    position: int
    rotation: int
    words: tuple[WordOnScan, ...]


@dataclass(frozen=True)
class SearchableFile:
    """`kept`: of each page `untouched`, or `repacked` without loss where PDF has no form for the scan's bytes."""

    pdf: bytes
    kept: tuple[str, ...]


def build(scans: Sequence[bytes], pages: Sequence[PageOfScan], *, title: str, made_at: datetime) -> SearchableFile:
    """The same arguments give the same bytes.   made_at: written into the file.   Raises: SearchableNotMade."""
    head = json.dumps(
        {
            "title": title,
            "made_at": made_at.isoformat(timespec="seconds"),
            "most_pixels": MOST_PIXELS,
            "scans": [len(scan) for scan in scans],
            "pages": [_said(page) for page in pages],
        }
    ).encode()
    given = b"".join((len(head).to_bytes(4, "big"), head, *scans))
    try:
        answer = run_limited("printserver.archive.searchable_process", [], given, _LIMITS)
    except ProcessLimitExceeded as exceeded:
        raise SearchableNotMade(f"the scan needs more than the allowed {exceeded.limit}") from exceeded
    except ProcessCrashed as crash:
        raise SearchableNotMade("the scan ended the process that took it apart") from crash
    return _read(answer, len(pages))


def _said(page: PageOfScan) -> dict[str, object]:
    words = [[word.text, word.start, word.end, word.above] for word in page.words]
    return {"scan": page.scan, "position": page.position, "rotation": page.rotation, "words": words}


def _read(answer: bytes, pages: int) -> SearchableFile:
    """The child has handled hostile bytes, so its answer is checked as if it came from outside."""
    line, _, pdf = answer.partition(b"\n")
    try:
        said = json.loads(line)
        failure, kept = said["failure"], tuple(map(str, said["kept"]))
    except (ValueError, KeyError, TypeError) as problem:
        raise SearchableNotMade("the scan ended the process that took it apart") from problem
    if failure is not None:
        raise SearchableNotMade(str(failure)[:1_000])
    if not pdf.startswith(b"%PDF-") or len(kept) != pages or not set(kept) <= {"untouched", "repacked"}:
        raise SearchableNotMade("no file came of the scan")
    return SearchableFile(pdf, kept)
