"""`python -m benchmarks`: run all of them, print each beside its limit, write `var/bench.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from benchmarks import (
    archive_search,
    code_reading,
    issuing,
    marks,
    object_store,
    page_comparison,
    pdf_levels,
    printing,
    rendering,
    request_lists,
    returns_batches,
    scan_reading,
    sealing,
    verification,
)

OUT: Final = Path(__file__).parent.parent / "var" / "bench.json"


def main() -> None:
    rows = [*issuing.measure(), *pdf_levels.measure(), *sealing.measure(), *scan_reading.measure(), *printing.measure()]
    rows += [*archive_search.measure(), *request_lists.measure(), *marks.measure(), *object_store.measure()]
    rows += [*verification.measure(), *code_reading.measure(), *rendering.measure(), *page_comparison.measure()]
    rows += returns_batches.measure()
    for row in rows:
        figures = f"{row['value']:>9.2f} of {row['limit']:>9.2f} {row['unit']}"
        sys.stdout.write(f"{row['name']:<72} {figures}  ratio {row['ratio']:.3f}\n")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
