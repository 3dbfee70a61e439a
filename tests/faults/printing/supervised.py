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


def main(workers: int, *, printers_apart: bool) -> None:
    """Serve until SIGTERM. A worker's log is `worker.log`, `worker-2.log` and so on.

    workers: with none, whoever started this starts them, see `KillableServer.worker`.
    printers_apart: whoever started this switches the printers on and off, and may limit the files that cupsd writes.
    """
    supervisor.LONGEST_PAUSE = PAUSE_SECONDS  # type: ignore[misc]  # it is Final
    supervisor.all_parts = partial(parts_with, supervisor.all_parts, workers, printers_apart)
    supervisor.run(Settings())


def parts_with(
    parts_of: Callable[[Settings], list[Part]], workers: int, printers_apart: bool, settings: Settings
) -> list[Part]:
    parts = parts_of(settings)
    worker = next(part for part in parts if part.name == "worker")
    parts += [replace(worker, name=f"worker-{number}") for number in range(2, workers + 1)]
    if workers == 0:
        parts.remove(worker)
    if not printers_apart:
        return parts
    # A file that may not grow then fails to be written, instead of ending cupsd.
    return [
        replace(part, command=["/usr/bin/env", "--ignore-signal=XFSZ", *part.command]) if part.name == "cupsd" else part
        for part in parts
        if not part.name.startswith("printer-")
    ]


if __name__ == "__main__":
    main(int(sys.argv[1]), printers_apart="printers-apart" in sys.argv)
