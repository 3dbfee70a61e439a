"""Comparing returned pages: how many alterations are found, how many unaltered pages are not passed, and the time.

`python -m benchmarks.page_comparison 420 FILE [PART PARTS]` simulates that many pages, half of them altered, and writes
one JSON line a page and the counts; `measure` takes a few for the table of `python -m benchmarks`. The seeds are others
than those on which the limits were chosen (below 1,000).

184 pages in colour, at 200 (half), 300 and 150 dpi:

    unaltered        not `same`         altered              found   `changed`
    clean            0 of 32            digit                14/14   14
    office           0 of 34            look-alike digit     13/13   13
    bad              6 of 29            word                 12/12   12
                                        line                 13/13   13
                                        decimal point        13/13   13
                                        insertion            12/12    0 (`review`: something was added beside text)
                                        swapped page         12/12   12 (kind `other-page`)

Found: not `same`. Before, with limits chosen on other pages (200 dpi): clean and office 0 of 150, with bad pages 8 of
200, and 98.5 % found. All six are `review`, five of them kind `written-on`: folds or thick toner over text. None
in 66 still allows 4.5 %. In grey or black and white no unaltered page was `changed`, and all wait for a person.
Processor time a page, from pixels to verdict: 690 ms at 200, 705 at 300, 440 at 150 dpi; reading lines that differ
takes about 1.5 s more, and 0.1 s a line.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.made_returns import Alteration, Issued, Papers, Quality, altered, content, scanned, without_colour
from benchmarks.page_comparison_marks import mark_counts, mark_trials
from printserver.cli.demo.paper import Image
from printserver.returns.comparison import DIFFERS, WORKING_DPI, Comparison, compare
from printserver.returns.comparison_wordings import with_wordings

FIRST_SEED: Final = 10_000
RESOLUTIONS: Final = (200, 300, 200, 150)
_ALTERATIONS: Final = tuple(how for how in Alteration if how is not Alteration.NONE)
_MOST_MS: Final = 910
"""What a page took in the measurements that chose this way of comparing."""


@dataclass(frozen=True)
class Trial:
    seed: int
    how: Alteration
    quality: Quality
    dpi: int

    @classmethod
    def of(cls, number: int, first_seed: int) -> Trial:
        """Every other page altered; alterations, qualities and resolutions in all combinations."""
        how = Alteration.NONE if number % 2 else _ALTERATIONS[number // 2 % len(_ALTERATIONS)]
        quality = list(Quality)[number // 2 % len(Quality)]
        return cls(first_seed + number, how, quality, RESOLUTIONS[number // 2 % len(RESOLUTIONS)])


def compared(scan: Image, issued: Issued, dpi: int) -> tuple[Comparison, float]:
    """With the processor's milliseconds."""
    start = time.process_time()
    found = compare(scan, issued.drawn, dpi, issued_dpi=WORKING_DPI, glyphs=issued.text.glyphs)
    return found, (time.process_time() - start) * 1000


def trials(numbers: Iterable[int], papers: Papers, first_seed: int = FIRST_SEED) -> Iterator[dict[str, object]]:
    """One row a comparison; each tenth pair also in grey and in black and white."""
    for number in numbers:
        trial = Trial.of(number, first_seed)
        page = content(trial.seed)
        issued = papers.issued(page)
        scan = scanned(
            papers.drawn(altered(page, trial.how, trial.seed), trial.dpi), trial.dpi, trial.quality, trial.seed
        )
        modes = {"colour": scan}
        if number % 20 < 2:
            modes |= {"grey": without_colour(scan, bilevel=False), "bilevel": without_colour(scan, bilevel=True)}
        for mode, shown in modes.items():
            found, milliseconds = compared(shown, issued, trial.dpi)
            yield {
                **{name: str(value) for name, value in vars(trial).items()},
                "mode": mode,
                "verdict": str(found.verdict),
                "kind": str(found.kind or ""),
                "confidence": found.confidence,
                "differs": sum(region.kind in DIFFERS for region in found.regions),
                "reason": found.reason,
                "ms": round(milliseconds),
            }


def measure() -> list[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit"}."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            papers = Papers(Path(folder))
            rows = [row for row in trials(range(8), papers) if row["mode"] == "colour"]
            reading = _reading_share(papers)
    finally:
        cv2.setNumThreads(threads)
    milliseconds = float(np.median([float(str(row["ms"])) for row in rows]))
    value = round(milliseconds, 1)
    return [
        {
            "name": "page comparison: processor time a page, from pixels to verdict",
            "value": value,
            "limit": float(_MOST_MS),
            "ratio": round(value / _MOST_MS, 3),
            "unit": "ms",
        },
        {
            "name": "page comparison: share of a changed page's time that reading its flagged lines takes",
            "value": reading,
            "limit": 1.0,
            "ratio": reading,
            "unit": "share",
        },
    ]


def _reading_share(papers: Papers) -> float:
    """Of wall time; the reader runs in a process of its own."""
    page, seed = content(FIRST_SEED), FIRST_SEED + 5
    issued = papers.issued(page)
    scan = scanned(papers.drawn(altered(page, Alteration.DIGIT, seed), 200), 200, Quality.OFFICE, seed)
    start = time.perf_counter()
    found, _ = compared(scan, issued, 200)
    between = time.perf_counter()
    with_wordings(found, issued.text)
    end = time.perf_counter()
    return round((end - between) / (end - start), 3)


def main(count: int, out: Path, part: int = 0, parts: int = 1) -> None:
    """part, parts: which share of the pages, for several processors."""
    cv2.setNumThreads(1)
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, out.open("w", encoding="utf-8") as lines:
        papers = Papers(Path(folder))
        for row in trials(range(part, count, parts), papers):
            lines.write(json.dumps(row) + "\n")
            lines.flush()
            counts[f"{row['mode']:8} {row['how']:18} {row['quality']:7} {row['dpi']} {row['verdict']}"] += 1
        marks = []
        for row in mark_trials(range(part, count // 2, parts), papers, FIRST_SEED):
            marks.append(row)
            lines.write(json.dumps(row) + "\n")
            lines.flush()
    counts += mark_counts(marks)
    for name, value in sorted(counts.items()):
        print(f"{value:5} {name}")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:5]))
