"""A whole server to be killed: its own installation with as many printers and workers as wanted."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from printserver.cli import supervisor
from printserver.cli.demo.client import DemoFailed
from printserver.cli.init import DEMO_PLAN, install
from printserver.cli.queues import emulated_printer, read_queues
from printserver.cli.supervisor import Part
from printserver.cli.system_users import WORKER, separated, system_user
from printserver.printing.emulated_printer import EmulatedPrinter
from printserver.settings import HOME_VARIABLE, REPOSITORY, Settings
from printserver.signer.ceremony_plan import CeremonyPlan, read_plan
from tests.faults.printing.victims import Processes
from tests.free_ports import free_port
from tests.running_server import RunningServer

START_SECONDS = 120.0


@dataclass(frozen=True)
class KillableServer(RunningServer):
    """workers: more than one only on PostgreSQL.   printers_apart: the test switches them on and off."""

    workers: int = 1
    printers_apart: bool = False

    @property
    def printers(self) -> dict[str, EmulatedPrinter]:
        """By the names of their queues."""
        return {
            queue.name: emulated_printer(self.settings, queue.name, queue.emulated_port)
            for queue in read_queues(self.settings)
            if queue.emulated_port is not None
        }

    @property
    def processes(self) -> Processes:
        ports = {name: printer.port for name, printer in self.printers.items()}
        return Processes(int(self._pid_file.read_text()), self.settings.cups_home, ports)

    def worker(self, name: str) -> Part:
        """One that nobody starts again, with the supervisor's own environment and system user; not started yet."""
        code = self.settings.home / "app" if separated() else REPOSITORY
        environment = {**supervisor._environment(self.settings), "PYTHONPATH": str(code)}
        command = [sys.executable, "-m", "printserver.cli.main", "worker"]
        return Part(name, command, environment, system_user(WORKER))

    def start(self) -> None:
        log = self.settings.home / "supervisor.log"
        pid = os.posix_spawn(
            sys.executable,
            [
                *(sys.executable, "-m", "tests.faults.printing.supervised", str(self.workers)),
                *(["printers-apart"] if self.printers_apart else []),
            ],
            {**os.environ, "PYTHONPATH": str(REPOSITORY)},
            setsid=True,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
        )
        self._pid_file.write_text(f"{pid}\n")
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise DemoFailed(f"the server did not start:\n{log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.1)


@contextmanager
def killable_server(
    database_url: str = "", *, workers: int = 1, printers: int = 1, printers_apart: bool = False
) -> Iterator[KillableServer]:
    """Installed, running, and gone with all its processes at the end.   database_url: SQLite in the home when empty."""
    parent = "/var/lib" if os.geteuid() == 0 else tempfile.gettempdir()
    home = Path(tempfile.mkdtemp(prefix="psk-", dir=parent))
    home.chmod(0o755)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(HOME_VARIABLE, str(home))
        environment.setenv("PRINTSERVER_DATABASE_URL", database_url)
        try:
            server = KillableServer(_installed(printers), workers, printers_apart)
            try:
                server.start()
                yield server
            finally:
                processes = server.processes
                server.stop()
                processes.end_leftovers()
        finally:
            shutil.rmtree(home)


def _installed(printers: int) -> Settings:
    port = free_port()
    settings = Settings(port=port, public_url=f"http://127.0.0.1:{port}")
    install(settings, plan_with(printers), passwords_last=True)
    with settings.file.open("a", encoding="utf-8") as file:
        file.write(f'port = {port}\npublic_url = "{settings.public_url}"\n')
    return Settings()


def plan_with(printers: int) -> CeremonyPlan:
    """The demonstration's plan with so many emulated printers of its one branch office."""
    plan = read_plan(DEMO_PLAN)
    first = plan.printers[0]
    made = [
        first.model_copy(
            update={
                "queue": f"printer-{number}",
                "name": f"{first.name} {number}",
                "emulated_port": free_port(),
            }
        )
        for number in range(1, printers + 1)
    ]
    return plan.model_copy(update={"printers": tuple(made)})
