"""`printserver run` as the kills need it: several workers, and a part that ended is started again at once."""

from __future__ import annotations

import signal
import sys
from dataclasses import replace

from printserver.cli import supervisor
from printserver.settings import Settings

PAUSE_SECONDS = 0.2


def main(workers: int) -> None:
    """Serve until SIGTERM. A worker's log is `worker.log`, `worker-2.log` and so on."""
    supervisor.LONGEST_PAUSE = PAUSE_SECONDS  # type: ignore[misc]  # it is Final
    settings = Settings()
    parts = supervisor.all_parts(settings)
    worker = next(part for part in parts if part.name == "worker")
    parts += [replace(worker, name=f"worker-{number}") for number in range(2, workers + 1)]
    log_folder = settings.home / "log"
    log_folder.mkdir(mode=0o750, exist_ok=True)
    running = supervisor.Supervisor(parts, log_folder)
    signal.signal(signal.SIGTERM, lambda *_: running.stopping.set())
    running.run(lambda: None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
