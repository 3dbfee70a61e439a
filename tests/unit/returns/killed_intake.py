"""Looks through a watched folder in a process that kills itself at a chosen point: run as a module, one order a line.

It imports everything once and forks for each order, before any database, store or thread is there. An order is JSON:
url, objects, store_key, folder, login, kill_at; the answer too: killed, events (that passed before the end).
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Final

from printserver.foundation.database import open_engines
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Database
from printserver.migrations.upgrade import load_models
from printserver.returns.intake_channels import IntakeTools
from printserver.returns.intake_settings import WatchedFolderSettings
from printserver.returns.watched_folder import FolderIntake
from tests.sealed_store import WRAPPER, sealed_store

WATCHED: Final = (
    "printserver.returns.watched_folder",
    "printserver.returns.intake_channels",
    "printserver.returns.service",
    "printserver.returns.quarantine",
    "printserver.storage",
    "printserver.foundation.unit_of_work",
)


def folder_intake(order: dict[str, Any]) -> FolderIntake:
    database = Database(open_engines(order["url"]), RecordedJobs())
    settings = WatchedFolderSettings(
        folder=Path(order["folder"]), account=order["login"], quiet_seconds=0, patience_seconds=0
    )
    return FolderIntake(IntakeTools(database, sealed_store(Path(order["objects"]))), settings)


def look_and_die(order: dict[str, Any], answer: int) -> None:
    """In the forked child: each call into our code, and each call that it makes of the system's, is an event."""
    events = 0

    def count(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal events
        if event in ("call", "c_call") and str(frame.f_globals.get("__name__", "")).startswith(WATCHED):
            events += 1
            if events == order["kill_at"]:
                os.write(answer, json.dumps(events).encode())
                os.kill(os.getpid(), signal.SIGKILL)

    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # the log; standard output is for answers
    WRAPPER.key = bytes.fromhex(order["store_key"])
    intake = folder_intake(order)
    sys.setprofile(count)
    intake.look()
    sys.setprofile(None)
    os.write(answer, json.dumps(events).encode())


def main() -> None:
    load_models()
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                look_and_die(json.loads(line), writing)
            finally:
                os._exit(0)
        os.close(writing)
        _, status = os.waitpid(child, 0)
        with os.fdopen(reading, "rb") as said:
            events = json.loads(said.read() or b"0")
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        sys.stdout.write(json.dumps({"killed": killed, "events": events}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
