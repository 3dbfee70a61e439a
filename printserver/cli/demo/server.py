"""The demonstration's own installation and its server: made, started, found again, stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import httpx

from printserver.cli.demo.client import DemoFailed, authorities
from printserver.cli.init import DEMO_PLAN, credentials_file, install, is_installed
from printserver.cli.queues import emulated_printer, read_queues
from printserver.cli.system_users import separated
from printserver.foundation.database import open_engines
from printserver.migrations.upgrade import is_current
from printserver.printing.emulated_printer import EmulatedPrinter
from printserver.settings import HOME_VARIABLE, REPOSITORY, Settings
from printserver.signer.ceremony_plan import CeremonyPlan, read_plan

START_SECONDS: Final = 180.0
STOP_SECONDS: Final = 60.0
PORT: Final = 8700


def demo_home() -> Path:
    """Beside no real installation: one a checkout; outside of it when started as root."""
    named = os.environ.get(HOME_VARIABLE)
    if named:
        return Path(named).resolve()
    if separated():
        return Path("/var/lib/printserver-demo") / sha256(str(REPOSITORY).encode()).hexdigest()[:12]
    return REPOSITORY / "var" / "demo-home"


def known_demo_settings() -> Settings:
    """Of the demonstration's installation, whether it is there or not."""
    os.environ[HOME_VARIABLE] = str(demo_home())
    return Settings()


def demo_settings(*, free_ports: bool = False) -> Settings:
    """Install the demonstration if it is not there yet; one of an earlier version makes room for a new one.

    free_ports: take any that are free, so that several installations stand side by side.
    """
    settings = known_demo_settings()
    if is_installed(settings):
        if _is_of_this_version(settings):
            return settings
        DemoServer(settings).stop()
    if settings.home.exists():  # interrupted or outdated; nothing but demonstrations lies here
        shutil.rmtree(settings.home)
    port = _free_port(0 if free_ports else PORT)
    chosen = Settings(port=port, public_url=f"http://127.0.0.1:{port}")
    install(chosen, _plan_with_free_ports(anywhere=free_ports), passwords_last=True)
    with chosen.file.open("a", encoding="utf-8") as file:
        file.write(f'port = {port}\npublic_url = "{chosen.public_url}"\n')
    return Settings()


@dataclass(frozen=True)
class DemoServer:
    settings: Settings

    @property
    def url(self) -> str:
        return self.settings.public_url

    @property
    def passwords(self) -> dict[str, str]:
        people = json.loads(credentials_file(self.settings).read_text("utf-8"))["people"]
        return {person["login"]: person["password"] for person in people}

    @property
    def printer(self) -> EmulatedPrinter:
        for queue in read_queues(self.settings):
            if queue.emulated_port is not None:
                return emulated_printer(self.settings, queue.name, queue.emulated_port)
        raise DemoFailed("this installation has no emulated printer")

    def start(self) -> None:
        """Start the server in the background, or use the one that runs.   Raises: DemoFailed."""
        if self._answers():
            return
        log = self.settings.home / "supervisor.log"
        pid = _start_in_background(self.settings.home, log)
        self._pid_file.write_text(f"{pid}\n")
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if not _is_running(pid) or time.monotonic() > deadline:
                raise DemoFailed(f"the server did not start; see {log} and {self.settings.home / 'log'}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End the server that `start` started, and wait for it."""
        try:
            pid = int(self._pid_file.read_text())
            os.kill(pid, signal.SIGTERM)
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return
        deadline = time.monotonic() + STOP_SECONDS
        while _is_running(pid):
            if time.monotonic() > deadline:
                raise DemoFailed("the server did not stop in time")
            time.sleep(0.1)
        self._pid_file.unlink(missing_ok=True)

    @property
    def _pid_file(self) -> Path:
        return self.settings.home / "supervisor.pid"

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/v1/health", timeout=5, verify=authorities()).is_success
        except httpx.HTTPError:
            return False


def _is_of_this_version(settings: Settings) -> bool:
    engines = open_engines(settings.database)
    try:
        return is_current(engines)
    finally:
        engines.dispose()


def _start_in_background(home: Path, log: Path) -> int:
    """The supervisor in a session of its own, which outlives this process; its pid."""
    return os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "printserver.cli.main", "run"],
        {**os.environ, HOME_VARIABLE: str(home), "PYTHONPATH": str(REPOSITORY)},
        setsid=True,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )


def _plan_with_free_ports(*, anywhere: bool) -> CeremonyPlan:
    plan = read_plan(DEMO_PLAN)
    printers = [
        printer
        if printer.emulated_port is None
        else printer.model_copy(update={"emulated_port": _free_port(0 if anywhere else printer.emulated_port)})
        for printer in plan.printers
    ]
    return plan.model_copy(update={"printers": tuple(printers)})


def _free_port(wanted: int) -> int:
    """`wanted`, or another one when that is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoFailed("no free port on this machine")


def _is_running(pid: int) -> bool:
    """A child that has ended is taken off the process table here."""
    try:
        if os.waitpid(pid, os.WNOHANG) != (0, 0):
            return False
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
