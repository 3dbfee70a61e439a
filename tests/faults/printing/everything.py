"""`make faults`: a thousand kills over several seeds on each database, and the same on CUPS as it comes.

Prints each run's JSON line and, last, the sums; the exit status is 1 when a copy of ours came out twice or was lost.
`FAULTS_KILLS` changes how many kills each database gets.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

SEEDS = (1, 2, 3, 4)
DATABASES = {"sqlite": 1, "postgresql": 2}
"""With so many workers."""
PRINTERS = 2
SUMMED = (
    "authorised",
    "accepted",
    "printed_once",
    "unknown",
    "wasted",
    "void",
    "printed_twice",
    "lost",
    "kills",
    "seconds",
)


def main() -> int:
    kills = int(os.environ.get("FAULTS_KILLS", "1000")) // len(SEEDS)
    status = 0
    for database, workers in DATABASES.items():
        ours = [
            _run("--database", database, "--workers", str(workers), "--kills", str(kills), "--seed", str(seed))
            for seed in SEEDS
        ]
        _say({"total": database, **_sums(ours)})
        status |= any(figures["printed_twice"] or figures["lost"] for figures in ours)
    _say(
        {"total": "bare CUPS", **_sums([_run("--bare", "--kills", str(kills), "--seed", str(seed)) for seed in SEEDS])}
    )
    return status


def _run(*arguments: str) -> dict[str, Any]:
    """The figures of one run, which are printed as well.   Raises RuntimeError when it did not come to its end."""
    command = [sys.executable, "-m", "tests.faults.printing", "--printers", str(PRINTERS), *arguments]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    sys.stdout.write(run.stdout)
    sys.stdout.flush()
    if not run.stdout.strip():
        raise RuntimeError(f"{' '.join(arguments)} ended with status {run.returncode} and no figures")
    figures: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return figures


def _sums(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    sums = {
        name: sum(figures.get(name, 0) for figures in runs)
        for name in SUMMED
        if any(name in figures for figures in runs)
    }
    reasons = _added(figures.get("unknown_reasons", {}) for figures in runs)
    return {**sums, "seconds": round(sums["seconds"]), **({"unknown_reasons": reasons} if reasons else {})}


def _added(maps: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in maps:
        total.update(each)
    return dict(sorted(total.items()))


def _say(figures: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(figures)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
