"""What marks against copying cost: drawing a copy with all of them beside one without, and the sizes of both files.

The pantograph is drawn once for a printer and a size of page and then kept; the first copy of a process pays for it,
see the last row.
"""

from __future__ import annotations

import statistics
import time
from typing import Final

from printserver.cli.demo.contract import sample_contract
from printserver.documents.intake import make_safe
from printserver.foundation.serials import CopySerial
from printserver.rendering.calibration import calibration_of
from printserver.rendering.layout import plan_layout
from printserver.rendering.marks import CopyMarks
from printserver.rendering.overlay import render_copy
from printserver.rendering.page_layout import PageLayout
from printserver.rendering.pantograph import packed, page_mask
from printserver.rendering.security_marks import SecurityMarks
from printserver.rendering.units import A4_PORTRAIT
from printserver.rendering.watermark import Watermark

ROUNDS: Final = 5
COPIES: Final = 20
BARE: Final = SecurityMarks(microtext_um=0)


def measure() -> list[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit"}."""
    safe = make_safe(sample_contract()).pdf
    layout = plan_layout(safe)
    rows = []
    for dpi in (600, 1200):
        marks = SecurityMarks(
            pantograph=calibration_of({}, dpi).pantograph(),
            guilloche=True,
            watermark=Watermark("内部使用", number=True),
        )
        with_all, size = _drawn(safe, layout, marks)
        without, bare_size = _drawn(safe, layout, BARE)
        pages = f"a copy of {len(layout)} pages with all marks at {dpi} dpi"
        rows.append(_row(f"marks: {pages} ÷ without", with_all, without, "copies per CPU-second"))
        rows.append(_row(f"marks: size of {pages} ÷ without", size / 1000, bare_size / 1000, "kB"))
        begun = time.process_time()
        packed(page_mask(calibration_of({}, dpi).pantograph(), A4_PORTRAIT))
        first = time.process_time() - begun
        rows.append(
            _row(f"marks: pantograph of a page at {dpi} dpi, once ÷ a copy", first, 1 / with_all, "CPU-seconds")
        )
    return rows


def _drawn(safe: bytes, layout: tuple[PageLayout, ...], marks: SecurityMarks) -> tuple[float, int]:
    """Copies a CPU-second, the median of some rounds, and octets of one."""
    rates, size = [], 0
    _one(safe, layout, marks)
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(COPIES):
            size = len(_one(safe, layout, marks))
        rates.append(COPIES / (time.process_time() - begun))
    return statistics.median(rates), size


def _one(safe: bytes, layout: tuple[PageLayout, ...], marks: SecurityMarks) -> bytes:
    return render_copy(safe, layout, CopyMarks(CopySerial.generate(), 1, COPIES, (), security=marks))


def _row(name: str, value: float, limit: float, unit: str) -> dict[str, object]:
    return {"name": name, "value": value, "limit": limit, "ratio": value / limit, "unit": unit}
