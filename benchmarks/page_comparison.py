"""Comparing returned pages: how many alterations are found, how many unaltered pages are not passed, and the time.

`python -m benchmarks.page_comparison 420 FILE [PART PARTS]` simulates that many pages, half of them altered, and writes
one JSON line a page and the counts; `measure` takes a few for the table of `python -m benchmarks`. The seeds are others
than those on which the limits were chosen (below 1,000).

420 pages in colour, at 200 (half), 300 and 150 dpi:

    unaltered        not `same`         altered              found   `changed`
    clean            0 of 70            digit                30/30   30
    office           0 of 70            look-alike digit     30/30   30
    bad              13 of 70           word                 30/30   30
                                        line                 30/30   30
                                        decimal point        30/30   30
                                        insertion            30/30    0 (`review`: something was added beside text)
                                        swapped page         30/30   30 (kind `other-page`)

Found: not `same`. Before, with limits chosen on other pages (200 dpi): clean and office 0 of 150, with bad pages 8 of
200, and 98.5 % found. All thirteen are `review`: folds, streaks or thick toner over text. None in 140 still allows
2.1 %. In grey or black and white (42 pages each) no unaltered page was `changed`, and all of them wait for a person.
Processor time a page, from pixels to verdict: 505 ms at 200, 520 at 300, 340 at 150 dpi, on a machine that was busy
(390 ms at 200 dpi alone on it). Reading lines that differ: of 42 pages, half of them altered, 19 were read, which took
82 % of those pages' time.

Marks, 140 put on and 70 pages with none, in colour (most), grey and black and white: found in their place 22 of 24
seals, 22 of 23 signatures, 47 of 47 lines by hand, 23 of 23 seals over the edges of four pages, joined, and 23 of 23
issued ones, the page printed without its slice told apart; on one page with none, a bad one, something was taken for a
line.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from benchmarks.made_returns import Alteration, Issued, Papers, Quality, altered, content, scanned, without_colour
from benchmarks.page_comparison_marks import Put, mark_counts, mark_trials
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


def trials(numbers: Iterable[int], papers: Papers, first_seed: int = FIRST_SEED) -> Iterator[dict[str, Any]]:
    """One row a comparison; each tenth pair also in grey and in black and white, and with its flagged lines read."""
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
            start = time.perf_counter()
            found, milliseconds = compared(shown, issued, trial.dpi)
            reading = {}
            if mode == "colour" and number % 20 < 2:
                between = time.perf_counter()
                is_read = with_wordings(found, issued.text) is not found
                end = time.perf_counter()
                reading = {"is_read": is_read, "compared_s": between - start, "read_s": end - between}
            yield {
                **{name: str(value) for name, value in vars(trial).items()},
                "mode": mode,
                "verdict": str(found.verdict),
                "kind": str(found.kind or ""),
                "confidence": found.confidence,
                "differs": sum(region.kind in DIFFERS for region in found.regions),
                "reason": found.reason,
                "ms": round(milliseconds),
                **reading,
            }


def reading_shares(rows: Iterable[Mapping[str, Any]]) -> tuple[float, float]:
    """Of those pages whose lines were to be read where they differ: the share that was read, and the time's share.

    Wall time, for the reader runs in a process of its own.
    """
    timed = [row for row in rows if "read_s" in row]
    both = sum(row["compared_s"] + row["read_s"] for row in timed)
    pages, seconds = sum(row["is_read"] for row in timed), sum(row["read_s"] for row in timed)
    return pages / max(1, len(timed)), seconds / max(1e-9, both)


def measure() -> list[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit"}."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            papers = Papers(Path(folder))
            rows = [row for row in trials((*range(8), 20, 21), papers) if row["mode"] == "colour"]
            marks = list(mark_trials(range(9), papers, FIRST_SEED))
    finally:
        cv2.setNumThreads(threads)
    milliseconds = round(float(np.median([row["ms"] for row in rows])), 1)
    pages, seconds = reading_shares(rows)
    put = [row["right"] for row in marks if row["put"] != Put.NOTHING]
    return [
        {
            "name": "page comparison: processor time a page, from pixels to verdict",
            "value": milliseconds,
            "limit": float(_MOST_MS),
            "ratio": round(milliseconds / _MOST_MS, 3),
            "unit": "ms",
        },
        _share("share of pages, half of them altered, of which lines are read by OCR", pages),
        _share("share of those pages' time that OCR takes", seconds),
        _share("share of seals, signatures, slices and lines found in their place", sum(put) / len(put)),
    ]


def _share(name: str, value: float) -> dict[str, object]:
    value = round(value, 3)
    return {"name": f"page comparison: {name}", "value": value, "limit": 1.0, "ratio": value, "unit": "share"}


def main(count: int, out: Path, part: int = 0, parts: int = 1) -> None:
    """part, parts: which share of the pages, for several processors; the first part is 0."""
    cv2.setNumThreads(1)
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, out.open("w", encoding="utf-8") as lines:
        papers = Papers(Path(folder))
        pages, marks = [], []
        for row in trials(range(part, count, parts), papers):
            pages.append(row)
            lines.write(json.dumps(row) + "\n")
            lines.flush()
            counts[f"{row['mode']:8} {row['how']:18} {row['quality']:7} {row['dpi']} {row['verdict']}"] += 1
        for row in mark_trials(range(part, count // 2, parts), papers, FIRST_SEED):
            marks.append(row)
            lines.write(json.dumps(row) + "\n")
            lines.flush()
    counts.update(mark_counts(marks))
    for name, value in sorted(counts.items()):
        print(f"{value:5} {name}")
    print("OCR: {:.0%} of the pages, {:.0%} of their time".format(*reading_shares(pages)))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:5]))
