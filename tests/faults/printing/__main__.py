"""`python -m tests.faults.printing`: kill everything while copies flow, and count what came out.

The last line on standard output is JSON; the exit status is 1 when a copy came out twice or was lost.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from contextlib import ExitStack
from typing import Any

from tests.faults.printing.bare_cups import bare_cups
from tests.faults.printing.bare_kills import run_bare_kills
from tests.faults.printing.installation import killable_server
from tests.faults.printing.killing import run_kills
from tests.postgresql_server import running_postgresql


def main() -> int:
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that nothing is left running
    figures = _killed_bare(asked) if asked.bare else _killed(asked)
    for finding in figures.pop("findings", ()):
        sys.stdout.write(f"finding: {finding}\n")
    sys.stdout.write(f"{json.dumps(figures)}\n")
    return 1 if figures["printed_twice"] or figures["lost"] else 0


def _killed(asked: argparse.Namespace) -> dict[str, Any]:
    with ExitStack() as stack:
        url = ""
        if asked.database == "postgresql":
            postgresql = stack.enter_context(running_postgresql())
            url = postgresql.url(postgresql.create_database())
        server = stack.enter_context(killable_server(url, workers=asked.workers, printers=asked.printers))
        figures = run_kills(server, kills=asked.kills, seed=asked.seed, copies=asked.copies)
    return figures | {name: getattr(asked, name) for name in ("database", "workers", "printers", "seed")}


def _killed_bare(asked: argparse.Namespace) -> dict[str, Any]:
    with bare_cups(asked.printers) as bare:
        figures = run_bare_kills(bare, kills=asked.kills, seed=asked.seed)
    return figures | {"spooler": "bare CUPS", "printers": asked.printers, "seed": asked.seed}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.printing", description=__doc__)
    parser.add_argument("--kills", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--workers", type=int, default=1, help="more than one only on PostgreSQL")
    parser.add_argument("--printers", type=int, default=1)
    parser.add_argument("--copies", type=int, help="how many are asked for in all; without it they never run out")
    parser.add_argument("--bare", action="store_true", help="CUPS as it comes instead, for comparison")
    asked = parser.parse_args()
    if asked.database == "sqlite" and asked.workers != 1:
        parser.error("SQLite has one worker")
    return asked


if __name__ == "__main__":
    sys.exit(main())
