"""`printserver run` as the kills need it: several workers, and a part that ended is started again at once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from printserver.cli import supervisor
from printserver.cli.supervisor import Part
from printserver.settings import Settings

PAUSE_SECONDS = 0.2


def main(workers: int) -> None:
    """Serve until SIGTERM. A worker's log is `worker.log`, `worker-2.log` and so on."""
    supervisor.LONGEST_PAUSE = PAUSE_SECONDS  # type: ignore[misc]  # it is Final
    supervisor.all_parts = partial(parts_with, supervisor.all_parts, workers)
    supervisor.run(Settings())


def parts_with(parts_of: Callable[[Settings], list[Part]], workers: int, settings: Settings) -> list[Part]:
    parts = parts_of(settings)
    worker = next(part for part in parts if part.name == "worker")
    return parts + [replace(worker, name=f"worker-{number}") for number in range(2, workers + 1)]


if __name__ == "__main__":
    main(int(sys.argv[1]))
