"""`printserver run`: starts cupsd, printers, signer, worker and web on one machine and keeps them running.

A part that ends is started again, with growing pauses; all of them end with the supervisor, however it ends.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import structlog

from printserver.cli.queue_keeper import QueueKeeper
from printserver.cli.queues import emulated_printer, private_cups, read_queues
from printserver.cli.system_users import SIGNER, WEB, WORKER, SystemUser, make_home, separated, stage_code, system_user
from printserver.foundation.database import open_engines
from printserver.foundation.job_queue import NoJobs
from printserver.foundation.unit_of_work import Database
from printserver.printing.private_cupsd import PrivateCups
from printserver.settings import HOME_VARIABLE, Settings
from printserver.storage.store_settings import NOT_SEALED

FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 30.0
STEADY_SECONDS: Final = 10.0
STOP_SECONDS: Final = 15.0
UMASK: Final = 0o007
_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None, use_errno=True)
NOBODY: Final = SystemUser(None, None, None)


@dataclass
class Part:
    """One supervised program. ready: waits, after its first start, until the next part may be started."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    user: SystemUser = NOBODY
    ready: Callable[[], object] = lambda: None
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = FIRST_PAUSE
    again_at: float | None = None
    """When to start it again, once it has ended."""

    def start(self, log: IO[bytes]) -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            user=self.user.uid,
            group=self.user.gid,
            extra_groups=None if self.user.gid is None else [self.user.gid],
            umask=UMASK,
            cwd="/",
            preexec_fn=_end_with_parent,  # noqa: PLW1509 -- one prctl call, which takes no lock
        )


@dataclass
class Supervisor:
    """parts: in the order of their start; they are stopped in the reverse order."""

    parts: list[Part]
    log_folder: Path
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self, on_ready: Callable[[], object]) -> None:
        """Until `stopping` is set. Whatever happens, no part is left behind."""
        try:
            for part in self.parts:
                self._start(part)
            on_ready()
            while not self.stopping.wait(0.1):
                for part in self.parts:
                    self._revive(part)
        finally:
            self._stop_all()

    def _start(self, part: Part) -> None:
        self._launch(part)
        part.ready()

    def _revive(self, part: Part) -> None:
        """Only from the supervisor's own thread: the kernel ends a part when the thread that forked it ends."""
        now = time.monotonic()
        if part.process is not None and part.process.poll() is not None:
            part.pause = FIRST_PAUSE if now - part.started_at > STEADY_SECONDS else min(part.pause * 2, LONGEST_PAUSE)
            structlog.get_logger().warning(
                "part ended; it is started again", part=part.name, status=part.process.returncode, pause=part.pause
            )
            part.process, part.again_at = None, now + part.pause
        elif part.again_at is not None and now >= part.again_at:
            part.again_at = None
            self._launch(part)

    def _launch(self, part: Part) -> None:
        with (self.log_folder / f"{part.name}.log").open("ab") as log:
            part.start(log)

    def _stop_all(self) -> None:
        self.stopping.set()
        for part in reversed(self.parts):
            process = part.process
            if process is None or process.poll() is not None:
                continue
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def run(settings: Settings, on_ready: Callable[[], object] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT."""
    supervisor = Supervisor(all_parts(settings), _log_folder(settings))
    _stop_on_signals(supervisor.stopping)
    if settings.cups_private:
        _keeper(settings).keep(supervisor.stopping)
    say_what_is_off(settings)
    supervisor.run(on_ready)


def keep_queues(settings: Settings) -> None:
    """What `run` does besides its parts, for parts that run as units of their own. Until SIGTERM or SIGINT."""
    stopping = threading.Event()
    _stop_on_signals(stopping)
    _keeper(settings).keep(stopping).join()


def _stop_on_signals(stopping: threading.Event) -> None:
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopping.set())


def _keeper(settings: Settings) -> QueueKeeper:
    return QueueKeeper(Database(open_engines(settings.database), NoJobs()), private_cups(settings))


def say_what_is_off(settings: Settings) -> None:
    """Where an installation protects less than it could."""
    if not separated():
        structlog.get_logger().warning(
            "not started as root: all parts run as one system user, so that they are not separated from each other"
        )
    if not settings.object_store.sealed:
        structlog.get_logger().warning(NOT_SEALED)


def all_parts(settings: Settings) -> list[Part]:
    """cupsd and the emulated printers first: the worker needs them at once after a restart."""
    make_home(settings)  # an installation of an earlier version lacks the newer folders
    code = stage_code(settings)
    parts = _printing_parts(settings) if settings.cups_private else []
    for name, user in (("signer", SIGNER), ("worker", WORKER), ("web", WEB)):
        parts.append(
            Part(
                name,
                [sys.executable, "-m", "printserver.cli.main", name],
                {**_environment(settings), "PYTHONPATH": str(code)},
                system_user(user),
            )
        )
    return parts


def _printing_parts(settings: Settings) -> list[Part]:
    parts = []
    queues = read_queues(settings)
    for queue in queues:
        if queue.emulated_port is not None:
            printer = emulated_printer(settings, queue.name, queue.emulated_port)
            printer.build()
            parts.append(
                Part(f"printer-{queue.name}", printer.command(), printer.environment(), ready=printer.wait_until_ready)
            )
    cups = private_cups(settings)
    cups.build()
    parts.append(Part("cupsd", cups.command(), cups.environment(), ready=lambda: _ready(cups, settings)))
    return parts


def _ready(cups: PrivateCups, settings: Settings) -> None:
    cups.wait_until_ready()
    for queue in read_queues(settings):
        cups.add_queue(queue.name, queue.uri, queue.certificate_pem)


def _environment(settings: Settings) -> dict[str, str]:
    """Only what the product and PostgreSQL's library read: the caller's environment may hold anything."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PRINTSERVER_", "PG"))}
    return {
        **kept,
        HOME_VARIABLE: str(settings.home),
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _log_folder(settings: Settings) -> Path:
    folder = settings.home / "log"
    folder.mkdir(mode=0o750, exist_ok=True)
    return folder


def _end_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
