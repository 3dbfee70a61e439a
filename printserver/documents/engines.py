"""Two engines draw a safe document, because a page that they draw differently may not say what its reader saw."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

from printserver.documents.engine_difference import SUSPICIOUS_UM2
from printserver.foundation.errors import NotFound
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)

Engine = Literal["pdfium", "poppler"]
ENGINES: Final[tuple[Engine, ...]] = ("pdfium", "poppler")
PICTURE_DPI: Final = 100
_MODULE: Final = "printserver.documents.engine_process"
COMPARING: Final = ProcessLimits(memory_bytes=1536 * MEBIBYTE, cpu_seconds=60, wall_seconds=90)
_DRAWING: Final = ProcessLimits(memory_bytes=1536 * MEBIBYTE, cpu_seconds=20, wall_seconds=40)


class EnginePictureMissing(NotFound):
    code = "engine-picture-missing"


@dataclass(frozen=True)
class Compared:
    """differing: pages from 1 on which the engines differ.   unseen: those that were not compared in time."""

    differing: tuple[int, ...]
    unseen: int


_SEEN: Final[OrderedDict[str, Compared]] = OrderedDict()
_MOST_SEEN: Final = 500


def compare_engines(pdf: bytes, pages: int, limits: ProcessLimits = COMPARING) -> Compared:
    """pdf: made safe, of so many pages. What cannot be drawn within the limits is unseen, never same.

    The same bytes are compared once by each process of ours, for a document is looked at again when it is handed in.
    """
    digest = sha256(pdf).hexdigest()
    known = _SEEN.get(digest)
    if known is not None:
        return known
    compared = _compared(pdf, pages, limits)
    if not compared.unseen:
        _SEEN[digest] = compared
        while len(_SEEN) > _MOST_SEEN:
            _SEEN.popitem(last=False)
    return compared


def _compared(pdf: bytes, pages: int, limits: ProcessLimits) -> Compared:
    try:
        answer = run_limited(_MODULE, ["compare"], pdf, limits)
    except (ProcessCrashed, ProcessLimitExceeded):
        return Compared((), pages)
    lines = [json.loads(line) for line in answer.splitlines()]
    differing = tuple(line["page"] for line in lines if line["differing_um2"] >= SUSPICIOUS_UM2)
    return Compared(differing, pages - len(lines))


def engine_picture(pdf: bytes, page: int, engine: Engine) -> bytes:
    """A page as one engine draws it, WebP in greys.   Raises: EnginePictureMissing."""
    try:
        return run_limited(_MODULE, ["picture", str(page), engine, str(PICTURE_DPI)], pdf, _DRAWING)
    except (ProcessCrashed, ProcessLimitExceeded) as failure:
        raise EnginePictureMissing("this engine does not draw the page") from failure
