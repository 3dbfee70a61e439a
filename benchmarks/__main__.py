"""`python -m benchmarks [NAME ...]`: run all of them, or those named; print each row beside its limit as it comes.

The rows so far are always in `var/bench.json`: what breaks off has lost none.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

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
MEASURES: Final[Mapping[str, Callable[[], Iterable[Mapping[str, Any]]]]] = {
    module.__name__.rpartition(".")[2]: module.measure
    for module in (
        issuing, pdf_levels, sealing, scan_reading, printing, archive_search, request_lists, marks, object_store,
        verification, code_reading, rendering, page_comparison, returns_batches,
    )
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASURES))
    names = parser.parse_args().names or list(MEASURES)
    if unknown := set(names) - set(MEASURES):
        parser.error(f"there are no benchmarks {', '.join(sorted(unknown))}")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    rows: list[Mapping[str, Any]] = []
    for name in names:
        for row in MEASURES[name]():
            rows.append(row)
            figures = f"{row['value']:>9.2f} of {row['limit']:>9.2f} {row['unit']}"
            grown = f"  growth {row['growth']:.1f} to p50 {row['p50_ms']:.1f} ms" if "growth" in row else ""
            sys.stdout.write(f"{row['name']:<72} {figures}  ratio {row['ratio']:.3f}{grown}\n")
            sys.stdout.flush()
            OUT.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
