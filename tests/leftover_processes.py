"""Find processes that a test run started and left behind, by a mark in their environment."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from typing import Final

MARK: Final = "PRINTSERVER_TEST_RUN"
_ENDING_SECONDS: Final = 5.0


def mark_this_run() -> str:
    """Put a new mark into this process's environment; every process it starts inherits the mark."""
    os.environ[MARK] = uuid.uuid4().hex
    return os.environ[MARK]


def marked_processes(mark: str) -> dict[int, str]:
    """Living processes with this mark, other than this one: process id → command line."""
    found: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:  # it ended meanwhile, or belongs to someone else
            continue
        ours = f"{MARK}={mark}".encode() in environment
        # multiprocessing's tracker ends by itself, after this process.
        if ours and int(folder.name) != os.getpid() and "resource_tracker" not in command:
            found[int(folder.name)] = command
    return found


def leftovers(mark: str) -> dict[int, str]:
    """Like `marked_processes`, after those that are about to end had the time to do so."""
    deadline = time.monotonic() + _ENDING_SECONDS
    while (found := marked_processes(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found
