"""Reads the code and the barcode of each finished page back, drawn at 200 dpi, before the pages count for anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from printserver.foundation.errors import Malformed
from printserver.foundation.limited_process import (
    MEBIBYTE,
    ProcessCrashed,
    ProcessLimitExceeded,
    ProcessLimits,
    run_limited,
)
from printserver.foundation.serials import CopySerial, PageCode
from printserver.rendering.page_layout import Box, PageLayout

_MODULE: Final = "printserver.rendering.mark_check_process"
_LIMITS: Final = ProcessLimits(memory_bytes=1024 * MEBIBYTE, cpu_seconds=120, wall_seconds=240)


class MarksUnreadable(Malformed):
    """A page's code or barcode cannot be read from the page, or says something else. `page`: 1-based, None for all."""

    code = "marks-unreadable"

    def __init__(self, page: int | None) -> None:
        super().__init__(
            "the pages cannot be drawn" if page is None else f"the marks of page {page} cannot be read back"
        )
        self.page = page


def check_marks(pdf: bytes, layout: Sequence[PageLayout], serial: CopySerial, codes: Sequence[str]) -> None:
    """Each page shows its code and its barcode where the layout has them, and a reader gets their very texts.

    pdf: from `put_codes`, with the same layout and codes.   Raises: MarksUnreadable.
    """
    boxes = [[_numbers(place.qr), _numbers(place.barcode)] for place in layout]
    try:
        answer = run_limited(_MODULE, [], json.dumps(boxes).encode("ascii") + b"\n" + pdf, _LIMITS)
    except (ProcessCrashed, ProcessLimitExceeded) as failure:
        raise MarksUnreadable(None) from failure
    for place, code, read in zip(layout, codes, json.loads(answer), strict=True):
        if read != [[code], [PageCode(serial, place.page).digits()]]:
            raise MarksUnreadable(place.page)


def _numbers(box: Box) -> list[int]:
    return [box.x_um, box.y_um, box.width_um, box.height_um]
